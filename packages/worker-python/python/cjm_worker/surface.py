"""The structural surface of a class: methods with parameters, properties, attributes. The original's rules."""

from __future__ import annotations

import inspect
from typing import Any, Dict, List


def structural_surface(cls: type) -> Dict[str, List[Any]]:
    methods: List[Dict[str, Any]] = []
    properties: List[str] = []
    attributes: List[Dict[str, str]] = []
    for name in sorted(name for name in dir(cls) if not name.startswith("_")):
        value = inspect.getattr_static(cls, name)
        if isinstance(value, property):
            properties.append(name)
            continue
        if isinstance(value, (staticmethod, classmethod)):
            value = value.__func__
        if inspect.isfunction(value):
            methods.append(_method(name, value))
        else:
            attributes.append({"name": name, "type": type(value).__name__})
    return {"methods": methods, "properties": properties, "attributes": attributes}


def _method(name: str, function: Any) -> Dict[str, Any]:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return {"name": name, "signature": "(...)", "params": []}
    return {"name": name, "signature": str(signature), "params": [parameter for parameter in signature.parameters if parameter != "self"]}
