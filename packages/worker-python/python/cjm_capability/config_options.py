"""Values that fields of the configuration may have on this machine, which only the running process knows."""

from __future__ import annotations

import dataclasses
from typing import Any, Dict, List, Mapping


@dataclasses.dataclass
class ConfigOption:
    """One value. `label` is for people, the value as text if it is left out; `metadata` is whatever helps to choose."""

    value: Any
    label: str = ""
    metadata: Dict[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class FieldOptions:
    """The values of one field. `constraints` narrow its schema."""

    options: List[ConfigOption]
    constraints: Dict[str, Any] = dataclasses.field(default_factory=dict)


def plain_options(options: Mapping[str, Any]) -> Dict[str, Any]:
    """As it goes to the host, every key there. Entries may be dictionaries of the same shape."""
    return {str(field): _plain_field(entry) for field, entry in options.items()}


def _plain_field(entry: Any) -> Dict[str, Any]:
    shape = _shape(entry)
    return {"options": [_plain_option(option) for option in shape.get("options") or []], "constraints": dict(shape.get("constraints") or {})}


def _plain_option(option: Any) -> Dict[str, Any]:
    shape = _shape(option)
    return {"value": shape["value"], "label": shape.get("label") or str(shape["value"]), "metadata": dict(shape.get("metadata") or {})}


def _shape(value: Any) -> Mapping[str, Any]:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return vars(value)
    if not isinstance(value, Mapping):
        raise TypeError("the options of a field are FieldOptions(...) or {'options': [{'value': ...}]}, not %s" % type(value).__name__)
    return value
