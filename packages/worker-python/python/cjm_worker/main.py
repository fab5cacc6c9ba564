"""Arguments, and the order in which a worker comes to life: channel, token, capability, socket, ready."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
from typing import List

from .capability_host import CapabilityHost
from .control_channel import ControlChannel
from .diagnostics import install_logging
from .job_error import job_error
from .load import load_capability
from .process_tree import end_descendants
from .server import WorkerServer

# Control threads must get the interpreter within milliseconds while a capability computes in pure Python; the default
# of 5 ms for each of the several switches that an answer takes would add up to more than that.
SWITCH_INTERVAL_SECONDS = 0.0005

CLEANUP_LIMIT_SECONDS = 5.0

log = logging.getLogger("cjm.worker")


def main(argv: List[str]) -> int:
    parser = argparse.ArgumentParser(prog="run_worker.py", description="Serves one capability; started by a cjm host.")
    parser.add_argument("--module", required=True)
    parser.add_argument("--class", dest="class_name")
    parser.add_argument("--environment", help="folder of the environment, for modules that are not installed")
    parser.add_argument("--socket")
    parser.add_argument("--adapters", default="")
    parser.add_argument("--introspect", action="store_true")
    options = parser.parse_args(argv)
    if options.environment:
        sys.path.append(options.environment)
    if options.introspect:
        from .introspect import introspect

        return introspect(options.module, options.class_name)
    if not options.class_name or not options.socket:
        parser.error("--class and --socket are needed to serve")
    return serve(options)


def serve(options: argparse.Namespace) -> int:
    try:
        channel = ControlChannel()
    except OSError:
        sys.stderr.write("cjm: descriptor 3 is no control channel; a cjm host starts this program\n")
        return 2
    token = channel.read_hello()
    channel.watch()
    install_logging(channel)
    sys.setswitchinterval(SWITCH_INTERVAL_SECONDS)
    try:
        capability = load_capability(options.module, options.class_name)
        host = CapabilityHost(capability, channel, [spec.strip() for spec in options.adapters.split(",") if spec.strip()])
        server = WorkerServer(options.socket, token, host)
    except BaseException as error:
        record = job_error(error)
        channel.send({"type": "failed", "error": record})
        sys.stderr.write((record["traceback"] or record["message"]) + "\n")
        return 1

    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.5}, daemon=True).start()
    channel.send({"type": "ready", "protocol": 1, "pid": os.getpid()})
    stopping.wait()

    server.stop_accepting()
    host.calls.cancel(None)
    last = threading.Thread(target=_clean_up, args=(host,), daemon=True)
    last.start()
    last.join(CLEANUP_LIMIT_SECONDS)
    sys.stdout.flush()
    sys.stderr.flush()
    end_descendants(os.environ.get("CJM_WORKER_SESSION_ID"))
    # A call that ignores its cancellation must not keep the process alive.
    os._exit(0)


def _clean_up(host: CapabilityHost) -> None:
    try:
        host.life.cleanup()
    except Exception:
        log.exception("cleanup failed")
