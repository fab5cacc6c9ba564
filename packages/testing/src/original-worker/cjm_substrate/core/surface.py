"""The structural surface of a capability class."""

from __future__ import annotations

import inspect
from typing import Any, Dict, List


def structural_surface(cls: type) -> Dict[str, List[Any]]:
    public = {name: inspect.getattr_static(cls, name) for name in sorted(dir(cls)) if not name.startswith("_")}
    plain = {name: value.__func__ if isinstance(value, (staticmethod, classmethod)) else value for name, value in public.items()}
    methods = {name: inspect.signature(value) for name, value in plain.items() if inspect.isfunction(value)}
    properties = [name for name, value in plain.items() if isinstance(value, property)]
    return {
        "methods": [
            {"name": name, "signature": str(signature), "params": [each for each in signature.parameters if each != "self"]}
            for name, signature in methods.items()
        ],
        "properties": properties,
        "attributes": [
            {"name": name, "type": type(value).__name__} for name, value in plain.items() if name not in methods and name not in properties
        ],
    }
