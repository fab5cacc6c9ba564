"""The original's routes around one capability object, each on the kind of thread that it has there."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextvars
import json
import os
import time
import traceback
from typing import Any, Awaitable, Callable, Dict, Tuple

from .call import accounts_header, begin_call, record_account
from .errors import CapabilityCancelledError, category_of, job_error
from .http_server import Reply, Request
from .subtree import SubtreeMeter
from .surface import structural_surface

Handler = Callable[[Request], Awaitable[Any]]


class Refusal(Exception):
    """An answer with a status and a detail."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


class Routes:
    def __init__(self, capability: Any, adapters: Dict[str, Any]) -> None:
        self._capability = capability
        self._adapters = adapters
        self._meter = SubtreeMeter()
        self._pool = concurrent.futures.ThreadPoolExecutor(40)
        pooled = self._pooled
        self._table: Dict[str, Tuple[str, Handler]] = {
            "/health": ("GET", pooled(self._health)),
            "/stats": ("GET", pooled(lambda: {**self._meter.read(), "usage": getattr(capability, "usage", None)})),
            "/structural_surface": ("GET", pooled(lambda: structural_surface(type(capability)))),
            "/config_schema": ("GET", pooled(capability.get_config_schema)),
            "/config": ("GET", pooled(capability.get_current_config)),
            "/config_options": ("GET", pooled(lambda: {})),
            "/progress": ("GET", pooled(lambda: {"progress": capability.progress, "message": capability.message})),
            "/cancel": ("POST", pooled(lambda: self._hook(capability.cancel, "cancelled"))),
            "/on_disable": ("POST", pooled(lambda: self._hook(capability.on_disable, "disabled"))),
            "/on_enable": ("POST", pooled(lambda: self._hook(capability.on_enable, "enabled"))),
            "/cleanup": ("POST", pooled(self._cleanup)),
            "/prefetch": ("POST", pooled(self._prefetch)),
            "/get_system_status": ("POST", pooled(self._no_monitor)),
            "/list_processes": ("POST", pooled(self._no_monitor)),
            "/initialize": ("POST", self._initialize),
            "/reconfigure": ("POST", self._reconfigure),
            "/execute": ("POST", self._execute),
            "/task": ("POST", self._task),
            "/execute_stream": ("POST", self._execute_stream),
        }

    async def answer(self, request: Request) -> Reply:
        method, handler = self._table.get(request.path, (None, None))
        if handler is None:
            return detail(404, "Not Found")
        if method != request.method:
            return detail(405, "Method Not Allowed")
        try:
            value = await handler(request)
            return value if isinstance(value, Reply) else json_reply(200, value)
        except Refusal as refusal:
            return detail(refusal.status, str(refusal))
        except Exception:
            traceback.print_exc()
            return Reply(500, b"Internal Server Error", "text/plain; charset=utf-8", close=True)

    # -- on the pool ---------------------------------------------------------------------------------------------------

    def _pooled(self, function: Callable[[], Any]) -> Handler:
        async def handler(_request: Request) -> Any:
            return await asyncio.get_running_loop().run_in_executor(self._pool, function)

        return handler

    def _health(self) -> Any:
        return {"status": "running", "pid": os.getpid(), "name": self._capability.name, "version": self._capability.version}

    def _hook(self, function: Callable[[], None], status: str) -> Any:
        try:
            function()
            return {"status": status}
        except Exception as error:
            return {"status": "error", "detail": str(error)}

    def _cleanup(self) -> Any:
        self._capability.cleanup()
        return {"status": "cleaned"}

    def _prefetch(self) -> Any:
        try:
            self._capability.prefetch()
            return {"status": "prefetched"}
        except Exception as error:
            raise Refusal(500, str(error)) from error

    def _no_monitor(self) -> Any:
        raise Refusal(404, "Capability %r is not a monitor capability." % self._capability.name)

    # -- on the loop, so that nothing else is answered meanwhile -------------------------------------------------------

    async def _initialize(self, request: Request) -> Any:
        try:
            self._capability.initialize(json.loads(request.body))
            return {"status": "ok"}
        except Exception as error:
            raise Refusal(400, str(error)) from error

    async def _reconfigure(self, request: Request) -> Any:
        try:
            data = json.loads(request.body)
            self._capability.reconfigure(data.get("old_config"), data.get("new_config"))
            return {"status": "reconfigured"}
        except Exception as error:
            raise Refusal(500, str(error)) from error

    # -- calls ---------------------------------------------------------------------------------------------------------

    async def _execute(self, request: Request) -> Reply:
        data = json.loads(request.body)
        args, kwargs = data.get("args", []), data.get("kwargs", {})
        self._begin(data)
        return await self._unary(lambda: self._capability.execute(*args, **kwargs), lambda failure: None)

    async def _task(self, request: Request) -> Reply:
        data = json.loads(request.body)
        task, method, kwargs = data.get("task"), data.get("method") or "", data.get("kwargs", {})
        adapter = self._adapters.get(task)
        if adapter is None:
            raise Refusal(404, "No adapter bound for task %r (bound: %s)" % (task, sorted(self._adapters)))
        function = None if method == "" or method.startswith("_") else getattr(adapter, method, None)
        if not callable(function):
            raise Refusal(404, "Task %r adapter has no method %r" % (task, method))
        self._begin(data)
        began = time.monotonic()

        def account(failure: Any) -> None:
            payload = {"task": task, "method": method, "ok": failure is None, "duration_s": round(time.monotonic() - began, 3)}
            record_account("task_account", payload if failure is None else {**payload, "error_category": category_of(failure)})

        return await self._unary(lambda: function(**kwargs), account)

    def _begin(self, data: Dict[str, Any]) -> None:
        """One flag for all calls: a new one lifts the cancellation of those that still run."""
        begin_call(data.get("envelope"))
        self._capability.cancelled = False
        self._capability.usage = None

    async def _unary(self, function: Callable[[], Any], account: Callable[[Any], None]) -> Reply:
        context = contextvars.copy_context()
        try:
            result = await asyncio.get_running_loop().run_in_executor(None, lambda: context.run(function))
            reply = json_reply(200, result)
            account(None)
            return reply._replace(headers=accounts_header())
        except CapabilityCancelledError as error:
            raise Refusal(409, str(error)) from error
        except Exception as error:
            account(error)
            return json_reply(500, {"_job_error": job_error(error, self._capability.name)})._replace(headers=accounts_header())

    async def _execute_stream(self, request: Request) -> Reply:
        data = json.loads(request.body)
        args, kwargs = data.get("args", []), data.get("kwargs", {})
        begin_call(data.get("envelope"))
        self._capability.cancelled = False
        lines = self._lines(args, kwargs)

        async def pooled(function: Callable[[], Any]) -> Any:
            context = contextvars.copy_context()
            return await asyncio.get_running_loop().run_in_executor(self._pool, lambda: context.run(function))

        return Reply(
            200, b"", "application/x-ndjson", next_line=lambda: pooled(lambda: next(lines, None)), drop=lambda: pooled(lines.close)
        )

    def _lines(self, args: Any, kwargs: Any) -> Any:
        try:
            for chunk in self._capability.execute_stream(*args, **kwargs):
                # Bare NaN and Infinity pass here, and nowhere else.
                yield (json.dumps(chunk) + "\n").encode()
        except Exception as error:
            yield (json.dumps({"_job_error": job_error(error, self._capability.name)}) + "\n").encode()


def json_reply(status: int, value: Any) -> Reply:
    """Compact and raw UTF-8. Raises ValueError for NaN, TypeError for what is no JSON."""
    return Reply(status, json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode())


def detail(status: int, text: str) -> Reply:
    return json_reply(status, {"detail": text})
