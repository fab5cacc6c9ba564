"""The measured tool: the same work as the original's, so that figures of both can stand side by side."""

from __future__ import annotations

import dataclasses
import time
from typing import Any, Dict, Iterator, List

from cjm_capability import ToolCapability, capability_action


@dataclasses.dataclass
class BenchConfig:
    label: str = "bench"


class BenchTool(ToolCapability):
    name = "bench-tool"
    version = "1.0.0"
    config_class = BenchConfig

    def __init__(self) -> None:
        self._held: List[bytearray] = []

    @capability_action(description="Does nothing.", idempotent=True)
    def noop(self) -> Dict[str, Any]:
        return {"ok": True}

    @capability_action(description="Gives the payload back.", idempotent=True, cache="pure")
    def echo(self, payload: str = "") -> Dict[str, Any]:
        return {"ok": True, "payload": payload, "refs": 0}

    @capability_action(description="Blocks for so long.")
    def sleep_ms(self, ms: float) -> Dict[str, Any]:
        time.sleep(ms / 1000)
        return {"ok": True}

    @capability_action(description="Takes memory and keeps it.")
    def allocate_mb(self, mb: int) -> Dict[str, Any]:
        self._held.append(bytearray(b"x" * (mb * 1024 * 1024)))
        return {"ok": True, "held_mb": sum(map(len, self._held)) // (1024 * 1024)}

    @capability_action(description="Streams so many chunks of so many characters.")
    def stream_n(self, n: int, chars: int = 64) -> Iterator[Dict[str, Any]]:
        data = "x" * chars
        for index in range(n):
            yield {"i": index, "data": data}
