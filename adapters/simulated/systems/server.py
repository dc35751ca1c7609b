"""What the simulated systems share: serving on a loopback port, showing faults, the control routes for tests."""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from adapters.simulated.systems.store import Faults, Store

__all__ = ["Served", "System", "json_answer", "serve"]

Endpoint = Callable[[Request], Awaitable[Response]]


def json_answer(body: Any, status: int = 200) -> Response:
    """Return a JSON answer."""
    return Response(orjson.dumps(body), status_code=status, media_type="application/json")


class _Broken(Response):
    """An answer that is lost on its way: the work is done, the connection breaks off."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - the ASGI signature
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4096")]})
        await send({"type": "http.response.body", "body": b"", "more_body": True})
        raise ConnectionAbortedError


class _LostRequestError(Exception):
    """A request that got lost inside the system: nothing is done, and the connection breaks off."""


class System:
    """One simulated legacy system. Every delay is multiplied by `pace`."""

    name: ClassVar[str]

    def __init__(self, store: Store, pace: float) -> None:
        self.store = store
        self.pace = pace
        self._down_until = 0.0
        self._is_barred = False

    def routes(self) -> Sequence[tuple[str, str, Endpoint]]:
        """Return (method, path, endpoint) of the system's own interface."""
        raise NotImplementedError

    async def delay(self, seconds: float) -> None:
        """Take as long as the real one would, at this pace."""
        if self.pace > 0:
            await asyncio.sleep(seconds * self.pace)

    def faults(self, request: Request, *references: str) -> Faults:
        """Return the faults set for the order that a request is about, and remember them for its answer."""
        faults = self.store.faults(*references)
        request.state.faults = faults
        return faults

    def made(self, request: Request, operation: str, reference: str, customer_reference: str, item: str = "") -> None:
        """Note that a request makes something. Called just before it does: a request may be lost until then."""
        faults: Faults | None = getattr(request.state, "faults", None)
        if faults is not None and faults.take("lost-request"):
            raise _LostRequestError
        self.store.note(operation, reference, customer_reference, item)
        request.state.made = True

    def app(self) -> Starlette:
        """Return the whole system as an ASGI application."""
        own = [Route(path, self._faulty(endpoint), methods=[method]) for method, path, endpoint in self.routes()]
        control = [
            Route("/health", self._health, methods=["GET"]),
            Route("/_journal", self._journal, methods=["GET"]),
            Route("/_faults", self._set_fault, methods=["POST"]),
            Route("/_faults", self._clear_faults, methods=["DELETE"]),
        ]
        return Starlette(routes=[*control, *own])

    def _faulty(self, endpoint: Endpoint) -> Endpoint:
        async def answer(request: Request) -> Response:
            if (shut := self._shut()) is not None:
                return shut
            try:
                response = await endpoint(request)
            except _LostRequestError:
                return _Broken()
            faults: Faults | None = getattr(request.state, "faults", None)
            if faults is None:
                return response
            if getattr(request.state, "made", False) and faults.take("lost-answer"):
                return _Broken()
            if getattr(request.state, "made", False) and faults.take("no-answer"):
                while (await request.receive())["type"] != "http.disconnect":
                    pass
            if "slow-answer" in faults:
                await asyncio.sleep(float(faults.argument("slow-answer") or 1))
            if "nonsense" in faults:
                return Response(b"<<< SEGV at 0x7ffe; password=hunter2; dumping core >>>", media_type="text/plain")
            return response

        return answer

    def _shut(self) -> Response | None:
        left = self._down_until - time.monotonic()
        if left > 0:
            return Response("service unavailable", 503, headers={"Retry-After": str(int(left) + 1)})
        return Response("who are you?", 401) if self._is_barred else None

    async def _health(self, _: Request) -> Response:
        return json_answer({"system": self.name, "simulated": True, "status": "up"})

    async def _journal(self, request: Request) -> Response:
        return json_answer(self.store.journal(request.query_params.get("reference")))

    async def _set_fault(self, request: Request) -> Response:
        body = orjson.loads(await request.body())
        fault = str(body["fault"])
        if fault.startswith("down:"):
            self._down_until = time.monotonic() + float(fault.partition(":")[2])
        elif fault == "barred":
            self._is_barred = True
        else:
            self.store.set_fault(str(body["reference"]), fault)
        return json_answer({"simulated": True, "fault": fault}, 201)

    async def _clear_faults(self, request: Request) -> Response:
        self._down_until, self._is_barred = 0.0, False
        if "reference" in request.query_params:
            self.store.clear_fault(request.query_params["reference"], request.query_params.get("fault"))
        return Response(status_code=204)


class _Server(uvicorn.Server):
    """A server that leaves the process's signals alone and stops at once when told."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.stopping = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def main_loop(self) -> None:
        await self.stopping.wait()


class Served:
    """A system that serves. `url` is its address."""

    def __init__(self, system: System, server: _Server, task: asyncio.Task[None], url: str) -> None:
        self._system, self._server, self._task = system, server, task
        self.url = url

    async def stop(self) -> None:
        """Stop serving and close the store."""
        self._server.stopping.set()
        await self._task
        self._system.store.close()


async def serve(system: System, port: int = 0) -> Served:
    """Serve a system on a loopback port (a free one for 0) and return once it answers."""
    # With its protocol named, asyncio sends at once (TCP_NODELAY); else each answer waits 40 ms for an acknowledgement.
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind(("127.0.0.1", port))
    config = uvicorn.Config(
        system.app(), log_config=None, log_level="critical", access_log=False, lifespan="off", ws="none"
    )
    config.timeout_graceful_shutdown = 1
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[bound]))
    while not server.started:
        if task.done():
            await task
        await asyncio.sleep(0.005)
    return Served(system, server, task, f"http://127.0.0.1:{bound.getsockname()[1]}")
