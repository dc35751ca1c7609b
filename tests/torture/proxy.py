"""A TCP proxy on loopback that can cut, swallow and delay what goes through it."""

import asyncio
from contextlib import suppress

__all__ = ["Proxy"]


class Proxy:
    """Leads to one address. `open` is its good mood; `cut`, `swallow` and `refuse` are the others.

    Swallowing leaves both ends half-open: they are connected, what one sends never arrives, and nobody hears of an end.
    """

    def __init__(self, host, port):
        self._to = host, port
        self._server = None
        self._pairs = set()
        self._passes = asyncio.Event()
        self._passes.set()
        self._refuses = False
        self.delay_seconds = 0.0
        self.cuts = 0
        self.watch = None  # is shown what comes back, before it goes on

    @property
    def port(self):
        """The port that it listens on."""
        return self._server.sockets[0].getsockname()[1]

    async def start(self):
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)

    async def stop(self):
        """Close everything."""
        self._server.close()
        self.cut()
        await asyncio.sleep(0)

    def cut(self):
        """Break all connections at once, as if a cable was pulled and put back."""
        for writer in list(self._pairs):
            self.cuts += 1
            writer.transport.abort()

    def swallow(self):
        """Let nothing through any more, and say nothing of it."""
        self._passes.clear()

    def refuse(self):
        """Break all connections, and every new one too."""
        self._refuses = True
        self.cut()

    def heal(self, *, drop=False):
        """Let everything through again; with `drop`, connections that were half-open break now."""
        if drop:
            self.cut()
        self._refuses, self.delay_seconds = False, 0.0
        self._passes.set()

    async def _connected(self, reader, writer):
        if self._refuses:
            writer.transport.abort()
            return
        try:
            there, back = await asyncio.open_connection(*self._to)
        except OSError:
            writer.transport.abort()
            return
        self._pairs |= {writer, back}
        try:
            await asyncio.gather(self._pump(reader, back), self._pump(there, writer, is_answer=True))
        finally:
            for one in (writer, back):
                self._pairs.discard(one)
                one.transport.abort()

    async def _pump(self, reader, writer, *, is_answer=False):
        with suppress(OSError):
            while data := await reader.read(65536):
                if is_answer and self.watch is not None:
                    self.watch(data)
                await self._passes.wait()
                if self.delay_seconds:
                    await asyncio.sleep(self.delay_seconds)
                writer.write(data)
                await writer.drain()
        writer.transport.abort()
