"""Memory and start of a gateway over a store with very many open and held orders, beside one over an empty store.

The orders are written as the store writes them, without a gateway. Memory is the resident size of the process, without
that of simulated systems, which are others' processes; start is from exec to the first 200 of its health.
"""

import argparse
import asyncio
import os
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from stored import batches

from adapters.sdk.ports import free_port
from gateway.canonical.exceptions import Case, FaultClass, Origin, Signature
from gateway.canonical.fact import FactKey
from gateway.canonical.ids import new_id
from gateway.canonical.judgement import BlockedBy, Gate, Hold
from gateway.canonical.lifecycle import Checkpoint, Lifecycle, ResourceKind
from gateway.canonical.order import ProductOrder
from gateway.ports.repository import Change, Work
from gateway.storage.database import Database
from gateway.storage.save import prepare

MOST_MEGABYTES, MOST_SECONDS = 300, 5.0
GROUPS = 40
LATER = 24 * 3600.0
ASKED = (
    "/tmf-api/productOrderingManagement/v4/productOrder?limit=100",
    "/tmf-api/productOrderingManagement/v5/productOrder?limit=100&state=held",
    "/lifecycle/v1/orders?limit=100",
    "/lifecycle/v1/holds?limit=100",
    "/lifecycle/v1/exceptions",
    "/lifecycle/v1/streams",
)
"""What an operator's page looks at; memory is taken after it too."""


async def fill(database, orders, held):
    """Write orders of which so many are held."""
    now, number = datetime.now(UTC), 0
    for rows in batches(orders):
        changes = []
        for row in rows:
            order = ProductOrder.model_validate_json(row[-1])
            changes.append(held_one(order, number, now) if number < held else open_one(order))
            number += 1
        stores = [prepare(change, now) for change in changes]
        await database.write(lambda conn, stores=stores: [store(conn) for store in stores])


def open_one(order, **more):
    """Return the change of an order that waits for an answer to come."""
    lifecycle = Lifecycle(
        id=order.id, root=ResourceKind.PRODUCT_ORDER, checkpoint=Checkpoint.READY, awaiting=("visit",), version=1
    )
    work = Work("lifecycle", order.id, f"{order.id}/look", b"{}", LATER)
    return Change(lifecycle=lifecycle, put=((ResourceKind.PRODUCT_ORDER, order),), work=(work,), **more)


def held_one(order, number, now):
    """Return the change of an order that waits for a fact, with its exception in one of the groups."""
    since = now - timedelta(minutes=number % 10_000)
    signature = Signature(rule="BLD-003@1", gate=Gate.ORDER_TO_BUILD, system=f"system {number % GROUPS}")
    hold = Hold(
        id=new_id(), order_id=order.id, gate=Gate.ORDER_TO_BUILD, checkpoint="release", since=since,
        missing=(FactKey("site.qualified", "item:1"),), fingerprints=(signature.fingerprint,),
    )  # fmt: skip
    case = Case(
        id=new_id(), order_id=order.id, fingerprint=signature.fingerprint, signature=signature,
        fault_class=next(iter(FaultClass)), origin=next(iter(Origin)), checkpoint="release", opened_at=since,
        blocked_by=next(iter(BlockedBy)), known_at=Gate.ORDER_TO_BUILD, monthly={"EUR": 2990},
    )  # fmt: skip
    return open_one(order, holds=(hold,), opened=(case,))


class Started:
    """A gateway that has just answered for the first time."""

    def __init__(self, database, workers):
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        command = [str(Path(sys.executable).with_name("tmf-gateway")), "serve", "--port", str(port)]
        command += ["--database", database, "--workers", str(workers)]
        began = time.perf_counter()
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        with httpx.Client(trust_env=False) as client:
            while True:
                try:
                    if client.get(f"{self.address}/lifecycle/v1/health").status_code == 200:
                        break
                except httpx.TransportError:
                    if self.process.poll() is not None:
                        sys.exit("the gateway does not start")
                    time.sleep(0.005)
        self.seconds = time.perf_counter() - began
        self.cpu_seconds = self._cpu()

    def _cpu(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def megabytes(self):
        """Return its resident memory."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024

    def look(self):
        """Ask for what an operator's page shows; return the slowest answer in seconds."""
        slowest = 0.0
        with httpx.Client(trust_env=False, timeout=60) as client:
            for path in ASKED:
                began = time.perf_counter()
                answer = client.get(self.address + path)
                if answer.status_code not in (200, 206):
                    sys.exit(f"{path}: {answer.status_code} {answer.text[:300]}")
                slowest = max(slowest, time.perf_counter() - began)
        return slowest

    def stop(self):
        """End it."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=30)


async def filled(url, orders, held):
    """Fill an empty store; return the seconds that it took."""
    database = await Database.open(url)
    began = time.perf_counter()
    await fill(database, orders, held)
    await database.close()
    return time.perf_counter() - began


def main():
    """Fill, start, measure and print; end with 1 where a limit is broken."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--open", type=int, default=int(os.environ.get("BENCH_ORDERS", "100000")))
    ask.add_argument("--held", type=int, default=None, help="default: a tenth of the open ones")
    ask.add_argument("--database", help="an empty one; default: a new file")
    ask.add_argument("--rounds", type=int, default=3)
    said = ask.parse_args()
    held = said.open // 10 if said.held is None else said.held
    with tempfile.TemporaryDirectory(prefix="tmf-gateway-bench-") as folder:
        url = said.database or f"sqlite:///{Path(folder) / 'full.sqlite'}"
        empty = f"sqlite:///{Path(folder) / 'empty.sqlite'}"
        seconds = asyncio.run(filled(url, said.open + held, held))
        print(f"{said.open} open and {held} held orders, written in {seconds:.0f} s", flush=True)
        if url.startswith("sqlite"):
            with sqlite3.connect(url.removeprefix("sqlite:///")) as file:
                ((pages, size),) = file.execute("select page_count, page_size from pragma_page_count, pragma_page_size")
            print(f"{pages * size / 1e6:.0f} MB, {pages * size / (said.open + held):.0f} bytes an order")
        found = {}
        for _ in range(said.rounds):
            for workers in (0, 16):
                for name, where in (("empty", empty), ("full", url)):
                    gateway = Started(where, workers)
                    try:
                        fresh, slowest, looked = gateway.megabytes(), gateway.look(), gateway.megabytes()
                    finally:
                        gateway.stop()
                    row = (gateway.seconds, gateway.cpu_seconds, fresh, looked, slowest)
                    found.setdefault((workers, name), []).append(row)
    print(f"{'':24} {'start s':>8} {'cpu s':>8} {'MB':>8} {'MB after a look':>16} {'slowest answer s':>17}")
    broken = False
    for (workers, name), rows in found.items():
        start, cpu, fresh, looked, slowest = (statistics.median(column) for column in zip(*rows, strict=True))
        least = min(row[0] for row in rows)
        print(f"{f'{name}, {workers} workers':24} {start:8.1f} {cpu:8.1f} {fresh:8.0f} {looked:16.0f} {slowest:17.2f}")
        broken = broken or looked > MOST_MEGABYTES or least > MOST_SECONDS
    if broken:
        sys.exit(f"a limit is broken: {MOST_MEGABYTES} MB, {MOST_SECONDS} s")


if __name__ == "__main__":
    main()
