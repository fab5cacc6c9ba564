"""Actions: methods that callers reach by name, with arguments checked against their type hints."""

from __future__ import annotations

import inspect
import typing
from typing import Any, Callable, Dict, List, TypeVar

from .errors import CapabilityInputError
from .json_schema import fault_of, near, schema_of

F = TypeVar("F", bound=Callable[..., Any])

_CACHE = ("pure", "files", "never")


def capability_action(description: str = "", idempotent: bool = False, cache: str = "never") -> Callable[[F], F]:
    """Makes a method an action. `cache`: "pure" (the result follows from the arguments), "files", or "never"."""
    if callable(description):
        raise TypeError("write @capability_action() with brackets")
    if cache not in _CACHE:
        raise TypeError("cache is %r; it is one of %s" % (cache, ", ".join(_CACHE)))

    def mark(method: F) -> F:
        method.__cjm_action__ = {"description": description or (inspect.getdoc(method) or ""), "idempotent": idempotent, "cache": cache}  # type: ignore[attr-defined]
        return method

    return mark


def actions_of(owner: Any) -> Dict[str, Any]:
    """Marked methods of a class or instance, by name."""
    cls = owner if inspect.isclass(owner) else type(owner)
    names = (name for name in dir(cls) if not name.startswith("_"))
    return {name: getattr(owner, name) for name in names if hasattr(inspect.getattr_static(cls, name), "__cjm_action__")}


# The action that every capability has of its own; manifests do not list it.
DESCRIBE = "describe"


def action_specs(owner: Any) -> List[Dict[str, Any]]:
    """What a manifest records of every action."""
    specs = []
    for name, method in sorted(actions_of(owner).items()):
        if name == DESCRIBE:
            continue
        hints = _hints(method)
        returns = hints.get("return")
        output = schema_of(returns) if returns is not None else None
        specs.append(
            {
                "name": name,
                **method.__cjm_action__,
                "input_schema": input_schema(method),
                "output_schema": output or None,
                "streams": inspect.isgeneratorfunction(inspect.unwrap(method)),
            }
        )
    return specs


def input_schema(method: Any) -> Dict[str, Any]:
    hints = _hints(method)
    properties: Dict[str, Any] = {}
    required: List[str] = []
    for parameter in _parameters(method):
        schema = schema_of(hints.get(parameter.name, Any))
        if parameter.default is inspect.Parameter.empty:
            required.append(parameter.name)
        else:
            schema = {**schema, "default": parameter.default}
        properties[parameter.name] = schema
    return {"type": "object", "properties": properties, "required": required}


def call_action(method: Any, arguments: Dict[str, Any]) -> Any:
    """Calls an action with named arguments. Raises CapabilityInputError that lists every bad one."""
    schema = input_schema(method)
    takes_more = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in inspect.signature(method).parameters.values())
    faults: List[str] = []
    bad: List[str] = []
    for name in arguments:
        if name not in schema["properties"] and not takes_more:
            bad.append(name)
            faults.append("%s: is not an argument of %s.%s" % (name, method.__name__, near(name, list(schema["properties"]))))
    for name, expected in schema["properties"].items():
        if name in arguments:
            fault = fault_of(arguments[name], expected)
        else:
            fault = "is required" if name in schema["required"] else None
        if fault:
            bad.append(name)
            faults.append("%s: %s" % (name, fault))
    if faults:
        raise CapabilityInputError("; ".join(faults), bad)
    return method(**arguments)


def unknown_action(owner: Any, name: Any) -> CapabilityInputError:
    known = sorted(actions_of(owner))
    hint = near(name, known) if isinstance(name, str) else ""
    return CapabilityInputError("action: %r is none of %s.%s" % (name, ", ".join(known) or "no actions", hint), ["action"])


def _hints(method: Any) -> Dict[str, Any]:
    try:
        return typing.get_type_hints(inspect.unwrap(getattr(method, "__func__", method)))
    except Exception:  # a hint that cannot be resolved here must not make the action unusable
        return {}


def _parameters(method: Any) -> List[inspect.Parameter]:
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return [p for p in inspect.signature(method).parameters.values() if p.kind in named and p.name != "self"]
