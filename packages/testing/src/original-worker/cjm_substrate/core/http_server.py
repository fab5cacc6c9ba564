"""As much of an HTTP/1.1 server on an event loop as hosts make use of. What blocks the loop blocks every answer."""

from __future__ import annotations

import asyncio
import socket
from typing import Any, Awaitable, Callable, Dict, NamedTuple, Optional

KEEP_ALIVE_SECONDS = 5.0
LONGEST_HEAD_BYTES = 64 * 1024


class Request(NamedTuple):
    method: str
    path: str
    body: bytes


class Reply(NamedTuple):
    status: int
    body: bytes
    content_type: str = "application/json"
    headers: Dict[str, str] = {}
    close: bool = False
    # Instead of a body: gives the next line on each call, None at the end. `drop` is called when nobody reads any more.
    next_line: Optional[Callable[[], Awaitable[Optional[bytes]]]] = None
    drop: Optional[Callable[[], Awaitable[None]]] = None


class HttpServer:
    def __init__(self, answer: Callable[[Request], Awaitable[Reply]]) -> None:
        self._answer = answer
        self._busy: Dict[asyncio.StreamWriter, bool] = {}
        self._stopping = False
        self._empty = asyncio.Event()

    async def listen(self, listener: socket.socket) -> None:
        self._server = await asyncio.start_server(self._connection, sock=listener, limit=LONGEST_HEAD_BYTES)

    async def drain(self) -> None:
        """Takes nothing new and waits for what runs, without limit."""
        self._stopping = True
        self._server.close()
        for writer, busy in self._busy.items():
            if not busy:
                writer.close()
        while self._busy:
            self._empty.clear()
            await self._empty.wait()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._busy[writer] = False
        try:
            keep = True
            while keep and not self._stopping:
                request = await asyncio.wait_for(self._head(reader), KEEP_ALIVE_SECONDS)
                self._busy[writer] = True
                keep = await self._respond(await self._read_body(reader, request), reader, writer)
                self._busy[writer] = False
        except (asyncio.IncompleteReadError, asyncio.TimeoutError, asyncio.LimitOverrunError, ConnectionError):
            pass
        finally:
            del self._busy[writer]
            writer.close()
            self._empty.set()

    async def _head(self, reader: asyncio.StreamReader) -> Any:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = lines[0].split(" ", 2)
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:] if line)}
        return method, target.split("?")[0], headers

    async def _read_body(self, reader: asyncio.StreamReader, head: Any) -> Any:
        method, path, headers = head
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        return Request(method, path, body), headers.get("connection", "").lower() == "close"

    async def _respond(self, asked: Any, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        request, last = asked
        reply = await self._answer(request)
        close = last or reply.close or self._stopping
        head = ["HTTP/1.1 %d Answer" % reply.status, "content-type: " + reply.content_type]
        head += ["%s: %s" % item for item in reply.headers.items()]
        head += ["connection: close"] if close else []
        head += ["transfer-encoding: chunked" if reply.next_line else "content-length: %d" % len(reply.body)]
        writer.write(("\r\n".join(head) + "\r\n\r\n").encode("latin-1"))
        writer.write(reply.body)
        if reply.next_line is not None:
            await self._stream(reply, reader, writer)
        await writer.drain()
        return not close

    async def _stream(self, reply: Reply, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A reader that is gone is noticed between two chunks; the one that is being made is finished first."""
        assert reply.next_line is not None
        while True:
            line = await reply.next_line()
            if reader.at_eof() or writer.is_closing():
                if reply.drop is not None:
                    await reply.drop()
                raise ConnectionResetError
            if line is None:
                writer.write(b"0\r\n\r\n")
                return
            writer.write(b"%x\r\n%s\r\n" % (len(line), line))
            await writer.drain()
