"""A server that gives one answer to whatever matches, as a system does on a bad day."""

import asyncio
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from tests.adapters.served import served

METHODS = ["GET", "POST", "PUT"]


class Answering:
    """`good` answers a request in good order; `bad` is (does it match, what to say) for one that goes wrong."""

    def __init__(self, good, matches, bad):
        self._good, self._matches, self._bad, self.asked = good, matches, bad, []

    async def _answer(self, request):
        body = await request.body()
        self.asked.append((request.method, request.url.path, body))
        if not self._matches(request.method, request.url.path, body):
            return self._good(request.method, request.url.path, body)
        if self._bad.get("seconds"):
            await asyncio.sleep(self._bad["seconds"])
        said = self._bad.get("body", "").encode(self._bad.get("encoding", "utf-8"))
        return Response(said, self._bad.get("status", 200), self._bad.get("headers"), "application/json")

    @asynccontextmanager
    async def running(self):
        """Serve while the block runs; yields the address."""
        app = Starlette(routes=[Route("/{path:path}", self._answer, methods=METHODS)])
        async with served(app) as address:
            yield address
