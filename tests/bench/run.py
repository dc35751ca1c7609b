"""`make bench`: CPU microseconds of the server process for one accepted order, beside its floor.

Rounds of both servers are interleaved on this machine, and medians and ratios are printed: an absolute time says
little on a shared one. The CPU is the server process's own, all threads, user and system, from /proc.
"""

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import aiohttp
from bodies import BODIES

from adapters.sdk.ports import free_port
from gateway.canonical.ids import new_id

HERE = Path(__file__).parent
PATH = "/tmf-api/productOrderingManagement/v4/productOrder"
TICK = os.sysconf("SC_CLK_TCK")


class Server:
    """One server under measurement, in a process of its own."""

    def __init__(self, name, command, port):
        self.name, self.port = name, port
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)

    def cpu_seconds(self):
        """Return the CPU that the process has used so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    async def ready(self):
        """Wait until the port answers."""
        until = time.monotonic() + 30
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                if time.monotonic() > until or self.process.poll() is not None:
                    sys.exit(f"{self.name} does not start")
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return

    def stop(self):
        """End the process."""
        self.process.terminate()
        self.process.wait(timeout=30)


def servers(folder):
    """Start both servers, each on its own database."""
    ports = free_port(), free_port()
    gateway = [
        str(Path(sys.executable).with_name("tmf-gateway")),
        *("serve", "--workers", "0", "--port", str(ports[0])),
        *("--database", f"sqlite:///{folder / 'gateway.sqlite'}"),
    ]
    floor = [sys.executable, str(HERE / "floor.py"), str(ports[1]), str(folder / "floor.sqlite")]
    return [Server("tmf-gateway", gateway, ports[0]), Server("floor", floor, ports[1])]


async def load(server, body, requests, clients):
    """Send `requests` orders from `clients` connections; return CPU µs an order and orders a second."""
    left = iter(range(requests))
    numbered = body.replace(b'"externalId":"bench"', b'"externalId":"%s"')
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=clients)) as session:

        async def client():
            for _ in left:
                data = numbered % new_id().encode()  # an order of the same number would be the same order
                async with session.post(
                    f"http://127.0.0.1:{server.port}{PATH}", data=data, headers={"content-type": "application/json"}
                ) as answer:
                    text = await answer.read()
                    if answer.status != 201:
                        sys.exit(f"{server.name} answered {answer.status}: {text[:400]!r}")

        before, began = server.cpu_seconds(), time.monotonic()
        await asyncio.gather(*(client() for _ in range(clients)))
        seconds = time.monotonic() - began
        return (server.cpu_seconds() - before) / requests * 1e6, requests / seconds


async def main():
    """Measure and print."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--requests", type=int, default=1500, help="orders a round")
    ask.add_argument("--rounds", type=int, default=5)
    ask.add_argument("--clients", type=int, default=16)
    said = ask.parse_args()
    with tempfile.TemporaryDirectory(prefix="tmf-gateway-bench-") as folder:
        running = servers(Path(folder))
        try:
            for server in running:
                await server.ready()
            for server in running:  # warm up
                for body in BODIES.values():
                    await load(server, body, 200, said.clients)
            found = {}
            for _ in range(said.rounds):
                for size, body in BODIES.items():
                    for server in running:
                        found.setdefault((size, server.name), []).append(
                            await load(server, body, said.requests, said.clients)
                        )
        finally:
            for server in running:
                server.stop()
    print(f"CPU µs of the server for one accepted, durably stored order ({said.clients} clients, {said.rounds} rounds)")
    print(f"{'body':>14} {'tmf-gateway':>24} {'floor':>24} {'ratio':>7} {'orders/s':>9}")
    for size, body in BODIES.items():
        ours, floor = found[size, "tmf-gateway"], found[size, "floor"]
        ratio = statistics.median(a / b for (a, _), (b, _) in zip(ours, floor, strict=True))
        rate = statistics.median(rate for _, rate in ours)
        print(
            f"{size + f' {len(body) / 1000:.1f} KB':>14} {figures(ours):>24} {figures(floor):>24} {ratio:7.2f} {rate:9.0f}"
        )


def figures(rounds):
    """Return median (least to most) of the CPU figures."""
    cpu = [one for one, _ in rounds]
    return f"{statistics.median(cpu):.0f} ({min(cpu):.0f} to {max(cpu):.0f})"


if __name__ == "__main__":
    asyncio.run(main())
