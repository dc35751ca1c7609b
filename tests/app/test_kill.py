"""What was answered 201 survives a kill -9 in the middle, and nothing is sent twice to activation or billing."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from gateway.app.demo import bodies
from gateway.app.demo.client import GatewayClient, is_at_end

pytestmark = pytest.mark.server

ORDERS = 40


def order(number):
    customer = 1011 + number % 8
    item = bodies.added("1", "FIBRE-500", customer, place=1011 + number % 30, characteristics=[bodies.rate(500)])
    return bodies.product_order(f"kill-{number}", customer, [item])


async def test_killed_in_mid_flight_every_order_ends_and_nothing_is_made_twice(process):
    process.start()
    async with GatewayClient(process.address) as client:
        answers = await asyncio.gather(*(client.create("tmf622-v4", order(number)) for number in range(ORDERS)))
        assert {answer.status_code for answer in answers} == {201}
        ids = [answer.json()["id"] for answer in answers]
        await asyncio.sleep(0.6)
        process.kill()
    process.start()
    async with GatewayClient(process.address) as client:
        waiting = set(ids)
        for _ in range(300):
            for order_id in sorted(waiting):
                timeline = await client.timeline(order_id)
                if is_at_end(timeline):
                    assert timeline["lifecycle"]["checkpoint"] == "closed", timeline["holds"]
                    waiting.discard(order_id)
            if not waiting:
                break
            await asyncio.sleep(0.1)
        assert not waiting
    process.stop()
    stores = Path(process.database.removeprefix("sqlite:///") + ".landscape")
    for system in ("field", "activation", "billing"):
        database = sqlite3.connect(stores / f"{system}.sqlite")
        rows = database.execute("select operation, reference, item, count(*) from journal group by 1, 2, 3").fetchall()
        database.close()
        assert rows
        assert [row for row in rows if row[3] > 1] == []
