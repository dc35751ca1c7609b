"""A request that may change something is written only under a lease that still stands when it is written."""

import asyncio

import pytest
from aiohttp import web

from adapters.sdk import http
from adapters.sdk.http import HttpClient
from gateway.ports.errors import LeaseLost
from gateway.ports.lease import Lease, steady_seconds, under


@pytest.fixture
async def server():
    """A server that answers slowly what it is asked first; `heard` are the requests that came."""
    heard, may_answer = [], asyncio.Event()

    async def answer(request):
        heard.append((request.method, request.path, await request.text()))
        if request.path == "/slow":
            await may_answer.wait()
        return web.json_response({})

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}", heard, may_answer
    may_answer.set()
    await runner.cleanup()


async def until(condition):
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - it is another's list
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("body", [{"content": b"x"}, {}], ids=["with a body", "without one"])
async def test_whoever_waited_for_a_connection_longer_than_its_lease_sends_nothing(server, body):
    address, heard, may_answer = server
    client = HttpClient(address, "legacy", connections=1)
    first = asyncio.create_task(client.request("GET", "/slow"))
    await until(lambda: heard)
    lease = Lease("order", steady_seconds() + 3600)
    with under(lease):
        second = asyncio.create_task(client.request("POST", "/make", **body))
    await asyncio.sleep(0)  # it has asked once, and waits for the only connection
    await asyncio.sleep(0)
    assert lease.has_sent
    lease.ends = steady_seconds()
    may_answer.set()
    await first
    with pytest.raises(LeaseLost):
        await second
    assert [one[:2] for one in heard] == [("GET", "/slow")]
    await client.request("POST", "/make", content=b"y")  # the client is well, and without a lease anything may be sent
    await client.close()
    assert heard[1:] == [("POST", "/make", "y")]


async def test_whoever_froze_just_before_the_writing_sends_nothing(server, monkeypatch):
    address, heard, _ = server
    client = HttpClient(address, "legacy")
    lease = Lease("order", steady_seconds() + 3600)

    def check():
        lease.has_sent = True
        lease.ends = 0.0  # as if the process had been frozen from here on

    monkeypatch.setattr(http, "check_may_send", check)
    with under(lease), pytest.raises(LeaseLost):
        await client.request("POST", "/make", content=b"x")
    assert heard == []
    with under(lease):
        await client.request("GET", "/look")  # looking changes nothing
    await client.close()
    assert heard == [("GET", "/look", "")]
