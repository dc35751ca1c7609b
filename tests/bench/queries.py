"""`make bench`: what lists cost, by class of query, on a database of many orders.

The orders are written as rows, made from one that came over the wire; the gateway's own indexer then reads them. Every
query goes through the reading of a face and the database, as a request does, without HTTP around it. Printed are p50
and p95 in milliseconds, and the CPU that this process and the database's take where they are on this machine.
"""

import argparse
import asyncio
import os
import signal
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qsl

import asyncpg

sys.path.insert(0, str(Path(__file__).parents[2]))

from gateway.app.documents import documents_directory
from gateway.canonical.lifecycle import ResourceKind
from gateway.faces.attributes import Attributes
from gateway.faces.documents import load_document
from gateway.faces.query import read_listing
from gateway.faces.settings import FaceSettings
from gateway.faces.tmf622 import v4
from gateway.ports.errors import SlowQuery
from gateway.ports.repository import Query
from gateway.storage.database import Database
from gateway.storage.indexer import index_some
from gateway.storage.json_sql import JSON_SQL
from gateway.storage.repository import SqlRepository
from tests.bench.stored import batches, created_at
from tests.postgres import Server

AT_ONCE = 10_000  # what is indexed together: neighbours share pages
ORDER = ResourceKind.PRODUCT_ORDER
ITEM = "productOrderItem.product.productCharacteristic"
NESTED = "a nested characteristic"
QUERIES = [
    ("the whole list", "", 20),
    ("a state", "state=held", 20),
    (f"{NESTED}, one of all", f"{ITEM}.value=SN-{{middle}}", 20),
    (f"{NESTED}, one in 1000", f"{ITEM}.value=L-77", 20),
    (f"{NESTED}, one in 5", f"{ITEM}.value=red", 20),
    (f"{NESTED}, two values", f"{ITEM}.value=red,blue", 20),
    (f"{NESTED}, name and value", f"filter={ITEM}[?(@.name=='colour' %26%26 @.value=='red')]", 20),
    (f"{NESTED}, name and range", f"filter={ITEM}[?(@.name=='speed' %26%26 @.value>=1000)]", 20),
    (f"{NESTED} and a state", f"{ITEM}.value=red&state=held", 20),
    (f"{NESTED} and another", f"filter={ITEM}[?(@.value=='red')]&{ITEM}.value=500", 20),
    (f"{NESTED}, sorted by date", f"{ITEM}.value=red&sort=-orderDate", 20),
    ("a party", "relatedParty.id=C-5", 20),
    ("an external id", "externalId=CRM-{middle}", 20),
    ("a range of dates, the last twentieth", "orderDate.gt={late}", 20),
    ("a range of dates, three quarters", "orderDate.gt={early}", 20),
    ("sorted by date, newest first", "sort=-orderDate", 20),
    ("sorted by priority", "sort=priority", 20),
    ("no index: a pattern", "description.regex=99.$", 2),
]
DEEP = [
    ("the whole list", ""),
    ("a state", "state=held"),
    (f"{NESTED}", f"{ITEM}.value=red"),
    ("by date", "sort=orderDate"),
]


class Store:
    """A database with so many orders."""

    def __init__(self, database, orders, seconds):
        spoke = v4.SPOKE.resource(ORDER)
        document = load_document(documents_directory() / v4.SPOKE.document)
        self.attributes = Attributes(document, spoke.schema, spoke.shape)
        self.database, self.orders = database, orders
        self.repository = SqlRepository(database, query_seconds=seconds)

    async def stored(self):
        """Return how many orders there are."""
        return (await self.repository.find(Query(ORDER, limit=0))).total

    async def fill(self):
        """Write the orders and index them; return the seconds of each."""
        began = time.perf_counter()
        for rows in batches(self.orders):
            await self.database.write(lambda conn, rows=rows: _insert(conn, rows))
        written = time.perf_counter()
        while await self.database.write(lambda conn: index_some(conn, AT_ONCE)):
            pass
        return written - began, time.perf_counter() - written

    async def measure(self, text, times):
        """Return p50, p95 and CPU of a query in milliseconds, and how many it finds or why it is refused."""
        pairs = parse_qsl(text, keep_blank_values=True)
        servers = await self._servers()
        spent, total, before = [], 0, self._cpu(servers)
        for _ in range(times):
            began = time.perf_counter()
            listing = read_listing(pairs, ORDER, self.attributes, FaceSettings())
            try:
                total = (await self.repository.find(listing.query)).total
            except SlowQuery as error:
                total = f"refused: {error.reason}"
                times = 1
                break
            finally:
                spent.append((time.perf_counter() - began) * 1000)
        spent.sort()
        p95 = spent[max(0, -(-len(spent) * 95 // 100) - 1)]
        return Cost(statistics.median(spent), p95, (self._cpu(servers) - before) * 1000 / times), total

    async def _servers(self):
        """Return what the machine tells of the processes that serve our connections, where they are on this one."""
        if self.database.dialect == "sqlite":
            return []
        text = (
            "SELECT pid FROM pg_stat_activity WHERE application_name = 'tmf-gateway' AND datname = current_database()"
        )
        rows = await self.database.read(lambda conn: conn.cursor.execute(text).fetchall())
        return [_stat_of(pid) for (pid,) in rows if _stat_of(pid).exists()]

    def _cpu(self, servers):
        """Return the seconds of CPU that this process and those servers have used."""
        stats = [server.read_text().rpartition(")")[2].split() for server in servers]
        ticks = sum(int(user) + int(system) for *_, user, system in (stat[:13] for stat in stats))
        return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")


def _stat_of(pid):
    return Path(f"/proc/{pid}/stat")


class Cost(NamedTuple):
    """What a query costs, in milliseconds."""

    p50: float
    p95: float
    cpu: float


def _insert(conn, rows):
    mark = JSON_SQL[conn.dialect].mark
    names = ("id", "shard", "order_id", "revision", "created", "state", "external", "doc")
    text = f"INSERT INTO product_order ({', '.join(names)}) VALUES ({', '.join([mark] * len(names))})"
    conn.cursor.executemany(text, rows)
    text = f"INSERT INTO unindexed (kind, id) VALUES ('{ORDER.value}', {mark})"
    conn.cursor.executemany(text, [(row[0],) for row in rows])


def _row(name, cost, rest):
    print(f"{name:45} {cost.p50:9.2f} {cost.p95:9.2f} {cost.cpu:9.2f}   {rest}", flush=True)


async def bench(url, orders, seconds, *, is_filled_only=False):
    """Fill one database unless it is full already, measure and print."""
    database = await Database.open(url)
    store = Store(database, orders, seconds)
    if await store.stored() < orders:
        written, indexed = await store.fill()
        if database.dialect == "postgresql":  # its autovacuum does so some time later
            raw = await asyncpg.connect(url)
            await raw.execute("VACUUM ANALYZE")
            await raw.close()
        each = 1e6 / orders
        print(f"\nof each order: {written * each:.0f} µs to write it, {indexed * each:.0f} to index it")
    if is_filled_only:
        await database.close()
        return
    print(f"\n{database.dialect}, {orders} orders")
    print(f"{'ms of one page of 20, with its total':45} {'p50':>9} {'p95':>9} {'cpu':>9}   found")
    place = {"middle": orders // 2, "late": created_at(orders * 95 // 100), "early": created_at(orders // 4)}
    for name, text, times in QUERIES:
        _row(name, *await store.measure(text.format(**place) + "&limit=20", times))
    print("pages deep in a list: their cost, and their CPU beside that of the first page")
    for name, text in DEEP:
        first, total = await store.measure(f"{text}&limit=20", 20)
        for part in (2, 4, 10):
            offset = total // part
            deep, _ = await store.measure(f"{text}&limit=20&offset={offset}", 20)
            _row(f"{name}, from {offset}", deep, f"{deep.cpu / first.cpu:.2f} of the first" if first.cpu else "")
    await database.close()


def main():
    """Measure a new file and a new server, or the database that is named."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--orders", type=int, default=int(os.environ.get("BENCH_ORDERS", "100000")))
    ask.add_argument(
        "--database",
        default=os.environ.get("BENCH_DATABASE"),
        help="an empty one, or one filled before; default: a new one of each kind",
    )
    ask.add_argument("--seconds", type=float, default=5.0, help="how long one query may take")
    ask.add_argument("--fill", action="store_true", help="fill the named database, to measure it later")
    said = ask.parse_args()
    if said.database:
        asyncio.run(bench(said.database, said.orders, said.seconds, is_filled_only=said.fill))
        return
    with tempfile.TemporaryDirectory(prefix="tmf-gateway-bench-") as folder:
        asyncio.run(bench(f"sqlite:///{Path(folder) / 'store.sqlite'}", said.orders, said.seconds))
    with tempfile.TemporaryDirectory(prefix="tmf-gateway-bench-") as folder:
        server = Server(Path(folder))
        server.make()
        server.start()
        try:
            asyncio.run(bench(server.url("postgres"), said.orders, said.seconds))
        finally:
            server.end(signal.SIGQUIT)  # nothing of it is kept


if __name__ == "__main__":
    main()
