"""Descendants of a process and what they use, from /proc."""

from __future__ import annotations

import os
from typing import Dict, List

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


def descendants(root: int) -> List[int]:
    """Pids of all children, their children and so on, without `root`; empty where there is no /proc."""
    found: List[int] = []
    waiting = [root]
    while waiting:
        children = _children(waiting.pop())
        found.extend(children)
        waiting.extend(children)
    return found


def use_of(pid: int) -> Dict[str, float]:
    """Resident memory in MiB and processor seconds so far; zeros when the process is gone."""
    try:
        with open("/proc/%d/stat" % pid, "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
        return {"memory_mb": int(fields[21]) * _PAGE_BYTES / 1048576, "cpu_seconds": (int(fields[11]) + int(fields[12])) / _TICKS_PER_SECOND}
    except (OSError, IndexError, ValueError):
        return {"memory_mb": 0.0, "cpu_seconds": 0.0}


def _children(pid: int) -> List[int]:
    children: List[int] = []
    try:
        for thread in os.listdir("/proc/%d/task" % pid):
            with open("/proc/%d/task/%s/children" % (pid, thread), "rb") as file:
                children.extend(int(child) for child in file.read().split())
    except OSError:
        pass
    return children
