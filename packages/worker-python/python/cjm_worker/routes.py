"""What each route answers. Source: the contract between host and worker, which the original's worker defines."""

from __future__ import annotations

import dataclasses
import json
import os
import traceback
import urllib.parse
from typing import Any, Callable, Dict, Generator, List, Optional, Tuple, Union

from cjm_capability.call_context import CallState
from cjm_capability.errors import CapabilityCancelledError

from .capability_host import CapabilityHost
from .job_error import job_error
from .surface import structural_surface
from .wire_json import accounts_header, result_body, stream_line


@dataclasses.dataclass
class Reply:
    status: int
    body: bytes
    content_type: str = "application/json"
    headers: Dict[str, str] = dataclasses.field(default_factory=dict)
    close: bool = False

    @staticmethod
    def json(value: Any, status: int = 200) -> "Reply":
        return Reply(status, json.dumps(value, separators=(",", ":"), default=str).encode())

    @staticmethod
    def detail(status: int, text: str, close: bool = False) -> "Reply":
        reply = Reply.json({"detail": text}, status)
        reply.close = close
        return reply

    @staticmethod
    def plain_500() -> "Reply":
        """For what no typed error stands for; the connection ends with it, as in the original."""
        return Reply(500, b"Internal Server Error", "text/plain; charset=utf-8", close=True)


class BadBody(Exception):
    """The body is no JSON object."""


def answer(host: CapabilityHost, method: str, target: str, body: bytes) -> Reply:
    path, _, query = target.partition("?")
    route = ROUTES.get(path)
    if route is None:
        return Reply.detail(404, "Not Found")
    expected, handler = route
    if method != expected:
        return Reply.detail(405, "Method Not Allowed")
    try:
        return handler(host, body, query)
    except Exception:
        traceback.print_exc()
        return Reply.plain_500()


def parse_object(body: bytes) -> Dict[str, Any]:
    try:
        value = json.loads(body)
    except ValueError as error:
        raise BadBody(str(error)) from error
    if not isinstance(value, dict):
        raise BadBody("the body is no object")
    return value


# -- identity and process ----------------------------------------------------------------------------------------------


def health(host: CapabilityHost, _body: bytes, _query: str) -> Reply:
    return Reply.json({"status": "running", "pid": os.getpid(), "name": host.identity["name"], "version": host.identity["version"]})


def stats(host: CapabilityHost, _body: bytes, _query: str) -> Reply:
    return Reply.json(host.stats(os.getpid()))


def surface(host: CapabilityHost, _body: bytes, _query: str) -> Reply:
    return Reply.json(structural_surface(type(host.capability)))


# -- lifecycle and configuration ---------------------------------------------------------------------------------------


def initialize(host: CapabilityHost, body: bytes, _query: str) -> Reply:
    try:
        host.capability.initialize(parse_object(body))
    except Exception as error:
        traceback.print_exc()
        return Reply.detail(400, str(error))
    return Reply.json({"status": "ok"})


def prefetch(host: CapabilityHost, _body: bytes, _query: str) -> Reply:
    call = host.begin(None)
    try:
        host.capability.prefetch()
    except Exception as error:
        traceback.print_exc()
        return Reply.detail(500, str(error))
    finally:
        host.end(call)
    return Reply.json({"status": "prefetched"})


def reconfigure(host: CapabilityHost, body: bytes, _query: str) -> Reply:
    try:
        request = parse_object(body)
        host.capability.reconfigure(request.get("old_config"), request.get("new_config"))
    except Exception as error:
        traceback.print_exc()
        return Reply.detail(500, str(error))
    return Reply.json({"status": "reconfigured"})


def _hook(name: str, done: str) -> Callable[[CapabilityHost, bytes, str], Reply]:
    def run(host: CapabilityHost, _body: bytes, _query: str) -> Reply:
        try:
            getattr(host.capability, name)()
        except Exception as error:
            return Reply.json({"status": "error", "detail": str(error)})
        return Reply.json({"status": done})

    return run


def cleanup(host: CapabilityHost, _body: bytes, _query: str) -> Reply:
    host.cleanup()
    return Reply.json({"status": "cleaned"})


def config_schema(host: CapabilityHost, _body: bytes, _query: str) -> Reply:
    return Reply.json(host.capability.get_config_schema() or {})


def config(host: CapabilityHost, _body: bytes, _query: str) -> Reply:
    return Reply.json(host.capability.get_current_config() or {})


def config_options(host: CapabilityHost, _body: bytes, _query: str) -> Reply:
    return Reply.json(host.capability.get_config_options() or {})


# -- calls -------------------------------------------------------------------------------------------------------------


def execute(host: CapabilityHost, body: bytes, _query: str) -> Reply:
    args, kwargs, call = _begin_execute(host, body)
    return _run(host, call, lambda: host.execute(_list(args), _mapping(kwargs)))


def task(host: CapabilityHost, body: bytes, _query: str) -> Reply:
    request = parse_object(body)
    name, method = str(request.get("task") or ""), str(request.get("method") or "")
    try:
        function = host.task_method(name, method)
    except LookupError as error:
        return Reply.detail(404, str(error))
    call = host.begin(_envelope(request))
    return _run(host, call, lambda: host.run_task(call, name, method, function, _mapping(request.get("kwargs", {}))))


def cancel(host: CapabilityHost, body: bytes, _query: str) -> Reply:
    request = parse_object(body) if body.strip() else {}
    host.cancel(request.get("job_id"))
    return Reply.json({"status": "cancelled"})


def progress(host: CapabilityHost, _body: bytes, query: str) -> Reply:
    job_ids = urllib.parse.parse_qs(query).get("job_id")
    return Reply.json(host.progress(job_ids[0] if job_ids else None))


def stream_answer(host: CapabilityHost, body: bytes) -> Union[Reply, Generator[bytes, None, None]]:
    """Lines to send, or a reply when the request itself is no good."""
    try:
        args, kwargs, call = _begin_execute(host, body)
    except Exception:
        return Reply.plain_500()

    def lines() -> Generator[bytes, None, None]:
        try:
            for chunk in host.stream(_list(args), _mapping(kwargs)):
                yield stream_line(chunk)
        except Exception as error:
            yield stream_line({"_job_error": job_error(error, host.identity["name"])})
        finally:
            host.end(call)

    return lines()


def _begin_execute(host: CapabilityHost, body: bytes) -> Tuple[Any, Any, CallState]:
    request = parse_object(body)
    return request.get("args", []), request.get("kwargs", {}), host.begin(_envelope(request))


def _run(host: CapabilityHost, call: CallState, function: Callable[[], Any]) -> Reply:
    try:
        reply = Reply(200, result_body(function()))
    except CapabilityCancelledError as error:
        return Reply.detail(409, str(error))
    except Exception as error:
        reply = Reply.json({"_job_error": job_error(error, host.identity["name"])}, 500)
    finally:
        host.end(call)
    if call.accounts:
        reply.headers["X-CJM-Accounts"] = accounts_header(call.accounts)
    return reply


def _envelope(request: Dict[str, Any]) -> Optional[Dict[str, Any]]:
    envelope = request.get("envelope")
    if envelope and not isinstance(envelope, dict):
        raise BadBody("the envelope is no object")
    return envelope or None


def _list(value: Any) -> List[Any]:
    if not isinstance(value, list):
        raise TypeError("args: expected a list, got %s" % type(value).__name__)
    return value


def _mapping(value: Any) -> Dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("kwargs: expected an object, got %s" % type(value).__name__)
    return value


# -- system monitor ----------------------------------------------------------------------------------------------------


def _monitor(name: str) -> Callable[[CapabilityHost, bytes, str], Reply]:
    def run(host: CapabilityHost, _body: bytes, _query: str) -> Reply:
        method = getattr(host.capability, name, None)
        if method is None:
            return Reply.detail(404, "this capability is no system monitor")
        try:
            return Reply.json(method())
        except NotImplementedError:
            return Reply.detail(501, "%s is not implemented" % name)

    return run


ROUTES: Dict[str, Tuple[str, Callable[[CapabilityHost, bytes, str], Reply]]] = {
    "/health": ("GET", health),
    "/stats": ("GET", stats),
    "/structural_surface": ("GET", surface),
    "/initialize": ("POST", initialize),
    "/prefetch": ("POST", prefetch),
    "/reconfigure": ("POST", reconfigure),
    "/on_disable": ("POST", _hook("on_disable", "disabled")),
    "/on_enable": ("POST", _hook("on_enable", "enabled")),
    "/cleanup": ("POST", cleanup),
    "/config_schema": ("GET", config_schema),
    "/config": ("GET", config),
    "/config_options": ("GET", config_options),
    "/execute": ("POST", execute),
    "/task": ("POST", task),
    "/execute_stream": ("POST", lambda host, body, query: Reply.plain_500()),
    "/cancel": ("POST", cancel),
    "/progress": ("GET", progress),
    "/get_system_status": ("POST", _monitor("get_system_status")),
    "/list_processes": ("POST", _monitor("list_processes")),
}
