"""What a route answers, and what it reads of a request."""

from __future__ import annotations

import dataclasses
import json
import urllib.parse
from typing import Any, Dict, Optional


@dataclasses.dataclass
class Reply:
    status: int
    body: bytes
    content_type: str = "application/json"
    headers: Dict[str, str] = dataclasses.field(default_factory=dict)
    close: bool = False

    @staticmethod
    def json(value: Any, status: int = 200) -> "Reply":
        return Reply(status, json.dumps(value, separators=(",", ":"), default=str).encode())

    @staticmethod
    def detail(status: int, text: str, close: bool = False) -> "Reply":
        reply = Reply.json({"detail": text}, status)
        reply.close = close
        return reply

    @staticmethod
    def plain_500() -> "Reply":
        """For what no typed error stands for; the connection ends with it, as in the original."""
        return Reply(500, b"Internal Server Error", "text/plain; charset=utf-8", close=True)


class BadBody(Exception):
    """The body is no JSON object, or a part of it is not what it must be."""


def parse_object(body: bytes) -> Dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadBody("The body is no JSON: %s" % error) from error
    if not isinstance(value, dict):
        raise BadBody("The body is no JSON object.")
    return value


def envelope_of(request: Dict[str, Any]) -> Optional[Dict[str, Any]]:
    """None for whatever Python takes for false."""
    envelope = request.get("envelope")
    if envelope and not isinstance(envelope, dict):
        raise BadBody("The envelope is no object.")
    return envelope or None


def job_id_of(query: str) -> Optional[str]:
    """The job that a request names in its query, `?job_id=`."""
    job_ids = urllib.parse.parse_qs(query).get("job_id")
    return job_ids[0] if job_ids else None
