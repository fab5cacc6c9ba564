"""The adapters that are bound to one capability, by task."""

from __future__ import annotations

import importlib
import logging
from typing import Any, Callable, Dict, List

log = logging.getLogger("cjm.worker")


class TaskAdapters:
    """Binds `module:Class` specs in order; the first of a task wins. One that cannot be bound is logged and left out."""

    def __init__(self, capability: Any, specs: List[str]) -> None:
        self._bound: Dict[str, Any] = {}
        for spec in specs:
            try:
                self._bind(capability, spec)
            except Exception as error:
                log.error("The adapter %s is not bound: %s", spec, error, exc_info=True)

    def method(self, task: str, name: str) -> Callable[..., Any]:
        """Raises LookupError in words for the 404 answer."""
        adapter = self._bound.get(task)
        if adapter is None:
            raise LookupError("No adapter is bound for the task %r. Bound: %s." % (task, ", ".join(sorted(self._bound)) or "none"))
        found = None if not name or name.startswith("_") else _member(adapter, name)
        if not callable(found):
            raise LookupError("The adapter of the task %r has no method %r." % (task, name))
        method: Callable[..., Any] = found
        return method

    def _bind(self, capability: Any, spec: str) -> None:
        module_name, _, class_name = spec.rpartition(":")
        if not module_name or not class_name:
            raise ValueError("an adapter is named as module:Class")
        cls = getattr(importlib.import_module(module_name), class_name)
        task = getattr(cls, "task_name", "")
        if not isinstance(task, str) or not task:
            raise ValueError("%s.task_name is no text" % class_name)
        if task in self._bound:
            raise ValueError("the task %r is served by %s already" % (task, type(self._bound[task]).__name__))
        self._bound[task] = cls(capability)


def _member(adapter: Any, name: str) -> Any:
    """A property that fails is no method."""
    try:
        return getattr(adapter, name, None)
    except Exception:
        return None
