"""The calls: `/execute`, `/task` and `/execute_stream`."""

from __future__ import annotations

import contextlib
import logging
from typing import Any, Callable, Dict, Generator, List

from cjm_capability.call_state import CallState
from cjm_capability.errors import CapabilityCancelledError

from .capability_host import CapabilityHost
from .job_error import FAILURES, job_error
from .reply import Reply, envelope_of, parse_object
from .wire_json import accounts_header, stream_line, usage_header

log = logging.getLogger("cjm.worker")


def execute(host: CapabilityHost, body: bytes, _query: str) -> Reply:
    request = parse_object(body)
    call = host.calls.begin(envelope_of(request))
    return _run(host, call, lambda: host.execute(_list(request.get("args", [])), _mapping(request.get("kwargs", {}))))


def task(host: CapabilityHost, body: bytes, _query: str) -> Reply:
    request = parse_object(body)
    envelope = envelope_of(request)
    name, method = str(request.get("task") or ""), str(request.get("method") or "")
    try:
        function = host.adapters.method(name, method)
    except LookupError as error:
        return Reply.detail(404, str(error))
    call = host.calls.begin(envelope)
    return _run(host, call, lambda: host.run_task(call, name, method, lambda: function(**_mapping(request.get("kwargs", {})))))


def _run(host: CapabilityHost, call: CallState, produce: Callable[[], bytes]) -> Reply:
    try:
        reply = Reply(200, produce())
    except CapabilityCancelledError as error:
        reply = Reply.detail(409, str(error))
    except FAILURES as error:
        reply = Reply.json({"_job_error": job_error(error, host.identity["name"])}, 500)
    finally:
        host.calls.end(call)
    if call.accounts:
        reply.headers["X-CJM-Accounts"] = accounts_header(call.accounts)
    if call.usage:
        reply.headers["X-CJM-Usage"] = usage_header(call.usage)
    return reply


class CallStream:
    """The lines of a streamed call. `close` ends it, wherever it is: the generator's `finally` then runs."""

    def __init__(self, host: CapabilityHost, body: bytes) -> None:
        """Raises BadBody when no call can be made of the body at all."""
        request = parse_object(body)
        self._host = host
        self._call = host.calls.begin(envelope_of(request))
        self._lines = self._produce(request)

    def __iter__(self) -> Generator[bytes, None, None]:
        return self._lines

    def close(self) -> None:
        try:
            self._lines.close()
        finally:
            if self._call.accounts:
                log.warning("accounts of a stream are lost, its headers went out first: %s", ", ".join(account.event_type for account in self._call.accounts))
            self._host.calls.end(self._call)

    def _produce(self, request: Dict[str, Any]) -> Generator[bytes, None, None]:
        try:
            args, kwargs = _list(request.get("args", [])), _mapping(request.get("kwargs", {}))
            with contextlib.closing(self._host.stream(args, kwargs)) as chunks:
                for chunk in chunks:
                    if isinstance(chunk, dict) and "_job_error" in chunk:
                        raise TypeError("a chunk must not have the key _job_error: readers take it for the end by an error")
                    yield stream_line(chunk)
        except FAILURES as error:
            yield stream_line({"_job_error": job_error(error, self._host.identity["name"])})


def _list(value: Any) -> List[Any]:
    if not isinstance(value, list):
        raise TypeError("args must be a list of positional arguments, not %s" % type(value).__name__)
    return value


def _mapping(value: Any) -> Dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("kwargs must be an object of named arguments, not %s" % type(value).__name__)
    return value
