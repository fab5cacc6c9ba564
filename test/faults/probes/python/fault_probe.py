"""The twin of the fault probe for Node: a capability that works, and misbehaves when it is told to."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import time
from typing import Any, List

from cjm_capability import ToolCapability, capability_action

MIB = 1024 * 1024


@dataclasses.dataclass
class FaultConfig:
    initialize: str = "works"
    cleanup: str = "works"


class FaultProbe(ToolCapability):
    name = "fault-probe"
    version = "1.0.0"
    description = "Misbehaves on request."
    config_class = FaultConfig

    def __init__(self) -> None:
        super().__init__()
        self.shells: List[subprocess.Popen] = []

    def on_initialize(self) -> None:
        if self.config.initialize == "hangs":
            hang("initialising")

    def cleanup(self) -> None:
        if self.config.cleanup == "hangs":
            hang("cleaning up")

    @capability_action()
    def echo(self, value: Any = None) -> Any:
        return value

    @capability_action()
    def work(self) -> None:
        """Says that it works, and stops when it is cancelled."""
        say("working")
        while True:
            self.check_cancel()
            time.sleep(0.01)

    @capability_action()
    def hang(self) -> None:
        """Never returns and never asks whether it is cancelled."""
        hang("hanging")

    @capability_action()
    def stream(self, count: int):
        yield from range(count)
        hang("streamed")

    @capability_action()
    def start(self, line: str) -> List[int]:
        """Runs a shell line that starts processes and may stay; returns the pids that its first line says."""
        # Its standard error is the worker's own: what is started there holds that open.
        shell = subprocess.Popen(["sh", "-c", line], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.shells.append(shell)
        return [int(pid) for pid in shell.stdout.readline().split()]

    @capability_action()
    def print(self, mib: int, stream: str) -> None:
        """Prints so many MiB of lines to the standard output, or of one line to the standard error."""
        block = ("x" * 1023 + "\n") * 1024 if stream == "stdout" else "x" * MIB
        out = sys.stdout if stream == "stdout" else sys.stderr
        for _ in range(mib):
            out.write(block)
        out.flush()
        if stream == "stdout":
            for line in range(1, 4):
                say("the end, line %d" % line)


class NeverReady(FaultProbe):
    def __init__(self) -> None:
        super().__init__()
        hang("still loading")


class CannotStart(FaultProbe):
    def __init__(self) -> None:
        super().__init__()
        say("about to fail")
        raise RuntimeError("there is no model here")


def say(text: str) -> None:
    """One write, since calls of other threads print as well."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def hang(text: str) -> None:
    say(text)
    while True:
        time.sleep(3600)
