"""Adapters: a named kind of work, served by the methods of a tool."""

from __future__ import annotations

from typing import Any


class TaskAdapter:
    """Subclass it, set `task_name`, and write one method per operation of the task; `self.tool` is the capability."""

    task_name: str = ""

    def __init__(self, tool: Any) -> None:
        self.tool = tool
