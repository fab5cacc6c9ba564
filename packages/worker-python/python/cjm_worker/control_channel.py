"""Descriptor 3: JSON lines to and from the host, and the proof that it lives."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
from typing import Any, Dict

from .process_tree import end_descendants

CONTROL_FD = 3
MIN_TOKEN_LENGTH = 32


class ControlChannel:
    """Its end means that the host is gone; the worker then takes down everything it started, and itself."""

    def __init__(self) -> None:
        # Inherited by this process only: a grandchild must neither hold it open nor read it.
        os.set_inheritable(CONTROL_FD, False)
        self._socket = socket.socket(fileno=CONTROL_FD)
        self._socket.setblocking(True)
        self._reader = self._socket.makefile("rb")
        self._lock = threading.Lock()

    def read_hello(self) -> str:
        """The token of this worker. Ends the process when the host goes away before it came."""
        line = self._reader.readline()
        if not line:
            os._exit(1)
        hello = json.loads(line)
        if hello.get("type") != "hello" or hello.get("protocol") != 1:
            raise SystemExit("cjm: the host speaks another protocol: %s" % hello.get("protocol"))
        token = hello.get("token")
        if not isinstance(token, str) or len(token) < MIN_TOKEN_LENGTH:
            raise SystemExit("cjm: the host sent no token of at least %d characters" % MIN_TOKEN_LENGTH)
        return token

    def watch(self) -> None:
        threading.Thread(target=self._until_end, daemon=True, name="cjm-watchdog").start()

    def send(self, frame: Dict[str, Any]) -> None:
        """Never raises: a host that is gone needs no frames."""
        data = (json.dumps(frame, default=str) + "\n").encode()
        try:
            with self._lock:
                self._socket.sendall(data)
        except OSError:
            pass

    def _until_end(self) -> None:
        try:
            while self._reader.readline():
                pass
        except OSError:
            pass
        end_everything()


def end_everything() -> None:
    """Kills all that this process started, also what ran away, then this process group with this process in it."""
    me = os.getpid()
    end_descendants(os.environ.get("CJM_WORKER_SESSION_ID"))
    if os.getpgrp() == me:
        os.killpg(me, signal.SIGKILL)
    os._exit(1)
