"""The program that hosts start: `python -m cjm_substrate.core.worker --module M --class C --fd N --ppid P [--adapters a:B]`."""

from __future__ import annotations

import argparse
import asyncio
import importlib
import logging
import os
import signal
import socket
import sys
import threading
import time
from typing import Any, Dict

from .diagnostics import install_logging
from .http_server import HttpServer
from .routes import Routes


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--module", required=True)
    parser.add_argument("--class", dest="class_name", required=True)
    parser.add_argument("--adapters", default="")
    parser.add_argument("--fd", type=int)
    parser.add_argument("--port", type=int)
    parser.add_argument("--ppid", type=int)
    options = parser.parse_args()
    if options.fd is None and options.port is None:
        parser.error("one of --fd or --port is required")
    install_logging()
    if options.ppid:
        threading.Thread(target=watch_parent, args=(options.ppid,), daemon=True).start()
    capability = load(options.module, options.class_name)
    asyncio.run(serve(options, capability, bind_adapters(capability, options.adapters)))


def load(module: str, class_name: str) -> Any:
    try:
        return getattr(importlib.import_module(module), class_name)()
    except Exception as error:
        print("FATAL: cannot load %s:%s - %s" % (module, class_name, error), file=sys.stderr)
        sys.exit(1)


def bind_adapters(capability: Any, specs: str) -> Dict[str, Any]:
    """By task; the first for a task wins, and one that cannot be bound is left out."""
    adapters: Dict[str, Any] = {}
    for spec in filter(None, (each.strip() for each in specs.split(","))):
        try:
            module, class_name = spec.rsplit(":", 1)
            adapter = getattr(importlib.import_module(module), class_name)
            adapters.setdefault(adapter.task_name, adapter(capability))
        except Exception as error:
            logging.error("adapter %s was not bound: %s", spec, error)
    return adapters


async def serve(options: argparse.Namespace, capability: Any, adapters: Dict[str, Any]) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    server = HttpServer(Routes(capability, adapters).answer)
    await server.listen(listening_socket(options))
    await stop.wait()
    await server.drain()
    try:
        capability.cleanup()
    except Exception as error:
        logging.warning("cleanup failed: %s", error)


def listening_socket(options: argparse.Namespace) -> socket.socket:
    if options.fd is not None:
        # Taken for a Unix socket, as the original's server takes it: no accepted connection gets TCP_NODELAY from here.
        return socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, fileno=options.fd)
    return socket.create_server(("127.0.0.1", options.port), backlog=128)


def watch_parent(pid: int) -> None:
    """Speaks before it acts: where nobody reads the error stream any more, it never gets to act."""
    while is_running(pid):
        time.sleep(1)
    print("[Worker %d] parent %d is gone" % (os.getpid(), pid), file=sys.stderr)
    os.kill(os.getpid(), signal.SIGTERM)


def is_running(pid: int) -> bool:
    try:
        with open("/proc/%d/stat" % pid, "rb") as file:
            return file.read().rpartition(b")")[2].split()[0] not in (b"Z", b"X")
    except OSError:
        return False


if __name__ == "__main__":
    main()
