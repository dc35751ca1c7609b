"""One gateway in the permissive profile, over a fresh database, for all that comes from outside to look at it."""

import asyncio
import threading

import httpx
import pytest

from gateway.app.serve import running
from gateway.app.settings import Settings


@pytest.fixture(scope="session")
def permissive(tmp_path_factory):
    """The address of the gateway. It runs in a thread of its own: the checkers block."""
    folder, started, found = tmp_path_factory.mktemp("permissive"), threading.Event(), {}

    async def serve():
        found["stop"], found["loop"] = asyncio.Event(), asyncio.get_running_loop()
        settings = Settings(
            port=0, database=f"sqlite:///{folder / 'gateway.sqlite'}", profile="permissive", workers=2, pace=0.02
        )
        try:
            async with running(settings) as (_, address):
                found["address"] = address
                started.set()
                await found["stop"].wait()
        finally:
            started.set()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    started.wait()
    yield found["address"]
    found["loop"].call_soon_threadsafe(found["stop"].set)
    thread.join()


@pytest.fixture
def http(permissive):
    """A client that takes nothing from the environment."""
    with httpx.Client(base_url=permissive, trust_env=False) as client:
        yield client
