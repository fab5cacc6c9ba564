"""Fields of a configuration whose old value has loaded something that must go when they change."""

from __future__ import annotations

import dataclasses
import inspect
from typing import Any, Callable, Dict, List, Optional

# Key of a field's metadata that names its trigger. Source: the configuration classes of the original's capabilities.
RELOAD_TRIGGER = "reload_trigger"


def triggers_of(config_class: Any) -> Dict[str, str]:
    """The trigger of every marked field: `field(default="small", metadata={RELOAD_TRIGGER: "model"})`."""
    if not dataclasses.is_dataclass(config_class):
        return {}
    marked = ((field.name, field.metadata.get(RELOAD_TRIGGER)) for field in dataclasses.fields(config_class))
    return {name: trigger for name, trigger in marked if isinstance(trigger, str) and trigger}


def release_hook(owner: Any, trigger: str) -> Optional[Callable[..., Any]]:
    """`release_<trigger>`, or `_release_<trigger>` as capabilities of the original have it."""
    found = getattr(owner, "release_" + trigger, None) or getattr(owner, "_release_" + trigger, None)
    return found if callable(found) else None


def release_changed(capability: Any, old_config: Any, new_config: Any) -> None:
    """Calls the hook of every trigger whose fields differ, each once.

    Every hook runs, also after one that failed, since what can be given back should be; the first failure is raised at the
    end. A hook gets (old_config, new_config), or nothing when it takes no arguments.
    """
    triggers: List[str] = []
    for field, trigger in triggers_of(capability.config_class).items():
        if trigger not in triggers and getattr(old_config, field, None) != getattr(new_config, field, None):
            triggers.append(trigger)
    failures: List[Exception] = []
    for trigger in triggers:
        hook = release_hook(capability, trigger)
        try:
            if hook is not None:
                hook(*((old_config, new_config) if inspect.signature(hook).parameters else ()))
        except Exception as error:
            failures.append(error)
    if failures:
        raise failures[0]
