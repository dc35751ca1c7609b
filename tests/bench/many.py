"""Throughput of 3 gateways and 2 workers beside 1 and 1, on one PostgreSQL that waits for its disk.

`python -m tests.bench.many`. Both fleets run all the time, each on a database of its own on the same server, and take
turns; ratios of neighbouring rounds are printed. Orders go through all four simulated systems until they are closed.
The CPU of each kind of process says what the limit is: on a machine with few cores, the cores.
"""

import argparse
import asyncio
import os
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path

import aiohttp
import asyncpg

from gateway.app.demo import bodies
from tests.fleet import Fleet, Simulation
from tests.postgres import Server

PATH = "/tmf-api/productOrderingManagement/v4/productOrder"
SHAPES = {"1 gateway, 1 worker": (1, 1), "3 gateways, 2 workers": (3, 2)}
LONGEST_SECONDS = 600


def order(name, number):
    """Return an order that goes through without a hold."""
    customer = 1011 + number % 8
    item = bodies.added("1", "FIBRE-500", customer, place=1011 + number % 30, characteristics=[bodies.rate(500)])
    return bodies.product_order(f"{name}-{number}", customer, [item])


class House:
    """A fleet with its database."""

    def __init__(self, name, server, landscape):
        gateways, workers = SHAPES[name]
        self.name = name
        self.url = server.url(f"many_{gateways}_{workers}")
        patient = {"TMF_GATEWAY_LEASE_SECONDS": "60"}  # whoever waits for a core has not lost its work
        self.fleet = Fleet(self.url, landscape, gateways=gateways, workers=workers, environment=patient)
        self.rounds = []

    async def closed(self, raw):
        """Return how many orders are at their end."""
        return await raw.fetchval("SELECT count(*) FROM lifecycle WHERE checkpoint = 'closed'")

    async def run(self, name, orders, clients):
        """Send orders to all gateways in turn and wait until all are closed; return orders a second of both."""
        raw = await asyncpg.connect(self.url)
        try:
            before, cpu = await self.closed(raw), self.cpu()
            left = iter(range(orders))
            began = time.monotonic()
            async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

                async def client():
                    for number in left:
                        gateway = self.fleet.gateways[number % len(self.fleet.gateways)]
                        async with session.post(gateway.address + PATH, json=order(name, number)) as answer:
                            if answer.status != 201:
                                sys.exit(f"{answer.status}: {(await answer.text())[:400]}")

                await asyncio.gather(*(client() for _ in range(clients)))
            accepted = time.monotonic() - began
            while await self.closed(raw) < before + orders:
                if time.monotonic() > began + LONGEST_SECONDS:
                    sys.exit(f"{self.name}: {await self.closed(raw) - before} of {orders} orders ended")
                await asyncio.sleep(0.05)
            ended = time.monotonic() - began
        finally:
            await raw.close()
        used = {kind: spent - cpu[kind] for kind, spent in self.cpu().items()}
        print(f"  {self.name} {name}: {orders} accepted in {accepted:.2f} s, ended in {ended:.2f} s", flush=True)
        self.rounds.append((orders / accepted, orders / ended, {k: v / orders * 1000 for k, v in used.items()}))

    def cpu(self):
        """Return the CPU seconds of its gateways and of its workers."""
        kinds = {"gateways": self.fleet.gateways, "workers": self.fleet.workers}
        return {kind: sum(one.cpu_seconds() for one in members) for kind, members in kinds.items()}


async def _make(server):
    raw = await asyncpg.connect(server.url("postgres"))
    for gateways, workers in SHAPES.values():
        await raw.execute(f"CREATE DATABASE many_{gateways}_{workers}")
    await raw.close()


async def _size(url, orders):
    """Return bytes an order on disk, tables and indexes, and rows an order of the largest tables."""
    raw = await asyncpg.connect(url)
    await raw.execute("VACUUM FULL ANALYZE")
    size = await raw.fetchval(
        "SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    tables = await raw.fetch(
        "SELECT relname, pg_total_relation_size(oid) AS size, reltuples FROM pg_class "
        "WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 2 DESC LIMIT 8"
    )
    await raw.close()
    parts = [
        f"{name} {size_ / orders / 1000:.1f} KB in {max(0, rows) / orders:.1f} rows" for name, size_, rows in tables
    ]
    return size / orders, parts


def main():
    """Start, measure and print."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--orders", type=int, default=300, help="a round")
    ask.add_argument("--rounds", type=int, default=3)
    ask.add_argument("--clients", type=int, default=24)
    said = ask.parse_args()
    with tempfile.TemporaryDirectory(prefix="tmf-gateway-bench-") as folder:
        place = Path(folder)
        place.chmod(0o755)
        (place / "postgres").mkdir()
        (place / "systems").mkdir()
        server = Server(place / "postgres", durable=True)
        server.make()
        server.start()
        try:
            asyncio.run(_make(server))
            with Simulation(place / "systems", pace=0) as simulation:
                houses = [House(name, server, simulation.landscape) for name in SHAPES]
                try:
                    for house in houses:
                        house.fleet.start()
                        asyncio.run(house.run("warm", max(20, said.orders // 10), said.clients))
                        house.rounds.clear()
                    for number in range(said.rounds):
                        for house in houses:
                            asyncio.run(house.run(f"round{number}", said.orders, said.clients))
                finally:
                    for house in houses:
                        house.fleet.stop()
            for house in houses:
                show(house)
            one, many = houses
            for position, what in enumerate(("accepted", "ended")):
                ratios = [b[position] / a[position] for a, b in zip(one.rounds, many.rounds, strict=True)]
                print(
                    f"{what}: {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}) of one of each"
                )
            print(
                f"{os.cpu_count()} cores; clients and this script used {resource.getrusage(resource.RUSAGE_SELF).ru_utime:.0f} s of them"
            )
            stored = said.orders * said.rounds + max(20, said.orders // 10)
            each, parts = asyncio.run(_size(one.url, stored))
            print(f"{each / 1000:.1f} KB on disk for one closed order: {'; '.join(parts)}")
        finally:
            server.end()


def show(house):
    """Print the medians of a fleet."""
    accepted, ended = (statistics.median(one[position] for one in house.rounds) for position in (0, 1))
    cpu = {kind: statistics.median(one[2][kind] for one in house.rounds) for kind in ("gateways", "workers")}
    print(
        f"{house.name:24} accepted {accepted:7.0f}/s   ended {ended:7.1f}/s   "
        f"CPU ms an order: gateways {cpu['gateways']:.1f}, workers {cpu['workers']:.1f}"
    )


if __name__ == "__main__":
    main()
