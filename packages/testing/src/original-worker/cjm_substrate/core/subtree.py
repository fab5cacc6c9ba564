"""What this process and its descendants use, from /proc."""

from __future__ import annotations

import os
import time
from typing import Any, Dict, List

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


class SubtreeMeter:
    """Processor use is since the previous reading, summed; a process that is new counts as nothing."""

    def __init__(self) -> None:
        self._seen: Dict[int, float] = {}
        self._at = time.monotonic()

    def read(self) -> Dict[str, Any]:
        pids = [os.getpid(), *_descendants(os.getpid())]
        fields = {pid: _fields(pid) for pid in pids}
        seconds = {pid: (int(row[11]) + int(row[12])) / _TICKS for pid, row in fields.items() if row}
        now = time.monotonic()
        used = sum(value - self._seen.get(pid, value) for pid, value in seconds.items())
        elapsed, self._at, self._seen = now - self._at, now, seconds
        resident = sum(int(row[21]) * _PAGE for row in fields.values() if row)
        return {
            "pid": os.getpid(),
            "cpu_percent": used / elapsed * 100 if elapsed > 0 else 0.0,
            "memory_rss_mb": resident / 1024 / 1024,
            "subtree_pids": pids,
        }


def _descendants(root: int) -> List[int]:
    found: List[int] = []
    try:
        for thread in os.listdir("/proc/%d/task" % root):
            with open("/proc/%d/task/%s/children" % (root, thread)) as file:
                for child in file.read().split():
                    found += [int(child), *_descendants(int(child))]
    except OSError:
        pass
    return found


def _fields(pid: int) -> List[bytes]:
    try:
        with open("/proc/%d/stat" % pid, "rb") as file:
            return file.read().rpartition(b")")[2].split()
    except OSError:
        return []
