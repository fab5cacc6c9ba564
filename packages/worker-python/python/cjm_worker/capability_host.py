"""One capability with its running calls: what the routes do, without HTTP."""

from __future__ import annotations

import importlib
import inspect
import logging
import threading
import time
from typing import Any, Callable, Dict, Iterator, List, Optional

from cjm_capability import TaskAdapter, ToolCapability
from cjm_capability.call_context import CallState, enter_call
from cjm_capability.describe import identity_of
from cjm_capability.errors import category_of

from .control_channel import ControlChannel
from .process_tree import descendants, use_of

log = logging.getLogger("cjm.worker")

# Pushing every report of a tight loop would cost more than the loop itself.
PROGRESS_INTERVAL_SECONDS = 0.05


class CapabilityHost:
    def __init__(self, capability: ToolCapability, channel: ControlChannel, adapter_specs: List[str]) -> None:
        self.capability = capability
        self.identity = identity_of(capability)
        self._channel = channel
        self._adapters = bind_adapters(capability, adapter_specs)
        self._lock = threading.Lock()
        self._calls: Dict[str, CallState] = {}
        self._latest: Optional[CallState] = None
        self._cleaned = False
        self._cpu_seen: Dict[int, float] = {}
        self._cpu_at = time.monotonic()
        self._progress_sent: Dict[str, float] = {}

    # -- calls ---------------------------------------------------------------------------------------------------------

    def begin(self, envelope: Optional[Dict[str, Any]]) -> CallState:
        """A call of its own context; pair it with `end`."""
        call = CallState(envelope, self._push_progress)
        with self._lock:
            self._calls[call.call_id] = call
            self._latest = call
        enter_call(call)
        return call

    def end(self, call: CallState) -> None:
        with self._lock:
            self._calls.pop(call.call_id, None)
            self._progress_sent.pop(call.call_id, None)
        enter_call(None)

    def execute(self, args: List[Any], kwargs: Dict[str, Any]) -> Any:
        result = self.capability.execute(*args, **kwargs)
        return list(result) if inspect.isgenerator(result) else result

    def stream(self, args: List[Any], kwargs: Dict[str, Any]) -> Iterator[Any]:
        execute_stream = getattr(self.capability, "execute_stream", None)
        result = (execute_stream or self.capability.execute)(*args, **kwargs)
        if inspect.isgenerator(result):
            yield from result
        else:
            yield result

    def task_method(self, task: str, method: str) -> Callable[..., Any]:
        """Raises LookupError in words for the 404 answer."""
        adapter = self._adapters.get(task)
        if adapter is None:
            raise LookupError("no adapter is bound for task %r (bound: %s)" % (task, sorted(self._adapters)))
        found = None if not method or method.startswith("_") else getattr(adapter, method, None)
        if not callable(found):
            raise LookupError("the adapter for %r has no method %r" % (task, method))
        return found

    def run_task(self, call: CallState, task: str, method: str, function: Callable[..., Any], kwargs: Dict[str, Any]) -> Any:
        """Records a `task_account` for calls that return or raise an ordinary error."""
        began = time.monotonic()
        failure: Optional[Exception] = None
        try:
            return function(**kwargs)
        except Exception as error:
            failure = error
            raise
        finally:
            if failure is None or type(failure).__name__ != "CapabilityCancelledError":
                payload: Dict[str, Any] = {"task": task, "method": method, "ok": failure is None, "duration_s": round(time.monotonic() - began, 3)}
                if failure is not None:
                    payload["error_category"] = category_of(failure)
                call.accounts.append({"event_type": "task_account", "payload": payload})

    def cancel(self, job_id: Optional[str]) -> None:
        """Cancels the call of one job, or with None every call."""
        with self._lock:
            calls = [call for call in self._calls.values() if job_id is None or call.job_id == job_id]
        for call in calls:
            call.cancel()

    def progress(self, job_id: Optional[str]) -> Dict[str, Any]:
        with self._lock:
            matching = [call for call in self._calls.values() if job_id is not None and call.job_id == job_id]
            call = matching[-1] if matching else (self._latest if job_id is None else None)
        return {"progress": call.progress if call else 0.0, "message": call.message if call else ""}

    # -- the process ---------------------------------------------------------------------------------------------------

    def stats(self, pid: int) -> Dict[str, Any]:
        pids = [pid, *descendants(pid)]
        uses = {each: use_of(each) for each in pids}
        now = time.monotonic()
        with self._lock:
            used = sum(use["cpu_seconds"] - self._cpu_seen.get(each, use["cpu_seconds"]) for each, use in uses.items())
            elapsed = now - self._cpu_at
            self._cpu_seen = {each: use["cpu_seconds"] for each, use in uses.items()}
            self._cpu_at = now
            usage = self._latest.usage if self._latest else None
        return {
            "pid": pid,
            "cpu_percent": max(0.0, used / elapsed * 100) if elapsed > 0 else 0.0,
            "memory_rss_mb": sum(use["memory_mb"] for use in uses.values()),
            "subtree_pids": pids,
            "usage": usage,
        }

    def cleanup(self) -> None:
        """Runs the capability's cleanup the first time it is asked for, and never again."""
        with self._lock:
            if self._cleaned:
                return
            self._cleaned = True
        try:
            self.capability.cleanup()
        except Exception:
            log.exception("cleanup failed")

    def _push_progress(self, call: CallState) -> None:
        now = time.monotonic()
        last = self._progress_sent.get(call.call_id, 0.0)
        if now - last < PROGRESS_INTERVAL_SECONDS and call.progress < 1:
            return
        self._progress_sent[call.call_id] = now
        self._channel.send({"type": "progress", "job_id": call.job_id, "call_id": call.call_id, "progress": call.progress, "message": call.message})


def bind_adapters(capability: ToolCapability, specs: List[str]) -> Dict[str, TaskAdapter]:
    """By task name; the first for a task wins, and one that cannot be bound is logged and left out."""
    bound: Dict[str, TaskAdapter] = {}
    for spec in specs:
        module_name, _, class_name = spec.rpartition(":")
        try:
            cls = getattr(importlib.import_module(module_name), class_name)
            if not cls.task_name:
                raise ValueError("task_name is empty")
            bound.setdefault(cls.task_name, cls(capability))
        except Exception:
            log.exception("the adapter %s cannot be bound", spec)
    return bound
