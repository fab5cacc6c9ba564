"""Typed results: a dataclass that is registered under a kind travels as {"__wire__": kind, "data": {...}}."""

from __future__ import annotations

import dataclasses
from typing import Any, Callable, Dict, Type, TypeVar

T = TypeVar("T")

_kinds: Dict[type, str] = {}


def wire_type(kind: str) -> Callable[[Type[T]], Type[T]]:
    """Registers a dataclass under `kind`. A second class on one kind is refused."""

    def register(cls: Type[T]) -> Type[T]:
        if not dataclasses.is_dataclass(cls):
            raise TypeError("%s is no dataclass; only dataclasses can be wire types" % cls.__name__)
        for other, taken in _kinds.items():
            if taken == kind and other.__qualname__ != cls.__qualname__:
                raise ValueError("the kind %r belongs to %s already" % (kind, other.__qualname__))
        _kinds[cls] = kind
        return cls

    return register


def to_wire(value: Any) -> Any:
    """Wraps an instance of exactly a registered class; everything else is returned as it is."""
    kind = _kinds.get(type(value))
    if kind is None:
        return value
    data = value.to_dict() if hasattr(value, "to_dict") else dataclasses.asdict(value)
    return {"__wire__": kind, "data": data}
