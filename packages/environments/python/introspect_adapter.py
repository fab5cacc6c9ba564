"""Says what a task adapter is, as one line of JSON, from inside the environment it is installed in.

Usage: introspect_adapter.py WORKER_FOLDER MODULE CLASS
The folder has the author SDK and the worker, from which the rules for members of a class are taken.
"""

import contextlib
import importlib
import inspect
import json
import sys
import traceback


def main(folder: str, module_name: str, class_name: str) -> int:
    sys.path.append(folder)
    try:
        # What a module prints while it is imported must not mix with the report.
        with contextlib.redirect_stdout(sys.stderr):
            report = report_of(module_name, class_name)
    except Exception as error:
        traceback.print_exc()
        print(json.dumps({"error": {"message": "%s:%s is no adapter: %s: %s" % (module_name, class_name, type(error).__name__, error)}}))
        return 1
    print(json.dumps(report))
    return 0


def report_of(module_name: str, class_name: str) -> dict:
    from cjm_worker.surface import structural_surface

    cls = getattr(importlib.import_module(module_name), class_name)
    if not inspect.isclass(cls):
        raise TypeError("it is no class")
    task = getattr(cls, "task_name", "")
    if not isinstance(task, str) or not task:
        raise TypeError("its task_name is no text")
    protocol = getattr(cls, "required_tool_protocol", None)
    members = structural_surface(protocol) if inspect.isclass(protocol) and protocol is not object else {"methods": [], "properties": []}
    root = importlib.import_module(module_name.split(".")[0])
    return {
        "unit": "adapter",
        "name": "%s.%s" % (module_name, class_name),
        "version": str(getattr(root, "__version__", "0.0.0")),
        "task_name": task,
        "module": module_name,
        "class": class_name,
        "required_tool_protocol": "%s.%s" % (protocol.__module__, protocol.__qualname__) if inspect.isclass(protocol) else "",
        "protocol_members": {"methods": members["methods"], "properties": members["properties"]},
        "language": "python",
    }


sys.exit(main(*sys.argv[1:4]))
