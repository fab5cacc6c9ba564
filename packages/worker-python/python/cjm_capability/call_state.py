"""One running call: whom it belongs to, whether it is cancelled, what it has reported. Made by the worker."""

from __future__ import annotations

import json
import logging
import math
import os
import threading
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

log = logging.getLogger("cjm.capability")

MESSAGE_LIMIT_BYTES = 1000
# What fits into the response header with room to spare.
USAGE_LIMIT_BYTES = 8 * 1024
# Where a heartbeat stands when nothing was reported before it. Source: the original's.
HEARTBEAT_PROGRESS = 0.5

_IDENTITY = ("job_id", "run_id", "composition_id", "node_id", "actor")


class Account(NamedTuple):
    event_type: str
    # As JSON, taken when it was recorded.
    text: str


class CallState:
    """Calls may run at the same time, and threads of one call may report at the same time."""

    def __init__(self, envelope: Optional[Dict[str, Any]] = None, on_progress: Optional[Callable[["CallState"], None]] = None) -> None:
        self.call_id = os.urandom(16).hex()
        self.envelope = known_fields(envelope or {})
        self.cancelled = threading.Event()
        self.progress = 0.0
        self.message = ""
        self.usage: Optional[Dict[str, float]] = None
        self.accounts: List[Account] = []
        self._on_progress = on_progress
        # What the capability itself has reported last; heartbeats count on top of it.
        self._reported: Optional[Tuple[float, str]] = None
        self._beating: List[object] = []
        self._callbacks: List[Callable[[], None]] = []
        self._lock = threading.Lock()

    @property
    def job_id(self) -> Optional[str]:
        return self.envelope.get("job_id")

    # -- cancellation --------------------------------------------------------------------------------------------------

    def cancel(self) -> None:
        """Runs what was registered, in order, the first time."""
        with self._lock:
            callbacks = [] if self.cancelled.is_set() else list(self._callbacks)
            self.cancelled.set()
        for callback in callbacks:
            _run(callback)

    def add_callback(self, callback: Callable[[], None]) -> None:
        """One that is registered after the cancellation runs at once."""
        with self._lock:
            self._callbacks.append(callback)
            is_late = self.cancelled.is_set()
        if is_late:
            _run(callback)

    def remove_callback(self, callback: Callable[[], None]) -> None:
        with self._lock:
            if callback in self._callbacks:
                self._callbacks.remove(callback)

    # -- progress ------------------------------------------------------------------------------------------------------

    @property
    def has_reported(self) -> bool:
        return self._reported is not None

    def report(self, fraction: float, message: str) -> None:
        with self._lock:
            self._reported = (clamped(fraction), str(message))
            self.progress, self.message = self._reported[0], cut(self._reported[1])
        self._tell()

    def begin_beating(self, phase: str, fraction: Optional[float]) -> object:
        """A heartbeat; of several at a time the innermost shows."""
        standing = self._reported[0] if self._reported is not None else HEARTBEAT_PROGRESS
        self.report(standing if fraction is None else fraction, phase)
        beat = object()
        with self._lock:
            self._beating.append(beat)
        return beat

    def beat(self, beat: object, elapsed_seconds: float) -> None:
        with self._lock:
            if not self._beating or self._beating[-1] is not beat:
                return
            base = self._reported[1] if self._reported is not None else ""
            self.message = cut(("%s (%.1fs)" % (base, elapsed_seconds)).strip())
        self._tell()

    def end_beating(self, beat: object) -> None:
        with self._lock:
            self._beating.remove(beat)

    def _tell(self) -> None:
        if self._on_progress is not None:
            self._on_progress(self)

    # -- what the host gets with the answer ----------------------------------------------------------------------------

    def add_usage(self, usage: Dict[str, float]) -> None:
        """A unit that is reported again is replaced; what no header can carry is left out with a warning."""
        merged = dict(self.usage or {})
        refused = []
        for unit, value in usage.items():
            amount = finite(value)
            tried = merged if amount is None else {**merged, str(unit): amount}
            if amount is None or len(json.dumps(tried)) > USAGE_LIMIT_BYTES:
                refused.append(str(unit))
            else:
                merged = tried
        self.usage = merged or None
        if refused:
            log.warning("usage is left out, no finite number or too many units: %s", ", ".join(refused))

    def add_account(self, event_type: str, payload: Dict[str, Any]) -> None:
        self.accounts.append(Account(str(event_type), account_json(str(event_type), payload)))


def known_fields(envelope: Dict[str, Any]) -> Dict[str, Any]:
    """The fields of the contract, as far as they hold what they must; everything else is left out."""
    fields: Dict[str, Any] = {name: envelope[name] for name in _IDENTITY if isinstance(envelope.get(name), str)}
    control = envelope.get("control")
    return {**fields, "control": control} if control and isinstance(control, dict) else fields


def clamped(fraction: float) -> float:
    """0 to 1, or -1 for work of unknown length."""
    value = float(fraction)
    if value == -1:
        return -1.0
    return min(1.0, max(0.0, value)) if math.isfinite(value) else 0.0


def cut(message: str) -> str:
    encoded = message.encode("utf-8", "replace")
    return message if len(encoded) <= MESSAGE_LIMIT_BYTES else encoded[:MESSAGE_LIMIT_BYTES].decode("utf-8", "ignore")


def finite(value: Any) -> Optional[float]:
    """The number as it is, or None when it is none or not finite."""
    try:
        number = value if isinstance(value, (int, float)) and not isinstance(value, bool) else float(value)
        return number if math.isfinite(number) else None
    except (TypeError, ValueError, OverflowError):
        return None


def account_json(event_type: str, payload: Dict[str, Any]) -> str:
    """ASCII. What JSON cannot hold becomes text, since a call must not fail over its own account."""
    try:
        return json.dumps({"event_type": event_type, "payload": payload}, default=str, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return json.dumps({"event_type": event_type, "payload": _as_text(payload)})


def _as_text(value: Any, depth: int = 0) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return json.dumps(value)
    if value is None or isinstance(value, (str, int, float)):
        return value
    if depth < 20 and isinstance(value, dict):
        return {str(key): _as_text(item, depth + 1) for key, item in value.items()}
    if depth < 20 and isinstance(value, (list, tuple)):
        return [_as_text(item, depth + 1) for item in value]
    return str(value)


def _run(callback: Callable[[], None]) -> None:
    try:
        callback()
    except Exception:  # one bad callback must not keep the others from running
        log.exception("a cancellation callback failed")
