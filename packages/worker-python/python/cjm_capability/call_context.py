"""The call that the current code runs for. Each call has a context of its own, also when several run at the same time."""

from __future__ import annotations

import contextvars
import threading
import uuid
from typing import Any, Callable, Dict, List, Optional

from .errors import CapabilityCancelledError


class CallState:
    """Everything of one call: whom it belongs to, whether it is cancelled, what it reported. Made by the worker."""

    def __init__(
        self,
        envelope: Optional[Dict[str, Any]] = None,
        on_progress: Optional[Callable[["CallState"], None]] = None,
    ) -> None:
        self.call_id = uuid.uuid4().hex
        self.envelope: Dict[str, Any] = envelope or {}
        self.cancelled = threading.Event()
        self.progress = 0.0
        self.message = ""
        self.usage: Optional[Dict[str, float]] = None
        self.accounts: List[Dict[str, Any]] = []
        self._on_progress = on_progress
        self._callbacks: List[Callable[[], None]] = []

    @property
    def job_id(self) -> Optional[str]:
        return self.envelope.get("job_id")

    def cancel(self) -> None:
        self.cancelled.set()
        for callback in list(self._callbacks):
            try:
                callback()
            except Exception:  # one bad callback must not keep the others from running
                pass

    def add_callback(self, callback: Callable[[], None]) -> None:
        self._callbacks.append(callback)
        if self.cancelled.is_set():
            callback()

    def set_progress(self, fraction: float, message: Optional[str]) -> None:
        self.progress = float(fraction)
        if message is not None:
            self.message = str(message)
        if self._on_progress is not None:
            self._on_progress(self)


_current: contextvars.ContextVar[Optional[CallState]] = contextvars.ContextVar("cjm_call", default=None)


def current_call() -> Optional[CallState]:
    return _current.get()


def enter_call(call: Optional[CallState]) -> None:
    """Makes `call` the current one of this context. For the worker."""
    _current.set(call)


def current_envelope() -> Dict[str, Any]:
    """job_id, run_id, composition_id, node_id, actor and control of the current call, as far as they are known."""
    call = _current.get()
    return dict(call.envelope) if call is not None else {}


def check_cancel() -> None:
    """Raises CapabilityCancelledError when the current call was cancelled. Cheap: call it in every loop."""
    call = _current.get()
    if call is not None and call.cancelled.is_set():
        raise CapabilityCancelledError("the call was cancelled")


def report_progress(fraction: float, message: Optional[str] = None) -> None:
    """0 to 1, or -1 for work of unknown length."""
    call = _current.get()
    if call is not None:
        call.set_progress(fraction, message)


def report_usage(usage: Dict[str, float]) -> None:
    """What the call used, by unit: {"input_tokens": 812}."""
    call = _current.get()
    if call is not None:
        call.usage = {str(unit): float(value) for unit, value in usage.items()}


def record_account(event_type: str, payload: Optional[Dict[str, Any]] = None) -> None:
    """A row for the host's journal about this call."""
    call = _current.get()
    if call is not None:
        call.accounts.append({"event_type": str(event_type), "payload": dict(payload or {})})


def capability_thread(target: Callable[..., Any], *args: Any, **kwargs: Any) -> threading.Thread:
    """A daemon thread that belongs to the current call: its log lines carry the job, and it sees the cancellation."""
    context = contextvars.copy_context()
    return threading.Thread(target=lambda: context.run(target, *args, **kwargs), daemon=True)
