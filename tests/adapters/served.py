"""An ASGI application as a real server on a free loopback port, in this process."""

import asyncio
import socket
from contextlib import asynccontextmanager

import uvicorn


@asynccontextmanager
async def served(app):
    """Serve while the block runs; yields the address."""
    # With its protocol named, asyncio sends at once (TCP_NODELAY); else each answer waits 40 ms for an acknowledgement.
    with socket.socket(proto=socket.IPPROTO_TCP) as bound:
        bound.bind(("127.0.0.1", 0))
        config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", ws="none")
        server = uvicorn.Server(config)
        config.load()
        server.lifespan = config.lifespan_class(config)
        await server.startup(sockets=[bound])
        try:
            yield f"http://127.0.0.1:{bound.getsockname()[1]}"
        finally:
            await _stopped(server)


async def _stopped(server):
    """Stop as soon as nothing is under way; uvicorn's own way always takes a tenth of a second."""
    for one in server.servers:
        one.close()
    state = server.server_state
    async with asyncio.timeout(10):
        while state.connections or state.tasks:
            for connection in list(state.connections):
                connection.shutdown()
            await asyncio.sleep(0.001)
