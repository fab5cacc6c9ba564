"""An exception as the record that travels to the host."""

from __future__ import annotations

import datetime
import traceback
from typing import Any, Dict

from cjm_capability.errors import CapabilityError, category_of


# What ends a call and not the worker: also an author's `sys.exit()`.
FAILURES = (Exception, SystemExit)


def job_error(error: BaseException, capability_name: str = "unknown") -> Dict[str, Any]:
    """All eleven keys, in the order of the contract."""
    category = category_of(error)
    is_input = category == "user_input"
    return {
        "category": category,
        "message": str(error),
        "retriable": error.retriable if isinstance(error, CapabilityError) else category != "fatal",
        "original_exc_repr": repr(error),
        "traceback": "".join(traceback.format_exception(type(error), error, error.__traceback__)),
        "retry_after_seconds": getattr(error, "retry_after_seconds", None) if category == "transient" else None,
        "fields_invalid": list(getattr(error, "fields_invalid", []) or []) if is_input else None,
        "resource_shortfall": getattr(error, "resource_shortfall", None) if category == "resource" else None,
        "capability_name": capability_name,
        "capability_instance_id": None,
        "occurred_at": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="microseconds"),
    }
