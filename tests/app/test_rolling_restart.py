"""Gateways and a worker on one PostgreSQL are stopped by SIGTERM and started again, one after the other, under load."""

import asyncio
import itertools
import signal
from collections import Counter

import aiohttp
import pytest

from tests.app.test_kill import order
from tests.fleet import Fleet, Simulation

pytestmark = pytest.mark.server

ORDERS = "/tmf-api/productOrderingManagement/v4/productOrder"
CLIENTS = 3
AT_MOST = 12
"""So many orders, however long the restarts take; then clients only read and change."""


@pytest.fixture
def fleet(tmp_path, postgres_url):
    """Two gateways, which do no work, and a worker."""
    environment = {"TMF_GATEWAY_LINGER_SECONDS": "0.3", "TMF_GATEWAY_LEASE_SECONDS": "5"}
    with Simulation(tmp_path) as simulation:
        fleet = Fleet(postgres_url, simulation.landscape, gateways=2, workers=1, environment=environment)
        try:
            fleet.start()
            yield fleet
        finally:
            fleet.stop()


class Client:
    """Sends to one gateway after the other. It asks the next one where nobody listens, and for nothing else."""

    def __init__(self, session, addresses, told):
        self._session, self._addresses, self.told = session, itertools.cycle(addresses), told

    async def ask(self, method, path, **what):
        while True:
            address = next(self._addresses)
            try:
                async with self._session.request(method, address + path, **what) as answer:
                    self.told[method, answer.status] += 1
                    return answer.status, await answer.json()
            except aiohttp.ClientConnectorError as error:
                assert isinstance(error.os_error, ConnectionRefusedError), error
                self.told["refused"] += 1
                await asyncio.sleep(0.01)


async def test_each_is_restarted_in_turn_and_no_request_fails_and_every_order_ends(fleet):
    addresses = [gateway.address for gateway in fleet.gateways]
    told, made, over = Counter(), [], asyncio.Event()
    numbers = iter(range(AT_MOST))

    async def load(session):
        client = Client(session, addresses, told)
        while not over.is_set():
            number = next(numbers, None)
            if number is not None:
                status, body = await client.ask("POST", ORDERS, json=order(number))
                assert status == 201, body
                made.append(body["id"])
            path = f"{ORDERS}/{made[-1]}"
            status, body = await client.ask("GET", path)  # each time another gateway's turn
            assert status == 200
            status, body = await client.ask("PATCH", path, json={"description": f"{number} seen"})
            assert status in (200, 409), (
                body
            )  # 409: a step of the order's own came between, or it cannot be changed now
            await asyncio.sleep(0.02)

    async def restart(process):
        await _leaves(session, process)
        process.process.stdout.close()
        process.start()
        await asyncio.to_thread(process.ready)

    async with aiohttp.ClientSession() as session, session.get(fleet.workers[0].address + ORDERS) as answer:
        assert answer.status == 404  # a worker shows its health alone
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(30)) as session:
        clients = [asyncio.create_task(load(session)) for _ in range(CLIENTS)]
        restarts = asyncio.create_task(_each(restart, [*fleet.gateways, *fleet.workers]))
        await asyncio.wait([restarts, *clients], return_when=asyncio.FIRST_COMPLETED)
        over.set()
        await asyncio.gather(restarts, *clients)
        client = Client(session, addresses, Counter())
        for order_id in made:
            async with asyncio.timeout(60):
                while (await _checkpoint(client, order_id)) != "closed":  # noqa: ASYNC110 - it can only be asked
                    await asyncio.sleep(0.05)
    assert len(made) == AT_MOST
    assert told["refused"] > 0, "no client ever met a gateway that was away"
    assert {status for _, status in (key for key in told if key != "refused")} <= {200, 201, 409}


async def _leaves(session, process):
    """Stop a process and see what it says of itself meanwhile."""
    health = f"{process.address}/lifecycle/v1/health"
    async with session.get(health) as answer:
        assert answer.status == 200
    process.process.send_signal(signal.SIGTERM)
    said = set()
    while True:
        try:
            async with session.get(health) as answer:
                said.add((answer.status, answer.headers.get("connection"), answer.headers.get("retry-after")))
        except aiohttp.ClientConnectorError:
            break
    assert (503, "close", "1") in said
    assert said <= {(200, None, None), (503, None, "1"), (503, "close", "1")}
    assert await asyncio.to_thread(process.process.wait, 30) == 0


async def _each(step, processes):
    for process in processes:
        await step(process)


async def _checkpoint(client, order_id):
    status, body = await client.ask("GET", f"/lifecycle/v1/orders/{order_id}")
    assert status == 200
    assert not [hold for hold in body["holds"] if not hold.get("releasedAt")], body["holds"]
    return body["lifecycle"]["checkpoint"]
