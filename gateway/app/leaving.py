"""Leaving a port so that no client notices: whoever is connected has an answer, whoever comes later is refused."""

import asyncio
import select
import socket
import time
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["LastAnswers", "leave"]

_LAST_SECONDS = 0.5
"""How long connections may stay on which nothing is asked. Those who ask are answered, and gone, much sooner."""

_LOOKS = 1000


class LastAnswers:
    """An application that ends each connection with its answer while the process is leaving.

    A client that keeps its connection would otherwise send its next request just when the port is left.
    """

    def __init__(self, app: ASGIApp, is_leaving: Callable[[], bool]) -> None:
        self._app, self._is_leaving = app, is_leaving

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if not self._is_leaving() or scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def last(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), (b"connection", b"close")]}
            await send(message)

        await self._app(scope, receive, last)


async def leave(server: uvicorn.Server, listener: socket.socket) -> None:
    """Take in whoever waits at the port, close it, and wait for those who are connected."""
    waiting = select.poll()
    waiting.register(listener.fileno(), select.POLLIN)
    for _ in range(_LOOKS):  # who waits in the listener's queue when it is closed would be cut off, not refused
        if not waiting.poll(0):
            break
        await asyncio.sleep(0)
    for one in server.servers:
        one.close()
    until = time.monotonic() + _LAST_SECONDS
    while server.server_state.connections and time.monotonic() < until:  # noqa: ASYNC110 - uvicorn tells nobody
        await asyncio.sleep(0.01)
