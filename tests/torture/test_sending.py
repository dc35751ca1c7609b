"""Whoever has lost its lease by the steady clock sends nothing more that changes a legacy system."""

import asyncio

import httpx
import pytest

from adapters.sdk.http import HttpClient
from gateway.ports.errors import LeaseLost
from gateway.ports.lease import Lease, steady_seconds, under
from gateway.streams import queue
from gateway.streams.backoff import Backoff
from gateway.streams.dispatch import Dispatcher
from gateway.streams.lanes import Lane


@pytest.fixture
def legacy(respx_mock):
    """A legacy system that takes everything."""
    respx_mock.route(host="legacy.test").mock(return_value=httpx.Response(200, json={}))
    return respx_mock


@pytest.fixture
async def client(legacy):
    http = HttpClient("http://legacy.test", "legacy")
    http._client = httpx.AsyncClient(base_url="http://legacy.test")  # respx stands in for the network
    yield http
    await http.close()


async def test_under_a_lease_that_has_ended_it_may_look_and_not_change(client, legacy):
    with under(lease := Lease("field|order", steady_seconds() - 0.001)):
        await client.request("GET", "/ticket")
        with pytest.raises(LeaseLost):
            await client.request("POST", "/ticket", json={})
        with pytest.raises(LeaseLost):  # a task that was begun in it is under the same lease
            await asyncio.create_task(client.request("PUT", "/ticket", json={}))
        assert not lease.has_sent
    assert [call.request.method for call in legacy.calls] == ["GET"]


async def test_under_a_lease_that_runs_and_under_none_it_may_change(client, legacy):
    with under(lease := Lease("field|order", steady_seconds() + 60)):
        await client.request("GET", "/ticket")
        assert not lease.has_sent
        await client.request("POST", "/ticket", json={})
        assert lease.has_sent
    await client.request("POST", "/ticket", json={})
    assert len(legacy.calls) == 3


async def test_a_renewed_lease_lets_a_long_job_send_and_a_blocked_process_sends_nothing(store_url, client, legacy):
    from gateway.ports.repository import Work  # noqa: PLC0415
    from gateway.storage.database import Database  # noqa: PLC0415

    database = await Database.open(store_url)
    sent, refused, stop = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def handler(job):
        if job.key == "long":
            await asyncio.sleep(0.9)  # three times the lease, and renewed meanwhile
            await client.request("POST", "/long", json={})
            sent.set()
        elif not refused.is_set():
            import time  # noqa: PLC0415

            time.sleep(0.4)  # noqa: ASYNC251 - the whole process stands still for longer than the lease
            try:
                await client.request("POST", "/late", json={})
            except LeaseLost:
                refused.set()
                raise

    lane = Lane("field", handler, lease_seconds=0.3, backoff=Backoff(0.01, 0.02))
    dispatcher = Dispatcher(database, [lane], None, "test")
    works = [Work("field", key, key, b"") for key in ("long", "stands still")]
    await database.write(lambda conn: queue.enqueue_all(conn, works[:1], None))
    task = asyncio.create_task(dispatcher.run(stop))
    async with asyncio.timeout(10):
        await sent.wait()
        await database.write(lambda conn: queue.enqueue_all(conn, works[1:], None))
        dispatcher.wake()
        await refused.wait()
        while await database.read(lambda conn: queue.next_due(conn, ())) is not None:  # noqa: ASYNC110 - it sends no events
            await asyncio.sleep(0.02)
    stop.set()
    await task
    await database.close()
    assert [call.request.url.path for call in legacy.calls] == ["/long"]
