"""The body of a request, with a length or in chunks."""

from __future__ import annotations

from typing import Any, BinaryIO, List, Optional


class BodyRefused(Exception):
    """With the status to answer; what is left of the request is not read."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def read_body(source: BinaryIO, headers: Any, limit_bytes: int) -> bytes:
    """Raises BodyRefused for what is too large or broken."""
    if (headers.get("transfer-encoding") or "").lower() == "chunked":
        return _chunks(source, limit_bytes)
    length = _number(headers.get("content-length") or "0", 10)
    if length is None:
        raise BodyRefused(400, "The content-length is no length.")
    _refuse_too_large(length, limit_bytes)
    return source.read(length) if length else b""


def _chunks(source: BinaryIO, limit_bytes: int) -> bytes:
    parts: List[bytes] = []
    total = 0
    while True:
        size = _number(source.readline(1024).split(b";")[0].strip().decode("latin-1"), 16)
        if size is None:
            raise BodyRefused(400, "The body is not chunked as it says.")
        if size == 0:
            break
        total += size
        _refuse_too_large(total, limit_bytes)
        parts.append(source.read(size))
        source.readline(1024)
    while source.readline(1024).strip():
        pass
    return b"".join(parts)


def _refuse_too_large(length: int, limit_bytes: int) -> None:
    if length > limit_bytes:
        raise BodyRefused(413, "The body is larger than %d bytes." % limit_bytes)


def _number(text: str, base: int) -> Optional[int]:
    try:
        number = int(text, base)
    except ValueError:
        return None
    return number if number >= 0 and text.isalnum() else None
