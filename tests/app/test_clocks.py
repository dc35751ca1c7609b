"""Hosts whose clocks are ten minutes apart share one database, and nothing comes of it."""

import asyncio
from datetime import timedelta

import pytest

from gateway.app.demo import bodies
from gateway.app.demo.client import GatewayClient, is_at_end
from gateway.app.runtime import open_runtime
from gateway.app.serve import running
from gateway.app.settings import Settings
from gateway.ports.clock import SystemClock
from gateway.streams.sql import micros

pytestmark = pytest.mark.server


class WrongClock(SystemClock):
    """A host's clock that is so many minutes fast."""

    def __init__(self, minutes):
        self.off = timedelta(minutes=minutes)

    def now(self):
        return super().now() + self.off


def order(number):
    item = bodies.added("1", "FIBRE-500", 1011 + number, place=1011 + number, characteristics=[bodies.rate(500)])
    return bodies.product_order(f"skew-{number}", 1011 + number, [item])


@pytest.mark.parametrize(("gateways", "workers"), [(5, -5), (-5, 5)])
async def test_a_gateway_and_a_worker_ten_minutes_apart_end_every_order_at_once_and_only_once(
    tmp_path, gateways, workers
):
    database = f"sqlite:///{tmp_path / 'gateway.sqlite'}"
    serving = Settings(port=0, database=database, workers=0)
    working = Settings(port=0, database=database, pace=0.02)
    async with running(serving) as (front, address), open_runtime(working) as back, GatewayClient(address) as client:
        front.desk.clock, back.desk.clock = WrongClock(gateways), WrongClock(workers)
        ids = [(await client.create("tmf622-v4", order(number))).json()["id"] for number in range(4)]
        async with asyncio.timeout(40):
            for order_id in ids:
                while not is_at_end(timeline := await client.timeline(order_id)):  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
                assert timeline["lifecycle"]["checkpoint"] == "closed", timeline["holds"]
        journal = await asyncio.gather(*(_journal(back, role) for role in back.live.addresses))
        assert [one["duplicates"] for one in journal] == [0, 0, 0, 0]


async def _journal(runtime, role):
    async with GatewayClient(runtime.live.addresses[role]["url"]) as client:
        return (await client._http.get("/_journal")).json()


async def test_what_a_fast_gateway_asks_for_is_due_now_and_not_when_its_clock_says(tmp_path):
    database = f"sqlite:///{tmp_path / 'gateway.sqlite'}"
    async with running(Settings(port=0, database=database, workers=0)) as (front, address):
        front.desk.clock = WrongClock(5)
        async with GatewayClient(address) as client:
            await client.create("tmf622-v4", order(0))
            due = await front.repository.ready_at()
            assert abs(micros(due) - micros(SystemClock().now())) < 60_000_000
