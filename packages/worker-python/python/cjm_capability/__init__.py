"""What the author of a capability in Python imports.

    from cjm_capability import ToolCapability, capability_action

    class WordCount(ToolCapability):
        name = "word-count"
        version = "1.0.0"

        @capability_action(description="Counts the words of a text.", idempotent=True, cache="pure")
        def count(self, text: str) -> dict:
            self.report_progress(0.5, "counting")
            return {"words": len(text.split())}
"""

from .actions import capability_action
from .call_context import (
    cancel_signal_to,
    capability_thread,
    check_cancel,
    current_envelope,
    record_account,
    register_cancel_callback,
    report_progress,
    report_usage,
)
from .config_options import ConfigOption, FieldOptions
from .errors import (
    CapabilityCancelledError,
    CapabilityConfigError,
    CapabilityError,
    CapabilityFatalError,
    CapabilityInputError,
    CapabilityResourceError,
    CapabilityTimeoutError,
    CapabilityTransientError,
)
from .heartbeat import heartbeat
from .reload_triggers import RELOAD_TRIGGER
from .task_adapter import TaskAdapter
from .tool_capability import ToolCapability, WorkerEnv
from .wire_types import wire_type

__all__ = [
    "CapabilityCancelledError",
    "CapabilityConfigError",
    "CapabilityError",
    "CapabilityFatalError",
    "CapabilityInputError",
    "CapabilityResourceError",
    "CapabilityTimeoutError",
    "CapabilityTransientError",
    "ConfigOption",
    "FieldOptions",
    "RELOAD_TRIGGER",
    "TaskAdapter",
    "ToolCapability",
    "WorkerEnv",
    "cancel_signal_to",
    "capability_action",
    "capability_thread",
    "check_cancel",
    "current_envelope",
    "heartbeat",
    "record_account",
    "register_cancel_callback",
    "report_progress",
    "report_usage",
    "wire_type",
]
