"""Says what a capability is, as one line of JSON, from inside its environment."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import json
import platform
import sys
import traceback
from typing import Any, Dict, Optional, Sequence

from cjm_capability.describe import description_of, identity_of

from .load import AuthorMistake, find_class, instantiate
from .surface import structural_surface


def introspect(module_name: str, class_name: Optional[str]) -> int:
    try:
        # What a module prints while it is imported must not mix with the report.
        with contextlib.redirect_stdout(sys.stderr):
            report = report_of(module_name, class_name)
    except AuthorMistake as mistake:
        return _fail(mistake.message, mistake.hint, [{"member": one.member, "message": one.message, "hint": one.hint} for one in mistake.mistakes])
    except ModuleNotFoundError as error:
        return _fail("The module %s cannot be imported: %s." % (module_name, error), "Check 'module' in capabilities.yaml, and that the package declares what it needs.")
    except Exception as error:
        traceback.print_exc()
        return _fail("The module %s fails while it is imported: %s: %s" % (module_name, type(error).__name__, error), "Its traceback is in the install log.")
    print(json.dumps(report, default=str))
    return 0


def report_of(module_name: str, class_name: Optional[str]) -> Dict[str, Any]:
    cls = find_class(importlib.import_module(module_name), class_name)
    capability = instantiate(cls)
    return {
        **identity_of(capability),
        "description": description_of(capability),
        "module": module_name,
        "class": cls.__name__,
        "config_schema": capability.get_config_schema() or None,
        "worker_env": [{**dataclasses.asdict(entry), "options": None} for entry in cls.WORKER_ENV],
        "structural_surface": structural_surface(cls),
        "actions": capability.get_actions(),
        "runtime": {"language": "python", "version": platform.python_version()},
    }


def _fail(message: str, hint: str, mistakes: Sequence[Dict[str, str]] = ()) -> int:
    print(json.dumps({"error": {"message": message, "hint": hint, **({"mistakes": mistakes} if mistakes else {})}}))
    return 1
