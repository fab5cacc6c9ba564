"""What this process and its descendants use."""

from __future__ import annotations

import os
import threading
import time
from typing import Any, Dict

from .process_tree import descendants, use_of


class SubtreeUsage:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cpu_seen: Dict[int, float] = {}
        self._cpu_at = time.monotonic()

    def read(self) -> Dict[str, Any]:
        """Memory in MiB, and the processor's share since the previous reading. A process counts for it from its second reading on."""
        pid = os.getpid()
        pids = [pid, *descendants(pid)]
        uses = {each: use_of(each) for each in pids}
        now = time.monotonic()
        with self._lock:
            used = sum(use["cpu_seconds"] - self._cpu_seen.get(each, use["cpu_seconds"]) for each, use in uses.items())
            elapsed = now - self._cpu_at
            self._cpu_seen = {each: use["cpu_seconds"] for each, use in uses.items()}
            self._cpu_at = now
        return {
            "pid": pid,
            "cpu_percent": max(0.0, used / elapsed * 100) if elapsed > 0 else 0.0,
            "memory_rss_mb": sum(use["memory_mb"] for use in uses.values()),
            "subtree_pids": pids,
        }
