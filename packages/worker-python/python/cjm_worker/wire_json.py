"""JSON as it goes over the wire."""

from __future__ import annotations

import dataclasses
import datetime
import json
import pathlib
from typing import Any, Dict, List, Sequence

from cjm_capability.call_state import Account
from cjm_capability.wire_types import to_wire

# Clients of the original fail on headers somewhere above 60 KB.
ACCOUNTS_LIMIT_BYTES = 48 * 1024
# A note about what was left out names so many event types, each so far.
NOTED_TYPES = 16
NOTED_NAME_LENGTH = 100


def result_body(value: Any) -> bytes:
    """Strict and compact. Raises TypeError or ValueError for what JSON cannot hold, NaN included."""
    plain = to_wire(value)
    try:
        return json.dumps(plain, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain).encode()
    except UnicodeEncodeError:
        # File names may hold bytes that are no text; as escapes they pass.
        return json.dumps(plain, allow_nan=False, separators=(",", ":"), default=_plain).encode()
    except RecursionError as error:
        raise ValueError("the result is nested too deeply for JSON") from error


def stream_line(value: Any) -> bytes:
    """ASCII only: some readers end lines at U+2028 and the like. NaN may stand here, as in the original."""
    try:
        return (json.dumps(to_wire(value), default=_plain) + "\n").encode()
    except RecursionError as error:
        raise ValueError("the chunk is nested too deeply for JSON") from error


def usage_header(usage: Dict[str, float]) -> str:
    """ASCII JSON of unit and amount."""
    return json.dumps(usage)


def accounts_header(accounts: Sequence[Account], limit: int = ACCOUNTS_LIMIT_BYTES) -> str:
    """ASCII JSON. Over the limit the oldest are dropped, and a last account says how many of which type."""
    texts = [account.text for account in accounts]
    if _size(texts) <= limit:
        return "[%s]" % ", ".join(texts)
    # What says less is no longer than what says all.
    room = limit - _size([_dropped_note(accounts)])
    first = len(texts)
    while first > 0 and room >= len(texts[first - 1]) + 2:
        first -= 1
        room -= len(texts[first]) + 2
    return "[%s]" % ", ".join([*texts[first:], _dropped_note(accounts[:first])])


def _dropped_note(dropped: Sequence[Account]) -> str:
    counts: Dict[str, int] = {}
    for account in dropped:
        name = account.event_type[:NOTED_NAME_LENGTH]
        key = name if name in counts or len(counts) < NOTED_TYPES else "other"
        counts[key] = counts.get(key, 0) + 1
    return json.dumps({"event_type": "accounts_truncated", "payload": {"dropped": len(dropped), "event_types": counts}})


def _size(texts: List[str]) -> int:
    return sum(len(text) + 2 for text in texts)


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.isoformat()
    if isinstance(value, pathlib.PurePath):
        return str(value)
    raise TypeError("the result holds a %s, which JSON cannot hold" % type(value).__name__)
