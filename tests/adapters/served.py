"""An ASGI application as a real server on a free loopback port, in this process."""

import socket
from contextlib import asynccontextmanager

import uvicorn


@asynccontextmanager
async def served(app):
    """Serve while the block runs; yields the address."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", ws="none")
        server = uvicorn.Server(config)
        config.load()
        server.lifespan = config.lifespan_class(config)
        await server.startup(sockets=[bound])
        try:
            yield f"http://127.0.0.1:{bound.getsockname()[1]}"
        finally:
            await server.shutdown(sockets=[bound])
