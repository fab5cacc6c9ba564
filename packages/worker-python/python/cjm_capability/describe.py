"""What a capability says of itself: identity from its distribution, versions of what it runs with."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Dict, Optional

# Loading `importlib.metadata` takes as long as loading a third of the worker, and most workers start without it.
if TYPE_CHECKING:
    from importlib.metadata import Distribution


def identity_of(capability: Any) -> Dict[str, str]:
    """name and version: what the class says, else its distribution, else the class's own name."""
    metadata: Any = {} if capability.name and capability.version else _metadata_of(capability)
    return {
        "name": capability.name or metadata.get("Name") or type(capability).__name__,
        "version": capability.version or metadata.get("Version") or "0.0.0",
    }


def description_of(capability: Any) -> str:
    """What the class says, else its distribution, else the first line of the class's documentation."""
    doc = (type(capability).__doc__ or "").strip().split("\n")[0]
    return str(capability.description or _metadata_of(capability).get("Summary") or doc)


def describe_capability(capability: Any) -> Dict[str, Any]:
    import importlib.metadata
    import platform

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
        "description": description_of(capability),
        "runtime": {"language": "python", "version": platform.python_version()},
        "actions": capability.get_actions(),
        "dependencies": dependencies,
    }


def distribution_of(module: str) -> Optional[Distribution]:
    """The installed distribution that a module belongs to, or None when it is only on the path."""
    import importlib.metadata

    top = module.split(".")[0]
    namesake = _distribution_named(top.replace("_", "-"))
    if namesake is not None and _holds(namesake, top):
        return namesake
    # Reads the file lists of everything that is installed; only for what is named otherwise than its module.
    names = getattr(importlib.metadata, "packages_distributions", dict)().get(top)
    return _distribution_named(names[0]) if names else namesake


def _metadata_of(capability: Any) -> Any:
    distribution = distribution_of(type(capability).__module__)
    return distribution.metadata if distribution is not None else {}


def _distribution_named(name: str) -> Optional[Distribution]:
    import importlib.metadata

    try:
        return importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _holds(distribution: Distribution, top: str) -> bool:
    return any(os.path.exists(str(distribution.locate_file(file))) for file in (top, top + ".py"))
