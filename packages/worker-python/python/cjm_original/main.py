"""Arguments of the keeper, and the order in which it comes to life: channel, listener, worker, watch."""

from __future__ import annotations

import sys
from typing import Dict, List

from cjm_worker.control_channel import ControlChannel

from .keeper import Keeper
from .process_family import adopt_orphans
from .worker_process import WorkerArguments

_OPTIONS = ("--module", "--class", "--adapters")


def main(argv: List[str]) -> int:
    try:
        arguments = parse_arguments(argv)
        channel = ControlChannel()
    except ValueError as error:
        sys.stderr.write("cjm: %s\n" % error)
        return 2
    except OSError:
        sys.stderr.write("cjm: descriptor 3 is no control channel; a cjm host starts this program\n")
        return 2
    # The original's worker knows no token: its port is open to everyone on this machine, as under its own host.
    channel.read_hello()
    adopt_orphans()
    Keeper(arguments, channel).keep()


def parse_arguments(argv: List[str]) -> WorkerArguments:
    """Raises ValueError in words. By hand, since argparse alone would be a tenth of the keeper's memory."""
    given: Dict[str, str] = {}
    for at in range(0, len(argv), 2):
        if argv[at] not in _OPTIONS:
            raise ValueError("unknown option %s; known are %s" % (argv[at], ", ".join(_OPTIONS)))
        if at + 1 == len(argv):
            raise ValueError("%s needs a value" % argv[at])
        given[argv[at]] = argv[at + 1]
    for name in ("--module", "--class"):
        if not given.get(name):
            raise ValueError("%s is required" % name)
    return WorkerArguments(given["--module"], given["--class"], given.get("--adapters", ""))
