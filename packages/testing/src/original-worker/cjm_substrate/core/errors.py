"""Typed errors under the original's names, and the record of a failed call."""

from __future__ import annotations

import datetime
import traceback
from typing import Any, Dict, List, Optional


class CapabilityError(Exception):
    category = "fatal"
    retriable = False


class CapabilityInputError(CapabilityError):
    category = "user_input"
    retriable = True

    def __init__(self, message: str, fields_invalid: Optional[List[str]] = None) -> None:
        super().__init__(message)
        self.fields_invalid = list(fields_invalid or [])


class CapabilityTransientError(CapabilityError):
    category = "transient"
    retriable = True

    def __init__(self, message: str, retry_after_seconds: Optional[float] = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class CapabilityCancelledError(CapabilityTransientError):
    retriable = False


class CapabilityResourceError(CapabilityError):
    category = "resource"
    retriable = True

    def __init__(self, message: str, resource_shortfall: Optional[Dict[str, Any]] = None) -> None:
        super().__init__(message)
        self.resource_shortfall = resource_shortfall


class CapabilityFatalError(CapabilityError):
    pass


_BARE = {
    "user_input": (FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError, KeyError, ValueError, TypeError),
    "transient": (TimeoutError, OSError),
    "resource": (MemoryError,),
}


def category_of(error: BaseException) -> str:
    if isinstance(error, CapabilityError):
        return error.category
    return next((category for category, classes in _BARE.items() if isinstance(error, classes)), "fatal")


def job_error(error: BaseException, capability_name: str) -> Dict[str, Any]:
    """All eleven members, in the contract's order."""
    category = category_of(error)
    return {
        "category": category,
        "message": str(error),
        "retriable": error.retriable if isinstance(error, CapabilityError) else category != "fatal",
        "original_exc_repr": repr(error),
        "traceback": "".join(traceback.format_exception(type(error), error, error.__traceback__)),
        "retry_after_seconds": getattr(error, "retry_after_seconds", None),
        "fields_invalid": getattr(error, "fields_invalid", [] if category == "user_input" else None),
        "resource_shortfall": getattr(error, "resource_shortfall", None),
        "capability_name": capability_name,
        "capability_instance_id": None,
        "occurred_at": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="microseconds"),
    }
