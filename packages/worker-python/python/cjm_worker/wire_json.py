"""JSON as it goes over the wire."""

from __future__ import annotations

import dataclasses
import datetime
import json
import pathlib
from typing import Any, Dict, List

from cjm_capability.wire_types import to_wire

ACCOUNTS_LIMIT_BYTES = 48 * 1024


def result_body(value: Any) -> bytes:
    """Strict and compact. Raises TypeError or ValueError for what JSON cannot hold, NaN included."""
    return json.dumps(to_wire(value), ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain).encode()


def stream_line(value: Any) -> bytes:
    """ASCII only: some readers end lines at U+2028 and the like. NaN may stand here, as in the original."""
    return (json.dumps(to_wire(value), default=_plain) + "\n").encode()


def accounts_header(accounts: List[Dict[str, Any]], limit: int = ACCOUNTS_LIMIT_BYTES) -> str:
    """ASCII JSON. Over the limit the oldest are dropped, and a last account says how many."""
    items = [json.dumps(account, default=str) for account in accounts]
    if sum(len(item) + 2 for item in items) <= limit:
        return "[%s]" % ", ".join(items)
    kept: List[str] = []
    size = 100
    for item in reversed(items):
        size += len(item) + 2
        if size > limit:
            break
        kept.insert(0, item)
    kept.append(json.dumps({"event_type": "accounts_truncated", "payload": {"dropped": len(items) - len(kept)}}))
    return "[%s]" % ", ".join(kept)


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.isoformat()
    if isinstance(value, pathlib.PurePath):
        return str(value)
    raise TypeError("the result holds a %s, which JSON cannot" % type(value).__name__)
