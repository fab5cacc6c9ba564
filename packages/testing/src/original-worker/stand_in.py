"""The capability of the stand-in worker: every action shows something that a host must cope with."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from typing import Any, Dict, Iterator, List, Optional

from cjm_substrate.core.call import current_envelope, record_account
from cjm_substrate.core.errors import (
    CapabilityCancelledError,
    CapabilityFatalError,
    CapabilityInputError,
    CapabilityResourceError,
    CapabilityTransientError,
)

# STAND_IN_IMPORT_SECONDS: how long importing this module takes.
time.sleep(float(os.environ.get("STAND_IN_IMPORT_SECONDS", "0")))


class StandIn:
    """One cancel flag and one progress for all calls, which nothing but a new call or report resets."""

    def __init__(self) -> None:
        self.cancelled = False
        self.progress = 0.0
        self.message = ""
        self.usage: Optional[Dict[str, float]] = None
        self._config: Dict[str, Any] = {}
        self._held: List[bytearray] = []

    @property
    def name(self) -> str:
        # STAND_IN_NAMELESS: a capability that reads its name from a distribution which is not installed.
        if os.environ.get("STAND_IN_NAMELESS"):
            raise LookupError("no such distribution")
        return "stand-in"

    @property
    def version(self) -> str:
        return "1.0.0"

    def get_config_schema(self) -> Dict[str, Any]:
        properties = {
            "label": {"type": "string", "default": "stand-in"},
            "epsilon": {"type": "number", "default": 1e-05},
            "initialize_seconds": {"type": "number", "default": 0.0},
        }
        return {"type": "object", "properties": properties}

    def get_current_config(self) -> Dict[str, Any]:
        defaults = {name: schema["default"] for name, schema in self.get_config_schema()["properties"].items()}
        return {**defaults, **self._config}

    def initialize(self, config: Optional[Dict[str, Any]] = None) -> None:
        if not isinstance(config, dict):
            raise CapabilityInputError("the configuration is no object")
        self._config = config
        self.report(0.5, "initialising")
        time.sleep(config.get("initialize_seconds", 0))

    def reconfigure(self, old_config: Optional[Dict[str, Any]], new_config: Optional[Dict[str, Any]]) -> None:
        self.initialize(new_config)

    def prefetch(self) -> None:
        self.report(1.0, "prefetched")

    def on_disable(self) -> None:
        print("disabled", flush=True)

    def on_enable(self) -> None:
        print("enabled", flush=True)

    def cleanup(self) -> None:
        print("cleaned up", flush=True)

    def cancel(self) -> None:
        self.cancelled = True

    def check_cancel(self) -> None:
        if self.cancelled:
            raise CapabilityCancelledError("the call was cancelled")

    def report(self, progress: float, message: str) -> None:
        self.progress = progress
        self.message = message

    # -- actions -------------------------------------------------------------------------------------------------------

    def execute(self, action: str = "echo", **arguments: Any) -> Any:
        found = getattr(self, "do_" + action, None)
        if found is None:
            raise CapabilityInputError("no action %s" % action, ["action"])
        return found(**arguments)

    def execute_stream(self, count: int = 0, fail_at: Optional[int] = None, pause_seconds: float = 0.0, nan_at: Optional[int] = None) -> Iterator[Any]:
        try:
            for index in range(count):
                time.sleep(pause_seconds)
                self.check_cancel()
                if index == fail_at:
                    raise CapabilityInputError("failed at %d" % index, ["fail_at"])
                yield {"index": index, "text": "a\u2028b", "value": float("nan") if index == nan_at else 1.0}
        finally:
            print("the stream is dropped", flush=True)

    def do_echo(self, value: Any = None) -> Any:
        return value

    def do_sleep(self, seconds: float, check: bool = True) -> str:
        end = time.monotonic() + seconds
        print("sleeping", flush=True)
        while time.monotonic() < end:
            if check:
                self.check_cancel()
            time.sleep(0.01)
        return "done"

    def do_fail(self, category: str, message: str = "asked for") -> None:
        record_account("stand_in_account", {"category": category})
        if category == "user_input":
            raise CapabilityInputError(message, ["field"])
        if category == "transient":
            raise CapabilityTransientError(message, 1.5)
        if category == "resource":
            raise CapabilityResourceError(message, {"resource": "gpu_vram_mb", "needed": 6000, "available": 3500})
        if category == "cancelled":
            raise CapabilityCancelledError(message)
        raise CapabilityFatalError(message)

    def do_report(self, progress: float, message: str, usage: Optional[Dict[str, float]] = None) -> None:
        self.report(progress, message)
        self.usage = usage

    def do_not_json(self) -> Any:
        return {1, 2}

    def do_not_a_number(self) -> Any:
        return float("nan")

    def do_envelope(self) -> Any:
        logging.getLogger("stand_in").info("asked whose call it is")
        return current_envelope()

    def do_allocate(self, mb: int) -> int:
        block = bytearray(mb * 1024 * 1024)
        block[::4096] = b"x" * len(block[::4096])
        self._held.append(block)
        return sum(map(len, self._held)) // (1024 * 1024)

    def do_crash(self, signal_number: int) -> None:
        print("about to crash", flush=True)
        os.kill(os.getpid(), signal_number)
        time.sleep(60)

    def do_exit(self, code: int) -> None:
        os._exit(code)

    def do_spawn(self, setsid: bool = False) -> int:
        return subprocess.Popen(["sleep", "1000"], start_new_session=setsid).pid

    def do_spawn_daemon(self) -> int:
        """A grandchild in a session of its own whose parent is gone: nothing leads from this process to it."""
        made = subprocess.run(["setsid", "sh", "-c", "sleep 1000 >/dev/null 2>&1 & echo $!"], stdout=subprocess.PIPE, check=True)
        return int(made.stdout)

    def do_python_path(self) -> List[str]:
        return sys.path


class StandInAdapter:
    """Serves the task `stand-in`."""

    task_name = "stand-in"

    def __init__(self, tool: StandIn) -> None:
        self._tool = tool

    def double(self, value: int) -> int:
        return 2 * value

    def refuse(self) -> None:
        raise CapabilityInputError("refused", ["value"])
