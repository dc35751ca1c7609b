"""`make bench`: what lists cost, by class of query, on a database of many orders.

The orders are written as rows, made from one that came over the wire; the gateway's own indexer then reads them. Every
query goes through the reading of a face and the database, as a request does, without HTTP around it. Printed are p50
and p95 in milliseconds, and the CPU of the process where the database is in it.
"""

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
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
from gateway.storage.database import Database
from gateway.storage.indexer import index_some
from gateway.storage.json_sql import JSON_SQL
from gateway.storage.repository import SqlRepository
from tests.bench.stored import batches, created_at

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

    async def fill(self):
        """Write the orders and index them; return the seconds of each."""
        began = time.perf_counter()
        for rows in batches(self.orders):
            await self.database.write(lambda conn, rows=rows: _insert(conn, rows))
        written = time.perf_counter()
        while await self.database.write(lambda conn: index_some(conn, 1000)):
            pass
        return written - began, time.perf_counter() - written

    async def measure(self, text, times):
        """Return (p50, p95, CPU of this process, total) of a query; times in milliseconds."""
        pairs = parse_qsl(text, keep_blank_values=True)
        spent, cpu, total = [], [], 0
        for _ in range(times):
            began, used = time.perf_counter(), time.process_time()
            listing = read_listing(pairs, ORDER, self.attributes, FaceSettings())
            try:
                total = (await self.repository.find(listing.query)).total
            except SlowQuery as error:
                return [error.seconds * 1000] * 2, 0.0, f"refused: {error.reason}"
            spent.append((time.perf_counter() - began) * 1000)
            cpu.append((time.process_time() - used) * 1000)
        spent.sort()
        return [statistics.median(spent), spent[max(0, -(-len(spent) * 95 // 100) - 1)]], statistics.median(cpu), total


def _insert(conn, rows):
    mark = JSON_SQL[conn.dialect].mark
    names = ("id", "shard", "order_id", "revision", "created", "state", "external", "doc")
    text = f"INSERT INTO product_order ({', '.join(names)}) VALUES ({', '.join([mark] * len(names))})"
    conn.cursor.executemany(text, rows)
    text = f"INSERT INTO unindexed (kind, id) VALUES ('{ORDER.value}', {mark})"
    conn.cursor.executemany(text, [(row[0],) for row in rows])


def _row(name, times, cpu, total):
    print(f"{name:45} {times[0]:9.2f} {times[1]:9.2f} {cpu:9.2f}   {total}", flush=True)


async def main():
    """Fill, measure and print."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--orders", type=int, default=int(os.environ.get("BENCH_ORDERS", "100000")))
    ask.add_argument("--database", default=os.environ.get("BENCH_DATABASE"), help="an empty one; default: a new file")
    ask.add_argument("--seconds", type=float, default=5.0, help="how long one query may take")
    said = ask.parse_args()
    with tempfile.TemporaryDirectory(prefix="tmf-gateway-bench-") as folder:
        database = await Database.open(said.database or f"sqlite:///{Path(folder) / 'store.sqlite'}")
        store = Store(database, said.orders, said.seconds)
        written, indexed = await store.fill()
        if database.dialect == "postgresql":  # its autovacuum does so some time later
            raw = await asyncpg.connect(said.database)
            await raw.execute("VACUUM ANALYZE")
            await raw.close()
        each = 1e6 / said.orders
        print(f"{said.orders} orders: {written * each:.0f} µs to write one, {indexed * each:.0f} µs to index one")
        print(f"{'ms of one page of 20, with its total':45} {'p50':>9} {'p95':>9} {'cpu':>9}   total")
        place = {
            "middle": said.orders // 2,
            "late": created_at(said.orders * 95 // 100),
            "early": created_at(said.orders // 4),
        }
        for name, text, times in QUERIES:
            _row(name, *await store.measure(text.format(**place) + "&limit=20", times))
        print("pages deep in a list, beside its first")
        for name, text in DEEP:
            first, _, total = await store.measure(f"{text}&limit=20", 20)
            for part in (2, 4, 10):
                offset = total // part
                found, cpu, _ = await store.measure(f"{text}&limit=20&offset={offset}", 10)
                _row(f"{name}, from {offset}", found, cpu, f"{found[0] / first[0]:.2f} of the first")
        await database.close()


if __name__ == "__main__":
    asyncio.run(main())
