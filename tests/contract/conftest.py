"""The simulated systems for all tests of the kit, served from a thread of their own."""

import asyncio
import threading

import pytest

from adapters.simulated.launch import start_local


@pytest.fixture(scope="session")
def simulation(tmp_path_factory):
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    started = asyncio.run_coroutine_threadsafe(start_local(tmp_path_factory.mktemp("systems"), 0.0), loop).result(20)
    yield started
    asyncio.run_coroutine_threadsafe(started.stop(), loop).result(20)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(20)
    loop.close()
