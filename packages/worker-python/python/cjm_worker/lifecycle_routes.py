"""The capability's life between start and end. With `?job_id=` the first three can be followed and cancelled like a call."""

from __future__ import annotations

import logging
from typing import Any, Callable, Optional

from cjm_capability.errors import CapabilityCancelledError

from .capability_host import CapabilityHost
from .job_error import FAILURES
from .reply import Reply, job_id_of, parse_object

log = logging.getLogger("cjm.worker")


def initialize(host: CapabilityHost, body: bytes, query: str) -> Reply:
    failure = _followed(host, query, "initialize", lambda: host.life.initialize(parse_object(body)))
    return Reply.json({"status": "ok"}) if failure is None else Reply.detail(400, failure)


def prefetch(host: CapabilityHost, _body: bytes, query: str) -> Reply:
    def run() -> None:
        host.begin_work()
        host.capability.prefetch()

    failure = _followed(host, query, "prefetch", run)
    return Reply.json({"status": "prefetched"}) if failure is None else Reply.detail(500, failure)


def reconfigure(host: CapabilityHost, body: bytes, query: str) -> Reply:
    def run() -> None:
        request = parse_object(body)
        host.life.reconfigure(request.get("old_config"), request.get("new_config"))

    failure = _followed(host, query, "reconfigure", run)
    return Reply.json({"status": "reconfigured"}) if failure is None else Reply.detail(500, failure)


def on_disable(host: CapabilityHost, _body: bytes, _query: str) -> Reply:
    return _hook("on_disable", host.capability.on_disable, "disabled")


def on_enable(host: CapabilityHost, _body: bytes, _query: str) -> Reply:
    return _hook("on_enable", host.capability.on_enable, "enabled")


def cleanup(host: CapabilityHost, _body: bytes, _query: str) -> Reply:
    host.life.cleanup()
    return Reply.json({"status": "cleaned"})


def _followed(host: CapabilityHost, query: str, name: str, work: Callable[[], Any]) -> Optional[str]:
    """Runs it as a call of the job that the query names. Returns why it failed, or None."""
    job_id = job_id_of(query)
    call = host.calls.begin({"job_id": job_id} if job_id is not None else None, counts_usage=False)
    try:
        work()
        return None
    except CapabilityCancelledError as error:
        return str(error)
    except FAILURES as error:
        log.error("%s failed: %s", name, error, exc_info=True)
        return str(error)
    finally:
        if call.accounts:
            log.warning("accounts that %s recorded are lost, its answer cannot carry any: %s", name, ", ".join(account.event_type for account in call.accounts))
        host.calls.end(call)


def _hook(name: str, hook: Callable[[], Any], done: str) -> Reply:
    """A failure is told in a 200, as in the original."""
    try:
        hook()
    except FAILURES as error:
        log.error("%s failed: %s", name, error, exc_info=True)
        return Reply.json({"status": "error", "detail": str(error)})
    return Reply.json({"status": done})
