"""Every process below this one, however it tried to leave: adopted when its parent ends, killed when the time has come."""

from __future__ import annotations

import os
import signal
import time
from typing import Any, Set

from cjm_worker.process_tree import descendants

# Numbers of prctl(2).
_SET_PARENT_DEATH_SIGNAL = 1
_SET_CHILD_SUBREAPER = 36

# A process in an uninterruptible sleep, such as one inside a hanging driver, dies when the kernel lets it; nobody waits for that.
_END_LIMIT_SECONDS = 1.0

try:
    import ctypes

    _prctl: Any = ctypes.CDLL(None).prctl
except (ImportError, AttributeError, OSError):
    # Not Linux, or a Python without ctypes: what left the worker's tree before the end is then not found.
    _prctl = None


def adopt_orphans() -> None:
    """From now on a descendant whose parent ends becomes a child of this process instead of one of process 1."""
    if _prctl is not None:
        _prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def die_with(parent: int) -> None:
    """For a new child before it becomes another program: it is killed when the thread that made it ends."""
    if _prctl is None:
        return
    _prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    # The parent may have ended before the line above.
    if os.getppid() != parent:
        os._exit(1)


def end_family() -> None:
    """
    Kills every descendant. What a dying process started a moment earlier comes to light when it is adopted, so this goes
    on until the kernel says that no child is left.
    """
    killed: Set[int] = set()
    deadline = time.monotonic() + _END_LIMIT_SECONDS
    while time.monotonic() < deadline:
        for pid in set(descendants(os.getpid())) - killed:
            killed.add(pid)
            _kill(pid)
        if not _bury():
            return
        time.sleep(0.001)


def _bury() -> bool:
    """False when no child is left, living or dead."""
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return False
        if pid == 0:
            return True


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except OSError:
        pass
