"""Two gateways of this release start at once on a store of an earlier one, while clients send: one changes the schema."""

import asyncio
import sqlite3
from contextlib import closing

import aiohttp
import pytest

from adapters.sdk.ports import free_port
from gateway.storage import upgrade as files
from gateway.storage.migrations import HEAD
from gateway.storage.postgresql import upgrade as servers
from tests.app.test_kill import order
from tests.fleet import Process

pytestmark = pytest.mark.server

BEFORE = "0012"
ORDERS = "/tmf-api/productOrderingManagement/v4/productOrder"
OLD = 300
"""So many orders are there already."""

ROW = """INSERT INTO product_order (id, shard, order_id, revision, created, state, external, doc)
VALUES ({0}, {1}, {0}, 1, {2}, 'acknowledged', NULL, {3})"""


def rows():
    """Return (id, shard, created, document) of orders as they were stored before."""
    for number in range(OLD):
        name = f"00000000-0000-7000-8000-{number:012d}"
        yield name, number, number + 1, f'{{"id":"{name}","state":"acknowledged","category":"old","revision":1}}'


@pytest.fixture(params=["sqlite", "postgresql"])
def old_store(request, tmp_path):
    """The address of a store with the earlier schema and orders in it."""
    if request.param == "sqlite":
        file = tmp_path / "gateway.sqlite"
        with closing(sqlite3.connect(file, isolation_level=None)) as raw:
            files.migrate(raw, BEFORE)
            raw.executemany(ROW.format("?1", "?2", "?3", "?4"), rows())
        return f"sqlite:///{file}"
    postgres = request.getfixturevalue("postgres")
    name = postgres.empty()
    asyncio.run(servers.migrate(postgres.server.url(name), BEFORE))
    for row in rows():
        postgres.sql(ROW.format("$1", "$2", "$3", "$4"), database=name, values=row)
    return postgres.server.url(name)


@pytest.fixture
def gateways(old_store):
    """Two gateways that have not begun; ended by their own ids."""
    options = ("--workers", 0, "--database", old_store, "--log-level", "INFO")
    patient = {"TMF_GATEWAY_QUERY_SECONDS": "60"}
    made = [Process("serve", "--port", free_port(), *options, environment=patient) for _ in range(2)]
    yield made
    for process in made:
        if process.process is not None and process.process.poll() is None:
            process.stop()


async def test_one_changes_the_schema_and_no_request_fails_but_for_a_gateway_that_is_not_there_yet(gateways, tmp_path):
    addresses = [f"http://127.0.0.1:{process.arguments[2]}" for process in gateways]
    logs = [tmp_path / f"log{number}" for number in range(2)]
    made, refused = [], 0
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(60)) as session:

        async def send(number):
            nonlocal refused
            async with asyncio.timeout(120):
                while True:
                    try:
                        address = addresses[(number + refused) % 2]
                        async with session.post(address + ORDERS, json=order(number)) as answer:
                            assert answer.status == 201, await answer.text()
                            return made.append((await answer.json())["id"])
                    except aiohttp.ClientConnectorError as error:
                        assert isinstance(error.os_error, ConnectionRefusedError), error
                        refused += 1
                        await asyncio.sleep(0.05)

        sending = [asyncio.create_task(send(number)) for number in range(16)]
        for process, log in zip(gateways, logs, strict=True):
            process.start(log)
        await asyncio.gather(*sending)
        for process in gateways:
            await asyncio.to_thread(process.ready)
        for address in addresses:
            for query, count in (("category=old", OLD), ("limit=1", OLD + len(made))):
                async with session.get(f"{address}{ORDERS}?{query}") as answer:
                    assert int(answer.headers["x-total-count"]) == count
            for order_id in made:
                async with session.get(f"{address}{ORDERS}/{order_id}") as answer:
                    assert answer.status == 200
    assert refused > 0
    told = [line for log in logs for line in log.read_text().splitlines() if "the schema is changed" in line]
    assert len(told) == 1, told
    assert told[0].endswith(f"from {BEFORE} to {HEAD}")
