"""Descendants of a process and what they use, from /proc."""

from __future__ import annotations

import os
import signal
from typing import Dict, List, Optional

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
# A process that starts others faster than they are ended is given up after so many passes.
_MAX_PASSES = 8
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


def end_descendants(session_id: Optional[str]) -> None:
    """Kills every process that this one started: its descendants, also in sessions of their own, and those whose parent has
    gone, which still carry the session id of this worker in their environment."""
    for _ in range(_MAX_PASSES):
        alive = _started(session_id)
        if not alive:
            return
        for pid in alive:
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass


def _started(session_id: Optional[str]) -> List[int]:
    found = set(descendants(os.getpid()))
    if session_id:
        marker = b"CJM_WORKER_SESSION_ID=" + session_id.encode()
        found.update(pid for pid in _all_pids() if marker in _environment(pid))
    found.discard(os.getpid())
    return [pid for pid in found if not _is_zombie(pid)]


def _all_pids() -> List[int]:
    try:
        return [int(name) for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return []


def _environment(pid: int) -> List[bytes]:
    try:
        with open("/proc/%d/environ" % pid, "rb") as file:
            return file.read().split(b"\0")
    except OSError:
        return []


def _is_zombie(pid: int) -> bool:
    try:
        with open("/proc/%d/stat" % pid, "rb") as file:
            return file.read().rpartition(b")")[2].split()[0] in (b"Z", b"X")
    except (OSError, IndexError):
        return True


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
