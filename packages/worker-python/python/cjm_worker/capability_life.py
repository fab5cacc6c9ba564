"""Initialisation, configuration and cleanup of one capability, each at most one at a time."""

from __future__ import annotations

import contextlib
import threading
from typing import Any, Dict, Iterator, Optional

from cjm_capability import ToolCapability
from cjm_capability.call_context import check_cancel

# How soon a call that waits for an initialisation notices that it was cancelled.
WAIT_STEP_SECONDS = 0.05


class CapabilityLife:
    """Calls wait for an initialisation that is under way.

    One that was never asked for runs with the defaults before the first call, since hosts do not initialise without a
    configuration.
    """

    def __init__(self, capability: ToolCapability) -> None:
        self._capability = capability
        self._turn = threading.Lock()
        self._ready = False
        self._cleaned = False
        self._cleanup_failure: Optional[Exception] = None

    def initialize(self, config: Dict[str, Any]) -> None:
        with self._cancellable_turn():
            self._initialize(config)

    def ready(self) -> None:
        """Returns when calls may run."""
        while not self._ready:
            with self._cancellable_turn():
                if not self._ready:
                    self._initialize({})

    def reconfigure(self, old_config: Optional[Dict[str, Any]], new_config: Optional[Dict[str, Any]]) -> None:
        with self._cancellable_turn():
            if self._ready:
                self._capability.reconfigure(old_config, new_config)
            else:
                self._initialize(new_config or {})

    def cleanup(self) -> None:
        """Runs the author's cleanup once for each life; further calls end as the first did."""
        with self._turn:
            if not self._cleaned:
                self._cleaned = True
                try:
                    self._capability.cleanup()
                except Exception as error:
                    self._cleanup_failure = error
        if self._cleanup_failure is not None:
            raise self._cleanup_failure

    def _initialize(self, config: Dict[str, Any]) -> None:
        self._ready = False
        self._cleaned, self._cleanup_failure = False, None
        self._capability.initialize(config)
        self._ready = True

    @contextlib.contextmanager
    def _cancellable_turn(self) -> Iterator[None]:
        check_cancel()
        while not self._turn.acquire(timeout=WAIT_STEP_SECONDS):
            check_cancel()
        try:
            yield
        finally:
            self._turn.release()
