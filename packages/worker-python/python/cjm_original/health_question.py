"""One request for /health that waits for its answer, however long the worker imports."""

from __future__ import annotations

import socket


class HealthQuestion:
    """Sent at once; the kernel keeps it until the worker accepts. Whatever is answered, also an error status, means that it serves."""

    def __init__(self, port: int) -> None:
        self.announced = False
        self.ended = False
        self._socket = socket.create_connection(("127.0.0.1", port))
        request = "GET /health HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAccept: */*\r\nConnection: close\r\n\r\n" % port
        self._socket.sendall(request.encode())

    def fileno(self) -> int:
        return self._socket.fileno()

    def read(self) -> bool:
        """True when something was answered. A reset is no answer: the worker is ending, which is told by another way."""
        try:
            data = self._socket.recv(65536)
        except OSError:
            data = b""
        self.ended = not data
        return bool(data)

    def close(self) -> None:
        self._socket.close()
