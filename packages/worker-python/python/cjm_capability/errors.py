"""Errors that a capability raises to say what kind of failure it was, and so who can do something about it."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Optional


class CapabilityError(Exception):
    """Base of all of them. `category` is one of user_input, transient, resource, fatal."""

    category = "fatal"
    retriable = False


class CapabilityInputError(CapabilityError):
    """The caller gave something wrong. `fields_invalid` names the fields."""

    category = "user_input"
    retriable = True

    def __init__(self, message: str, fields_invalid: Optional[Iterable[str]] = None) -> None:
        super().__init__(message)
        self.fields_invalid: List[str] = list(fields_invalid or [])


class CapabilityConfigError(CapabilityInputError):
    """The configuration has unknown or wrong fields."""

    def __init__(self, message: str, fields_invalid: Optional[Iterable[str]] = None, config_class_name: str = "") -> None:
        super().__init__(message, fields_invalid)
        self.config_class_name = config_class_name


class CapabilityTransientError(CapabilityError):
    """A passing trouble: trying again, after `retry_after_seconds` if given, may work."""

    category = "transient"
    retriable = True

    def __init__(self, message: str, retry_after_seconds: Optional[float] = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class CapabilityTimeoutError(CapabilityTransientError):
    """Something outside did not answer in time."""


class CapabilityCancelledError(CapabilityTransientError):
    """The call was cancelled. `check_cancel()` raises it; let it pass through."""

    retriable = False


class CapabilityResourceError(CapabilityError):
    """Memory, GPU or disk did not suffice. `resource_shortfall`: {"resource", "needed", "available"}."""

    category = "resource"
    retriable = True

    def __init__(self, message: str, resource_shortfall: Optional[Dict[str, Any]] = None) -> None:
        super().__init__(message)
        self.resource_shortfall = resource_shortfall


class CapabilityFatalError(CapabilityError):
    """A defect or a broken installation: trying again fails the same way."""


# Category of an exception that no author typed, by the first of its ancestors that stands here; otherwise fatal.
_BARE = {
    FileNotFoundError: "user_input",
    NotADirectoryError: "user_input",
    IsADirectoryError: "user_input",
    PermissionError: "user_input",
    KeyError: "user_input",
    ValueError: "user_input",
    TypeError: "user_input",
    TimeoutError: "transient",
    ConnectionError: "transient",
    InterruptedError: "transient",
    BlockingIOError: "transient",
    OSError: "transient",
    MemoryError: "resource",
}


def category_of(error: BaseException) -> str:
    if isinstance(error, CapabilityError):
        return error.category
    return next((_BARE[base] for base in type(error).__mro__ if base in _BARE), "fatal")
