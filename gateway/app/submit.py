"""`tmf-gateway submit`: send an order from a file and follow it."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from rich.console import Console

from gateway.app.demo.client import FACES, GatewayClient, open_holds
from gateway.app.demo.report import print_billing, print_findings, print_timeline, wide_console
from gateway.app.serve import configure_logging, running
from gateway.app.settings import Settings
from gateway.ports.errors import SetupError

__all__ = ["submit_file"]


async def submit_file(file: Path, face: str, url: str | None, *, follow: bool, seconds: float) -> int:
    """Send a file's bytes to a face as they are; return 0 where the order is accepted (followed: at its end)."""
    if face not in FACES:
        raise SetupError(f"face {face!r} takes no orders", f"use {' or '.join(FACES)}")
    body = file.read_bytes()  # noqa: ASYNC240 - one small file, before anything runs
    console = wide_console()
    async with _gateway(url, console) as client:
        answer = await client.create(face, body)
        if answer.status_code != 201:
            console.print(f"refused with {answer.status_code}; nothing was stored")
            print_findings(console, answer.json())
            return 1
        order = answer.json()
        console.print(f"accepted: {order['id']} is {order['state']} ({answer.headers['location']})")
        return await _followed(client, console, order["id"], seconds) if follow else 0


async def _followed(client: GatewayClient, console: Console, order_id: str, seconds: float) -> int:
    timeline: dict[str, object] = {}
    with console.status("following …"):
        async for found in client.follow(order_id, seconds):
            timeline = found
    print_timeline(console, timeline)
    rates, bills = await client.billing(timeline)
    print_billing(console, rates, bills)
    for hold in open_holds(timeline):
        console.print(
            f"held at {hold['gate']}: waits for {', '.join(map(str, hold.get('missing', []))) or 'a correction'}"
        )
        print_findings(console, {"finding": hold.get("findings", [])})
    ended = timeline["lifecycle"]["checkpoint"] == "closed"  # type: ignore[index]
    console.print(f"the order is {timeline.get('state')}" + ("" if ended else ", and not at its end"))
    return 0 if ended else 1


@asynccontextmanager
async def _gateway(url: str | None, console: Console) -> AsyncIterator[GatewayClient]:
    """Give a client of the gateway at `url`, of the one at the default port, or of one started for this order."""
    async with GatewayClient(url or f"http://127.0.0.1:{Settings.model_fields['port'].default}") as client:
        if await client.is_alive():
            yield client
            return
        if url is not None:
            raise SetupError(f"no gateway answers at {url}", "start one with tmf-gateway serve, or leave out --url")
    configure_logging("ERROR")
    with tempfile.TemporaryDirectory(prefix="tmf-gateway-") as folder:
        settings = Settings(port=0, database=f"sqlite:///{Path(folder) / 'gateway.sqlite'}")
        async with running(settings) as (_, address), GatewayClient(address) as client:
            console.print(f"started a gateway for this order at {address}, with simulated legacy systems behind it")
            yield client
