"""
Starts and ends one worker as the original's host does: a listening socket of its own that the worker inherits, one session
per worker, /health first, outputs merged into a pipe. Prints one line of JSON for each step; takes commands as lines:

    call PATH JSON    posts, and asks how the process ended the moment the connection breaks
    poll              the exit status, null while it runs
    cleanup           /cleanup, then SIGTERM to the group, two seconds, SIGKILL

Standard library only. Usage: reference_host.py MANIFEST FD ADAPTERS; FD 0 leaves the descriptor to the system.
"""

from __future__ import annotations

import fcntl
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import uuid
from typing import Any


def say(message: Any) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


class Host:
    def __init__(self, manifest_path: str, at_fd: int, adapters: str) -> None:
        with open(manifest_path) as file:
            manifest = json.load(file)
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener.bind(("127.0.0.1", 0))
        listener.listen(128)
        self.port = listener.getsockname()[1]
        fd = fcntl.fcntl(listener.fileno(), fcntl.F_DUPFD, at_fd) if at_fd else listener.fileno()
        os.set_inheritable(fd, True)
        code = manifest["code"]
        command = [manifest["install"]["python_path"], "-m", "cjm_substrate.core.worker"]
        command += ["--module", code["module"], "--class", code["class"], "--fd", str(fd), "--ppid", str(os.getpid())]
        command += ["--adapters", adapters] if adapters else []
        self.session = str(uuid.uuid4())
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **manifest["install"]["env_vars"], "CJM_WORKER_SESSION_ID": self.session},
            start_new_session=True,
            pass_fds=(fd,),
        )
        self.pump = threading.Thread(target=self._pump, daemon=True)
        self.pump.start()
        listener.close()
        if at_fd:
            os.close(fd)

    def wait_until_ready(self) -> None:
        """One request; whatever breaks it escapes, as in the original."""
        try:
            status, _ = self._request("GET", "/health", None, 30)
            say({"event": "ready", "pid": self.process.pid, "port": self.port, "session": self.session, "status": status})
        except OSError as error:
            say({"event": "not ready", "error": type(error).__name__, "returncode": self._ended(30)})

    def call(self, path: str, body: str) -> None:
        try:
            status, text = self._request("POST", path, body, None)
            say({"event": "answer", "status": status, "text": text})
        except (OSError, http.client.HTTPException) as error:
            # The original asks once and may be too early; how soon the process is gone is a matter of the machine.
            returncode = self._ended(30)
            say({"event": "broken", "error": type(error).__name__, "returncode": returncode})

    def cleanup(self, patience: float) -> None:
        try:
            self._request("POST", "/cleanup", None, patience)
        except (OSError, http.client.HTTPException):
            pass
        os.killpg(self.process.pid, signal.SIGTERM)
        killed = False
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            killed = True
            os.killpg(self.process.pid, signal.SIGKILL)
        say({"event": "cleaned", "returncode": self._ended(30), "killed": killed})

    def _ended(self, seconds: float) -> int:
        """The return code, after everything that was printed has been told."""
        returncode = self.process.wait(seconds)
        self.pump.join(seconds)
        return returncode

    def _request(self, method: str, path: str, body: Any, timeout: Any) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, body, {"content-type": "application/json"})
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def _pump(self) -> None:
        for line in self.process.stdout or []:
            say({"event": "output", "line": line.decode(errors="replace").split("\r")[-1].rstrip()})


def main() -> None:
    host = Host(sys.argv[1], int(sys.argv[2]), sys.argv[3])
    host.wait_until_ready()
    for line in sys.stdin:
        word, _, rest = line.strip().partition(" ")
        if word == "call":
            path, _, body = rest.partition(" ")
            threading.Thread(target=host.call, args=(path, body), daemon=True).start()
        elif word == "poll":
            say({"event": "polled", "returncode": host.process.poll()})
        elif word == "cleanup":
            host.cleanup(float(rest))


if __name__ == "__main__":
    main()
