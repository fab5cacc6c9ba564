"""The call that the current code runs for. Each call has a context of its own, also when several run at the same time."""

from __future__ import annotations

import contextlib
import contextvars
import threading
from typing import Any, Callable, Dict, Iterator, Optional

from .call_state import CallState
from .errors import CapabilityCancelledError

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


def register_cancel_callback(callback: Callable[[], None]) -> None:
    """Called, on another thread, when the current call is cancelled: ends a subprocess, closes a connection."""
    call = _current.get()
    if call is not None:
        call.add_callback(callback)


@contextlib.contextmanager
def cancel_signal_to(callback: Callable[[], None]) -> Iterator[None]:
    """The same for the length of a `with` block: `with cancel_signal_to(process.terminate): process.wait()`."""
    call = _current.get()
    if call is None:
        yield
        return
    call.add_callback(callback)
    try:
        yield
    finally:
        call.remove_callback(callback)


def report_progress(fraction: float, message: str = "") -> None:
    """0 to 1, or -1 for work of unknown length."""
    call = _current.get()
    if call is not None:
        call.report(fraction, message)


def report_usage(usage: Dict[str, float]) -> None:
    """What the call used, by unit: {"input_tokens": 812}. A unit that is reported again is replaced."""
    call = _current.get()
    if call is not None:
        call.add_usage(usage)


def record_account(event_type: str, payload: Optional[Dict[str, Any]] = None) -> None:
    """A row for the host's journal about this call."""
    call = _current.get()
    if call is not None:
        call.add_account(event_type, dict(payload or {}))


def capability_thread(target: Callable[..., Any], *args: Any, **kwargs: Any) -> threading.Thread:
    """A daemon thread that belongs to the current call: its log lines carry the job, and it sees the cancellation."""
    context = contextvars.copy_context()
    return threading.Thread(target=lambda: context.run(target, *args, **kwargs), daemon=True)
