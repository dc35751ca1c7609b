"""A listener of the harness's own: it hears every notification over HTTP, and is not always well itself."""

from aiohttp import web

__all__ = ["Listener"]


class Listener:
    """Takes notifications; of every so many it refuses one with 503, and of every so many it breaks one off."""

    def __init__(self, rng, *, refused=0.02, broken=0.02):
        self._rng, self._refused, self._broken = rng, refused, broken
        self._runner = None
        self.address = None
        self.heard = []  # ids of events as they came
        self.refusals = self.breaks = 0

    async def start(self):
        """Listen on a free port."""
        app = web.Application()
        app.router.add_post("/{tail:.*}", self._hear)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.address = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    def get_well(self):
        """Refuse and break off nothing more."""
        self._refused = self._broken = 0.0

    async def stop(self):
        """Listen no more."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _hear(self, request):
        body = await request.json()
        mood = self._rng.random()
        if mood < self._refused:
            self.refusals += 1
            return web.Response(status=503)
        self.heard.append(body["eventId"])
        if mood < self._refused + self._broken:  # it was heard, and the sender does not learn of it
            self.breaks += 1
            request.transport.abort()
        return web.Response(status=204)
