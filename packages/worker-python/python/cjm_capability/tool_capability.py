"""The class that a capability is."""

from __future__ import annotations

import dataclasses
import os
from typing import Any, Callable, ContextManager, Dict, List, Optional

from . import call_context
from .actions import action_specs, actions_of, call_action, capability_action, unknown_action
from .config import config_from, config_schema
from .describe import describe_capability
from .heartbeat import heartbeat
from .reload_triggers import release_changed


@dataclasses.dataclass(frozen=True)
class WorkerEnv:
    """An environment variable that the capability wants. A secret one comes from the secret store and has no default."""

    name: str
    secret: bool = False
    required: bool = False
    label: str = ""
    description: str = ""
    default: Optional[str] = None


class ToolCapability:
    """A tool or model. Subclass it, mark methods with `@capability_action`, override the hooks that you need.

    `name`, `version` and `description` default to those of the distribution that the class is part of. `config_class` is a
    dataclass; `self.config` is an instance of it, set before `on_initialize` is called. The constructor takes nothing and
    does nothing heavy: load models in `prefetch` or on first use.
    """

    name: str = ""
    version: str = ""
    description: str = ""
    config_class: Any = None
    WORKER_ENV: List[WorkerEnv] = []

    config: Any = None

    # -- hooks ---------------------------------------------------------------------------------------------------------

    def on_initialize(self) -> None:
        """Opens what the capability needs. Called after `self.config` is set; may be called again, with another one."""

    def on_reconfigure(self, old_config: Any, new_config: Any) -> None:
        """Reacts to a changed configuration; `self.config` is the new one already.

        Before it, while the old one stands, the hooks `release_<trigger>(old_config, new_config)` of changed fields ran: a
        field is marked by `metadata={RELOAD_TRIGGER: "model"}`. When any of them raises, the old one stands again.
        """
        self.on_initialize()

    def prefetch(self) -> None:
        """Loads what calls will need, ahead of them."""

    def on_disable(self) -> None:
        """Gives back what is heavy; the process stays."""

    def on_enable(self) -> None:
        """The opposite of `on_disable`."""

    def cleanup(self) -> None:
        """Called exactly once, before the process ends."""

    # -- what the worker calls -----------------------------------------------------------------------------------------

    def initialize(self, config: Optional[Dict[str, Any]] = None) -> None:
        """Raises CapabilityConfigError that lists every bad field."""
        self.config = config_from(self.config_class, dict(config or {}))
        self.on_initialize()

    def reconfigure(self, old_config: Optional[Dict[str, Any]], new_config: Optional[Dict[str, Any]]) -> None:
        """Raises CapabilityConfigError that lists every bad field, and whatever the hooks raise."""
        before = self.config
        after = config_from(self.config_class, dict(new_config or {}))
        release_changed(self, before, after)
        try:
            # What capabilities of the original have instead of the hook.
            apply_config = getattr(self, "_apply_config", None)
            if callable(apply_config):
                apply_config(dict(new_config or {}))
                return
            self.config = after
            self.on_reconfigure(before, after)
        except BaseException:
            self.config = before
            raise

    def execute(self, action: Optional[str] = None, **arguments: Any) -> Any:
        """Calls the action of that name."""
        method = actions_of(self).get(action) if isinstance(action, str) else None
        if method is None:
            raise unknown_action(self, action)
        return call_action(method, arguments)

    def get_current_config(self) -> Dict[str, Any]:
        return dataclasses.asdict(self.config) if dataclasses.is_dataclass(self.config) else dict(self.config or {})

    def get_config_schema(self) -> Dict[str, Any]:
        return config_schema(self.config_class)

    def get_config_options(self) -> Dict[str, Any]:
        """Values that fields of the configuration may have on this machine: {field: FieldOptions([ConfigOption(value)])}."""
        return {}

    def get_actions(self) -> List[Dict[str, Any]]:
        return action_specs(self)

    @capability_action(description="Says what this capability is and what it runs with.", idempotent=True)
    def describe(self) -> dict:
        return describe_capability(self)

    # -- what an author calls ------------------------------------------------------------------------------------------

    def report_progress(self, fraction: float, message: str = "") -> None:
        """0 to 1, or -1 for work of unknown length."""
        call_context.report_progress(fraction, message)

    def check_cancel(self) -> None:
        """Raises CapabilityCancelledError when the current call was cancelled."""
        call_context.check_cancel()

    def register_cancel_callback(self, callback: Callable[[], None]) -> None:
        """Called, on another thread, when the current call is cancelled: ends a subprocess, closes a connection."""
        call_context.register_cancel_callback(callback)

    def cancel_signal_to(self, callback: Callable[[], None]) -> ContextManager[None]:
        """The same for the length of a `with` block: `with self.cancel_signal_to(process.terminate): process.wait()`."""
        return call_context.cancel_signal_to(callback)

    def report_usage(self, usage: Dict[str, float]) -> None:
        """What the call used, by unit: {"input_tokens": 812}."""
        call_context.report_usage(usage)

    @property
    def data_dir(self) -> str:
        """A folder of this capability's own, which exists."""
        return os.environ.get("CAPABILITY_DATA_DIR", os.getcwd())

    def heartbeat(self, phase: str, interval: float = 0.5, progress: Optional[float] = None) -> ContextManager[None]:
        """Shows a long silent step as alive: while the `with` block runs, the progress message counts its seconds."""
        return heartbeat(phase, interval, progress)
