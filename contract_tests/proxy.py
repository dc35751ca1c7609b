"""A proxy between an adapter and a legacy system that speaks HTTP: it makes the faults that the system never shows.

    proxy = FaultProxy("http://127.0.0.1:18300", changes=lambda request: request.method != "GET")
    async with proxy:
        adapter = MyAdapter(url=proxy.url)

It counts what went through it and changed something, and is a `LegacySide` as it stands. What only the system itself
can do (say a code that nobody knows, refuse an item) a subclass adds.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Self

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from contract_tests.target import SECRET, Fault, LegacySide

__all__ = ["FaultProxy"]

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_HOP = frozenset({"connection", "content-length", "content-encoding", "host", "keep-alive", "transfer-encoding"})
_CLOSING_SECONDS = 5.0
_NONSENSE = f"<html><body>Internal failure; password={SECRET}; dumping core</body></html>"


class FaultProxy(LegacySide):
    """Forwards to `target`. `changes` says of a request whether it may change something there; else it is a look."""

    faults = frozenset(
        {Fault.LOST_REQUEST, Fault.LOST_ANSWER, Fault.NO_ANSWER, Fault.NONSENSE, Fault.DOWN, Fault.BARRED}
    )

    def __init__(
        self,
        target: str,
        *,
        changes: Callable[[httpx.Request], bool] = lambda request: request.method not in {"GET", "HEAD", "OPTIONS"},
    ) -> None:
        self._target, self._changes = target.rstrip("/"), changes
        self._shown: set[Fault] = set()
        self._made: list[str] = []
        self._server: _Server | None = None
        self._task: asyncio.Task[None] | None = None
        self._client: httpx.AsyncClient | None = None
        self.url = ""

    async def misbehave(self, fault: Fault, reference: str) -> None:
        """Show a fault from now on, whoever asks: a proxy does not know references."""
        del reference
        self._shown.add(fault)

    async def heal(self) -> None:
        """Forward everything again."""
        self._shown.clear()

    async def made(self, reference: str) -> Sequence[str]:
        """Return each changing request that the system has answered well, whatever its reference."""
        del reference
        return tuple(self._made)

    async def __aenter__(self) -> Self:
        """Begin to serve on a free port of loopback."""
        bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        bound.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{bound.getsockname()[1]}"
        is_secure = self._target.startswith("https:")  # else no certificates are read, which takes 90 ms
        self._client = httpx.AsyncClient(base_url=self._target, trust_env=False, timeout=60, verify=is_secure)
        app = Starlette(routes=[Route("/{path:path}", self._answer, methods=_METHODS)])
        config = uvicorn.Config(app, log_level="critical", access_log=False, lifespan="off", ws="none")
        self._server = _Server(config)
        self._task = asyncio.create_task(self._server.serve(sockets=[bound]))
        while not self._server.started and not self._task.done():  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.005)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop serving."""
        if self._server is not None and self._task is not None:
            self._server.stopping.set()
            await self._task
        if self._client is not None:
            await self._client.aclose()

    async def _answer(self, request: Request) -> Response:
        if Fault.DOWN in self._shown:
            return Response("service unavailable", 503, headers={"retry-after": "1"})
        if Fault.BARRED in self._shown:
            return Response("who are you?", 401, headers={"www-authenticate": "Basic"})
        assert self._client is not None
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _HOP}
        forward = self._client.build_request(request.method, path, content=await request.body(), headers=headers)
        is_change = self._changes(forward)
        if is_change and self._take(Fault.LOST_REQUEST):
            return _Broken()
        answer = await self._client.send(forward)
        if is_change and answer.is_success:
            self._made.append(f"{request.method} {request.url.path}")
        if is_change and self._take(Fault.LOST_ANSWER):
            return _Broken()
        if is_change and self._take(Fault.NO_ANSWER):
            while (await request.receive())["type"] != "http.disconnect":
                pass
        if Fault.NONSENSE in self._shown:
            return Response(_NONSENSE, media_type="text/html")
        kept = {name: value for name, value in answer.headers.items() if name.lower() not in _HOP}
        return Response(answer.content, answer.status_code, headers=kept)

    def _take(self, fault: Fault) -> bool:
        if fault not in self._shown:
            return False
        self._shown.discard(fault)
        return True


class _Broken(Response):
    """An answer that is never finished: the connection breaks off."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - the ASGI signature
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4096")]})
        await send({"type": "http.response.body", "body": b"", "more_body": True})
        raise ConnectionAbortedError


class _Server(uvicorn.Server):
    """A server that leaves the signals of the process alone, and stops at once when it is told."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.stopping = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take none."""
        yield

    async def main_loop(self) -> None:
        """Wait until it is to stop."""
        await self.stopping.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close the connections; whoever still waits for an answer gets none."""
        for server in self.servers:
            server.close()
        for bound in sockets or ():
            bound.close()
        for task in self.server_state.tasks:
            task.cancel()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CLOSING_SECONDS):
                while self.server_state.connections or self.server_state.tasks:
                    for connection in list(self.server_state.connections):
                        connection.shutdown()
                    await asyncio.sleep(0.001)
