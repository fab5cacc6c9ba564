"""JSON Schema of Python type hints, and the check of values against them."""

from __future__ import annotations

import typing
from typing import Any, Dict, List, Optional

_NAMES = {str: "string", int: "integer", float: "number", bool: "boolean", dict: "object", list: "array", tuple: "array", type(None): "null"}


def schema_of(hint: Any) -> Dict[str, Any]:
    """`Optional[X]` allows null, `List[X]` has items, `Literal` an enum; what has no counterpart allows everything."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint in _NAMES:
        return {"type": _NAMES[hint]}
    if origin in (list, tuple, set, frozenset) or str(origin) == "collections.abc.Sequence":
        items = [argument for argument in arguments if argument is not Ellipsis]
        return {"type": "array", "items": schema_of(items[0])} if items else {"type": "array"}
    if origin is dict:
        return {"type": "object"}
    if origin is typing.Literal:
        return {"enum": list(arguments)}
    if origin is typing.Union or str(origin) == "<class 'types.UnionType'>":
        options = [schema_of(argument) for argument in arguments]
        kinds = [option.get("type") for option in options]
        if len(options) == 2 and "null" in kinds and all(isinstance(kind, str) for kind in kinds):
            other = next(option for option in options if option.get("type") != "null")
            return {**other, "type": [other["type"], "null"]}
        return {"anyOf": options}
    return {}


def fault_of(value: Any, schema: Dict[str, Any]) -> Optional[str]:
    """What is wrong with `value`, in words, or None. Checks what `schema_of` can state, and ranges, lengths, patterns."""
    if "anyOf" in schema:
        faults = [fault_of(value, option) for option in schema["anyOf"]]
        return None if None in faults else " or ".join(fault for fault in faults if fault)
    if "enum" in schema and value not in schema["enum"]:
        return "expected one of %s, got %r" % (", ".join(repr(item) for item in schema["enum"]), value)
    kinds = schema.get("type")
    if kinds is not None:
        kinds = [kinds] if isinstance(kinds, str) else kinds
        if not any(_is(value, kind) for kind in kinds):
            return "expected %s, got %s" % (" or ".join(kinds), _kind(value))
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if "minimum" in schema and value < schema["minimum"]:
            return "must be at least %s" % schema["minimum"]
        if "maximum" in schema and value > schema["maximum"]:
            return "must be at most %s" % schema["maximum"]
    if isinstance(value, list) and "items" in schema:
        for index, item in enumerate(value):
            fault = fault_of(item, schema["items"])
            if fault:
                return "item %d: %s" % (index, fault)
    return None


def _is(value: Any, kind: str) -> bool:
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    types: Dict[str, Any] = {"string": str, "boolean": bool, "object": dict, "array": (list, tuple), "null": type(None)}
    return isinstance(value, types.get(kind, object))


def _kind(value: Any) -> str:
    return next((name for type_, name in _NAMES.items() if type(value) is type_), type(value).__name__)


def near(written: str, known: List[str]) -> str:
    """` Did you mean 'x'?`, or nothing."""
    import difflib

    close = difflib.get_close_matches(written, known, n=1)
    return " Did you mean '%s'?" % close[0] if close else ""
