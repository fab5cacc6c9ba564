"""Configuration dataclasses: their JSON Schema, and the way from a JSON object to an instance."""

from __future__ import annotations

import dataclasses
import typing
from typing import Any, Dict, List

from .errors import CapabilityConfigError
from .json_schema import fault_of, near, schema_of

# Keys of a field's metadata that go into the schema as they are.
_METADATA = ("title", "description", "minimum", "maximum", "enum", "minLength", "maxLength", "pattern", "format")


def config_schema(config_class: Any) -> Dict[str, Any]:
    """Of a dataclass whose fields may carry metadata such as {"description": ..., "minimum": 0}; {} without one."""
    if config_class is None:
        return {}
    hints = typing.get_type_hints(config_class)
    properties: Dict[str, Any] = {}
    for field in dataclasses.fields(config_class):
        schema = schema_of(hints.get(field.name, Any))
        schema.update({key: field.metadata[key] for key in _METADATA if key in field.metadata})
        if field.default is not dataclasses.MISSING:
            schema["default"] = field.default
        elif field.default_factory is not dataclasses.MISSING:
            schema["default"] = field.default_factory()
        properties[field.name] = schema
    title = getattr(config_class, "__name__", "Config")
    return {"name": title, "title": title, "type": "object", "properties": properties}


def config_from(config_class: Any, values: Dict[str, Any]) -> Any:
    """An instance of the dataclass. Raises CapabilityConfigError that lists every bad field."""
    if config_class is None:
        return dict(values)
    properties = config_schema(config_class)["properties"]
    faults: List[str] = []
    bad: List[str] = []
    for name in sorted(set(values) - set(properties)):
        bad.append(name)
        faults.append("%s: is not known.%s" % (name, near(name, list(properties))))
    for name, schema in properties.items():
        if name in values:
            fault = fault_of(values[name], schema)
        else:
            fault = None if "default" in schema else "is required"
        if fault:
            bad.append(name)
            faults.append("%s: %s" % (name, fault))
    if faults:
        raise CapabilityConfigError("; ".join(faults), bad, config_class.__name__)
    return config_class(**values)
