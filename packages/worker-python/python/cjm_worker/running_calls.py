"""Which calls run, by job, and how far each is."""

from __future__ import annotations

import collections
import threading
import time
from typing import Any, Callable, Dict, Optional, Tuple

from cjm_capability.call_context import enter_call
from cjm_capability.call_state import CallState

# Pushing every report of a tight loop would cost more than the loop itself.
PUSH_INTERVAL_SECONDS = 0.05
# So many ended jobs can still be asked for their last progress.
ENDED_LIMIT = 64

Shown = Tuple[float, str]


class RunningCalls:
    """`send` takes frames for the host."""

    def __init__(self, send: Callable[[Dict[str, Any]], None]) -> None:
        self._send = send
        self._lock = threading.Lock()
        self._running: Dict[str, CallState] = {}
        self._pushed: Dict[str, Tuple[float, Shown]] = {}
        self._ended: "collections.OrderedDict[str, Shown]" = collections.OrderedDict()
        self._latest: Optional[CallState] = None
        self._latest_with_usage: Optional[CallState] = None

    def begin(self, envelope: Optional[Dict[str, Any]], counts_usage: bool = True) -> CallState:
        """Makes a call the current one of this thread; pair it with `end`."""
        call = CallState(envelope, self._push)
        with self._lock:
            self._running[call.call_id] = call
            self._latest = call
            if counts_usage:
                self._latest_with_usage = call
        enter_call(call)
        return call

    def end(self, call: CallState) -> None:
        """Also tells the host what it has not heard of the call's progress."""
        self._push(call, is_last=True)
        with self._lock:
            self._running.pop(call.call_id, None)
            self._pushed.pop(call.call_id, None)
            if call.job_id is not None:
                self._ended.pop(call.job_id, None)
                self._ended[call.job_id] = (call.progress, call.message)
                while len(self._ended) > ENDED_LIMIT:
                    self._ended.popitem(last=False)
        enter_call(None)

    def cancel(self, job_id: Optional[str]) -> None:
        """Cancels the calls of one job, or with None all."""
        with self._lock:
            calls = [call for call in self._running.values() if job_id is None or call.job_id == job_id]
        for call in calls:
            call.cancel()

    def progress(self, job_id: Optional[str]) -> Dict[str, Any]:
        """Of one job, also after its end; with None, of the call that began last."""
        with self._lock:
            call = self._latest
            if job_id is not None:
                call = next((each for each in reversed(list(self._running.values())) if each.job_id == job_id), None)
            shown = (call.progress, call.message) if call is not None else self._ended.get(job_id or "", (0.0, ""))
        return {"progress": shown[0], "message": shown[1]}

    def usage(self) -> Optional[Dict[str, float]]:
        """What the latest call has reported so far, or None."""
        call = self._latest_with_usage
        return call.usage if call is not None else None

    def _push(self, call: CallState, is_last: bool = False) -> None:
        now = time.monotonic()
        shown = (call.progress, call.message)
        with self._lock:
            if call.call_id not in self._running or not call.has_reported:
                return
            pushed = self._pushed.get(call.call_id)
            if pushed is not None and (pushed[1] == shown or (not is_last and now - pushed[0] < PUSH_INTERVAL_SECONDS)):
                return
            self._pushed[call.call_id] = (now, shown)
        self._send({"type": "progress", "job_id": call.job_id, "call_id": call.call_id, "progress": shown[0], "message": shown[1]})
