"""What each route answers. Source: the contract between host and worker, which the original's worker defines."""

from __future__ import annotations

import logging
import os
from typing import Any, Callable, Dict, Tuple

from cjm_capability.config_options import plain_options

from . import call_routes, lifecycle_routes
from .capability_host import CapabilityHost
from .reply import BadBody, Reply, job_id_of, parse_object

log = logging.getLogger("cjm.worker")

Handler = Callable[[CapabilityHost, bytes, str], Reply]


def answer(host: CapabilityHost, method: str, target: str, body: bytes) -> Reply:
    path, _, query = target.partition("?")
    route = ROUTES.get(path)
    if route is None:
        return Reply.detail(404, "Not Found")
    expected, handler = route
    if method != expected:
        reply = Reply.detail(405, "Method Not Allowed")
        reply.headers["allow"] = expected
        return reply
    try:
        return handler(host, body, query)
    except BadBody:
        return Reply.plain_500()
    except Exception:
        log.exception("%s failed", path)
        return Reply.plain_500()


def health(host: CapabilityHost, _body: bytes, _query: str) -> Reply:
    return Reply.json({"status": "running", "pid": os.getpid(), "name": host.identity["name"], "version": host.identity["version"]})


def stats(host: CapabilityHost, _body: bytes, _query: str) -> Reply:
    return Reply.json(host.stats())


def surface(host: CapabilityHost, _body: bytes, _query: str) -> Reply:
    return Reply.json(host.surface)


def config_schema(host: CapabilityHost, _body: bytes, _query: str) -> Reply:
    return Reply.json(host.capability.get_config_schema() or {})


def config(host: CapabilityHost, _body: bytes, _query: str) -> Reply:
    return Reply.json(host.capability.get_current_config() or {})


def config_options(host: CapabilityHost, _body: bytes, _query: str) -> Reply:
    host.life.ready()
    return Reply.json(plain_options(host.capability.get_config_options() or {}))


def cancel(host: CapabilityHost, body: bytes, _query: str) -> Reply:
    """Without a job all calls are cancelled. What names a job and cannot be understood must cancel none."""
    try:
        job_id = (parse_object(body) if body.strip() else {}).get("job_id")
    except BadBody as error:
        return Reply.json({"status": "error", "detail": str(error)})
    if job_id is not None and not isinstance(job_id, str):
        return Reply.json({"status": "error", "detail": "job_id is no text."})
    host.calls.cancel(job_id)
    return Reply.json({"status": "cancelled"})


def progress(host: CapabilityHost, _body: bytes, query: str) -> Reply:
    return Reply.json(host.calls.progress(job_id_of(query)))


def get_system_status(host: CapabilityHost, _body: bytes, _query: str) -> Reply:
    return _ask_monitor(host, "get_system_status")


def list_processes(host: CapabilityHost, _body: bytes, _query: str) -> Reply:
    return _ask_monitor(host, "list_processes")


def _ask_monitor(host: CapabilityHost, name: str) -> Reply:
    """A capability with one of the two methods is a monitor that has not implemented the other."""
    methods: Dict[str, Any] = {each: getattr(host.capability, each, None) for each in ("get_system_status", "list_processes")}
    if not any(methods.values()):
        return Reply.detail(404, "%s is no system monitor." % host.identity["name"])
    try:
        if methods[name] is None:
            raise NotImplementedError
        host.life.ready()
        return Reply.json(methods[name]())
    except NotImplementedError:
        return Reply.detail(501, "%s does not have the method %s." % (host.identity["name"], name))


ROUTES: Dict[str, Tuple[str, Handler]] = {
    "/health": ("GET", health),
    "/stats": ("GET", stats),
    "/structural_surface": ("GET", surface),
    "/initialize": ("POST", lifecycle_routes.initialize),
    "/prefetch": ("POST", lifecycle_routes.prefetch),
    "/reconfigure": ("POST", lifecycle_routes.reconfigure),
    "/on_disable": ("POST", lifecycle_routes.on_disable),
    "/on_enable": ("POST", lifecycle_routes.on_enable),
    "/cleanup": ("POST", lifecycle_routes.cleanup),
    "/config_schema": ("GET", config_schema),
    "/config": ("GET", config),
    "/config_options": ("GET", config_options),
    "/execute": ("POST", call_routes.execute),
    "/task": ("POST", call_routes.task),
    # The server answers this one itself; it stands here for its method.
    "/execute_stream": ("POST", call_routes.execute),
    "/cancel": ("POST", cancel),
    "/progress": ("GET", progress),
    "/get_system_status": ("POST", get_system_status),
    "/list_processes": ("POST", list_processes),
}
