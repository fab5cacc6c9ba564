"""HTTP/1.1 on a Unix socket. Every connection has a thread of its own, so that a busy call holds up no other answer."""

from __future__ import annotations

import hmac
import http.server
import os
import socketserver
from typing import Any, Tuple

from .capability_host import CapabilityHost
from .routes import Reply, answer, stream_answer

BODY_LIMIT_BYTES = 256 * 1024 * 1024


class WorkerServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, path: str, token: str, host: CapabilityHost) -> None:
        self.token = token
        self.host = host
        super().__init__(path, Handler)
        os.chmod(path, 0o600)

    def get_request(self) -> Tuple[Any, Any]:
        connection, _ = super().get_request()
        return connection, ("worker", 0)

    def stop_accepting(self) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no error of ours."""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Unbuffered on purpose: headers are collected by http.server and leave with the body in one write.
    wbufsize = -1
    server: WorkerServer

    def do_GET(self) -> None:
        self._serve("GET")

    def do_POST(self) -> None:
        self._serve("POST")

    def log_message(self, format: str, *args: Any) -> None:
        """The host knows what it asked."""

    def _serve(self, method: str) -> None:
        try:
            body = self._body()
            if body is None:
                return self._send(Reply.detail(413, "the body is larger than %d bytes" % BODY_LIMIT_BYTES, close=True))
            if not self._authorized():
                return self._send(Reply.detail(401, "a token is needed: Authorization: Bearer ..."))
            path = self.path.split("?")[0]
            if method == "POST" and path == "/execute_stream":
                return self._stream(body)
            self._send(answer(self.server.host, method, self.path, body))
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _body(self) -> Any:
        length = int(self.headers.get("content-length") or 0)
        if length > BODY_LIMIT_BYTES:
            return None
        return self.rfile.read(length) if length else b""

    def _authorized(self) -> bool:
        given = self.headers.get("authorization") or ""
        return hmac.compare_digest(given.encode(), ("Bearer " + self.server.token).encode())

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        self.send_header("content-type", reply.content_type)
        self.send_header("content-length", str(len(reply.body)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.close:
            self.send_header("connection", "close")
            self.close_connection = True
        self.end_headers()
        self.wfile.write(reply.body)
        self.wfile.flush()

    def _stream(self, body: bytes) -> None:
        lines = stream_answer(self.server.host, body)
        if isinstance(lines, Reply):
            return self._send(lines)
        self.send_response(200)
        self.send_header("content-type", "application/x-ndjson")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        try:
            for line in lines:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
                self.wfile.flush()
            self.wfile.write(b"0\r\n\r\n")
            self.wfile.flush()
        finally:
            lines.close()

    def finish(self) -> None:
        try:
            super().finish()
        except OSError:
            pass
