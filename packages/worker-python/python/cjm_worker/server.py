"""HTTP/1.1 on a Unix socket. Every connection has a thread of its own, so that a busy call holds up no other answer."""

from __future__ import annotations

import http.server
import os
import socket
import socketserver
from typing import Any, Tuple

from .capability_host import CapabilityHost
from .body import BodyRefused, read_body
from .call_routes import CallStream
from .reply import BadBody, Reply
from .routes import answer

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
        # Wakes the thread that accepts; else it looks only twice a second whether it is to end.
        self.socket.shutdown(socket.SHUT_RDWR)
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no error of ours."""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Unbuffered on purpose: headers are collected by http.server and leave with the body in one write.
    wbufsize = -1
    server: WorkerServer

    def log_message(self, format: str, *args: Any) -> None:
        """The host knows what it asked."""

    def serve(self) -> None:
        try:
            if not self._authorized():
                # Nothing is read for somebody unknown.
                return self._send(Reply.detail(401, "This worker answers only its own host: the bearer token is missing or wrong.", close=True))
            try:
                body = read_body(self.rfile, self.headers, BODY_LIMIT_BYTES)
            except BodyRefused as refused:
                return self._send(Reply.detail(refused.status, str(refused), close=True))
            if self.command == "POST" and self.path.split("?")[0] == "/execute_stream":
                return self._stream(body)
            self._send(answer(self.server.host, self.command, self.path, body))
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    # http.server calls the method that is named after the request's.
    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = serve

    def _authorized(self) -> bool:
        given = self.headers.get("authorization") or ""
        return _equal(given.encode(), ("Bearer " + self.server.token).encode())

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
        if self.command != "HEAD":
            self.wfile.write(reply.body)
        self.wfile.flush()

    def _stream(self, body: bytes) -> None:
        try:
            stream = CallStream(self.server.host, body)
        except BadBody:
            return self._send(Reply.plain_500())
        try:
            self.send_response(200)
            self.send_header("content-type", "application/x-ndjson")
            self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            # A generator may take its time for the first chunk; that the call has begun is told at once.
            self.wfile.flush()
            for line in stream:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
                self.wfile.flush()
            self.wfile.write(b"0\r\n\r\n")
            self.wfile.flush()
        finally:
            stream.close()

    def finish(self) -> None:
        try:
            super().finish()
        except OSError:
            pass


def _equal(given: bytes, expected: bytes) -> bool:
    """In a time that does not tell where they differ. `hmac.compare_digest` does the same, but loads OpenSSL with it."""
    return len(given) == len(expected) and int.from_bytes(given, "big") ^ int.from_bytes(expected, "big") == 0
