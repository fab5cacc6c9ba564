"""What a capability says of itself: identity from its distribution, versions of what it runs with."""

from __future__ import annotations

import importlib.metadata
import platform
from typing import Any, Dict, Optional


def distribution_of(module: str) -> Optional[importlib.metadata.Distribution]:
    """The installed distribution that a module belongs to, or None when it is only on the path."""
    top = module.split(".")[0]
    names = getattr(importlib.metadata, "packages_distributions", dict)().get(top) or [top.replace("_", "-")]
    try:
        return importlib.metadata.distribution(names[0])
    except importlib.metadata.PackageNotFoundError:
        return None


def identity_of(capability: Any) -> Dict[str, str]:
    """name, version and description: what the class says, else its distribution, else the class's own name."""
    distribution = distribution_of(type(capability).__module__)
    metadata: Any = distribution.metadata if distribution is not None else {}
    doc = (type(capability).__doc__ or "").strip().split("\n")[0]
    return {
        "name": capability.name or metadata.get("Name") or type(capability).__name__,
        "version": capability.version or metadata.get("Version") or "0.0.0",
        "description": capability.description or metadata.get("Summary") or doc,
    }


def describe_capability(capability: Any) -> Dict[str, Any]:
    distribution = distribution_of(type(capability).__module__)
    dependencies: Dict[str, str] = {}
    for requirement in (distribution.requires or []) if distribution is not None else []:
        name = requirement.split(";")[0].split(" ")[0].split("[")[0].split("=")[0].split(">")[0].split("<")[0].split("~")[0].strip("!( ")
        try:
            dependencies[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return {
        **identity_of(capability),
        "runtime": {"language": "python", "version": platform.python_version()},
        "actions": capability.get_actions(),
        "dependencies": dependencies,
    }
