"""`make bench`: what the arrival of one fact costs while few or many orders are held, and whom it moves.

Orders that wait for their site's qualification are written straight into the database, copies of one that really
waits. Then the fact arrives for some of them, one after the other. Medians of CPU time of this process are printed side
by side, and the number of orders that were judged: each fact moves its own order and no other.
"""

import argparse
import asyncio
import sqlite3
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from gateway.app.demo import bodies
from gateway.app.landscape import read_landscape, terms_of
from gateway.canonical.fact import Fact, Source
from gateway.canonical.ids import new_id, shard_of
from gateway.faces.tmf622.v4 import order_from_wire
from gateway.lifecycle.desk import OrderDesk
from gateway.ports.adapter import Operation, Outcome, Report
from gateway.ports.clock import SystemClock
from gateway.rules.engine import Catalogue
from gateway.storage.database import Database
from gateway.storage.repository import SqlRepository

COPIED = ("lifecycle", "product_order", "fact", "hold", "decision")


async def held_order(desk, repository):
    """Take in an order whose site nobody qualified, and answer for its systems; return its id."""
    item = bodies.added("1", "FIBRE-500", 1011, place=9001, characteristics=[bodies.rate(500)])
    order = await desk.accept_product_order(order_from_wire(bodies.product_order("held", 1011, [item])))
    message = (await repository.load(order.id)).lifecycle.awaiting[0]
    await desk.receive(order.id, message, Operation.GATHER, Report(outcome=Outcome.DONE))
    return order.id


def copies(file, order_id, wanted):
    """Write copies of an order under new ids; return these."""
    raw = sqlite3.connect(file, isolation_level=None)
    ids = [new_id() for _ in range(wanted)]
    raw.execute("BEGIN")
    for table in COPIED:
        names = [row[1] for row in raw.execute(f"PRAGMA table_info({table})")]
        key = "id" if table in {"lifecycle", "product_order"} else "order_id"
        found = raw.execute(f"SELECT * FROM {table} WHERE {key} = ?", (order_id,)).fetchall()
        marks = ", ".join("?" * len(names))
        for row in found:
            raw.executemany(f"INSERT INTO {table} VALUES ({marks})", (copied(names, row, order_id, new) for new in ids))
    raw.execute("COMMIT")
    raw.close()
    return ids


def copied(names, row, old, new):
    """Return a row as that of another order."""
    own = dict(zip(names, row, strict=True))
    own_id = own["id"]
    fresh = new if own_id == old else new_id()
    return tuple(
        shard_of(new) if name == "shard"
        else value.replace(old, new).replace(own_id, fresh) if isinstance(value, str)
        else value
        for name, value in own.items()
    )  # fmt: skip


def qualified():
    """Return the fact that such an order waits for."""
    value = {
        "place": "ADDR-9001", "technology": "FTTH", "result": "qualified", "validUntil": "2099-01-01T00:00:00Z",
        "maxDownstreamRate": {"amount": 1000, "units": "Mbit/s"},
    }  # fmt: skip
    return Fact(
        predicate="site.qualified", subject="item:1", value=value, observed_at=datetime.now(UTC),
        source=Source(system="survey"),
    )  # fmt: skip


async def measure(held, facts):
    """Return (median CPU µs of one fact, orders judged) with so many orders held."""
    known, _ = read_landscape("simulated")
    with tempfile.TemporaryDirectory(prefix="tmf-gateway-bench-") as folder:
        file = Path(folder) / "gateway.sqlite"
        database = await Database.open(f"sqlite:///{file}")
        repository = SqlRepository(database)
        desk = OrderDesk(repository, terms_of(known), Catalogue.load(), SystemClock())
        ids = copies(file, await held_order(desk, repository), held)
        before = decisions(file)
        spent = []
        for order_id in ids[:: max(1, held // facts)][:facts]:
            began = time.process_time()
            await desk.record_facts(order_id, [qualified()])
            spent.append((time.process_time() - began) * 1e6)
        judged = decisions(file) - before
        await database.close()
    return statistics.median(spent), judged


def decisions(file):
    """Return for how many orders the gates have answered how often."""
    with sqlite3.connect(file) as raw:
        (count,) = raw.execute("SELECT count(*) FROM decision").fetchone()
    return count


async def main():
    """Measure and print."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--held", type=int, default=100_000)
    ask.add_argument("--facts", type=int, default=200)
    said = ask.parse_args()
    few = min(said.held, 1000)
    small, _ = await measure(few, said.facts)
    large, judged = await measure(said.held, said.facts)
    print("CPU µs for one fact that arrives, the judgement of its order included")
    print(f"{few:>10} held {small:8.0f}")
    print(f"{said.held:>10} held {large:8.0f}   ratio {large / small:.2f}")
    print(f"{said.facts} facts, {judged} judgements: each fact moves its own order and no other")


if __name__ == "__main__":
    asyncio.run(main())
