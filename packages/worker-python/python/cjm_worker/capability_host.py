"""One capability with its life, adapters and running calls: what the routes drive, without HTTP."""

from __future__ import annotations

import functools
import inspect
import time
from typing import Any, Callable, Dict, Generator, List, Optional

from cjm_capability import ToolCapability
from cjm_capability.call_context import check_cancel
from cjm_capability.call_state import CallState
from cjm_capability.describe import identity_of
from cjm_capability.errors import CapabilityCancelledError, category_of

from .capability_life import CapabilityLife
from .control_channel import ControlChannel
from .job_error import FAILURES
from .running_calls import RunningCalls
from .subtree_usage import SubtreeUsage
from .surface import structural_surface
from .task_adapters import TaskAdapters
from .wire_json import result_body


class CapabilityHost:
    def __init__(self, capability: ToolCapability, channel: ControlChannel, adapter_specs: List[str]) -> None:
        self.capability = capability
        self.identity = identity_of(capability)
        self.adapters = TaskAdapters(capability, adapter_specs)
        self.calls = RunningCalls(channel.send)
        self.life = CapabilityLife(capability)
        self._use = SubtreeUsage()

    @functools.cached_property
    def surface(self) -> Dict[str, Any]:
        """A class does not change; looking at all of it takes milliseconds."""
        return structural_surface(type(self.capability))

    def execute(self, args: List[Any], kwargs: Dict[str, Any]) -> bytes:
        """The result as JSON; a list of the chunks of what streams."""
        self.begin_work()
        result = self.capability.execute(*args, **kwargs)
        return result_body(list(result) if inspect.isgenerator(result) else result)

    def stream(self, args: List[Any], kwargs: Dict[str, Any]) -> Generator[Any, None, None]:
        self.begin_work()
        execute_stream = getattr(self.capability, "execute_stream", None)
        result = (execute_stream or self.capability.execute)(*args, **kwargs)
        if inspect.isgenerator(result):
            yield from result
        else:
            yield result

    def run_task(self, call: CallState, task: str, method: str, run: Callable[[], Any]) -> bytes:
        """The result as JSON. Records a `task_account` for what returned or raised an ordinary error."""
        began = time.monotonic()
        failure: Optional[BaseException] = None
        try:
            self.begin_work()
            return result_body(run())
        except FAILURES as error:
            failure = error
            raise
        finally:
            if not isinstance(failure, CapabilityCancelledError):
                payload: Dict[str, Any] = {"task": task, "method": method, "ok": failure is None, "duration_s": round(time.monotonic() - began, 3)}
                if failure is not None:
                    payload["error_category"] = category_of(failure)
                call.add_account("task_account", payload)

    def begin_work(self) -> None:
        """Waits until the capability is ready. It may have been cancelled meanwhile."""
        self.life.ready()
        check_cancel()

    def stats(self) -> Dict[str, Any]:
        return {**self._use.read(), "usage": self.calls.usage()}
