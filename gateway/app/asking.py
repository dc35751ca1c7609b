"""What the command line asks of a running gateway: identities, and whether the systems still agree."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from gateway.app.asking_gateway import asked, print_json
from gateway.app.demo.client import GatewayClient
from gateway.app.demo.report import wide_console
from gateway.canonical.identity import RESOURCE_KINDS
from gateway.ports.errors import GatewayError

__all__ = ["check_agreement", "find_identities"]

_EVERY_SECONDS = 0.2


async def find_identities(url: str, wanted: Mapping[str, str], *, as_json: bool) -> int:
    """Print the identities that match; return 0 where there is one, else 1."""
    async with GatewayClient(url) as client:
        answer = await asked(client, "identities", wanted)
    found = answer.json()
    if as_json:
        print_json(found)
        return 0 if found else 1
    console = wide_console()
    for one in found:
        console.print(_said(one), soft_wrap=True)
    if not found:
        console.print("no such identity is known")
    total = int(answer.headers["x-total-count"])
    if total > len(found):
        console.print(f"{len(found)} of {total} are shown")
    return 0 if found else 1


async def check_agreement(url: str, orders: Sequence[str], seconds: float, *, as_json: bool) -> int:
    """Begin a run, wait for its end and print what is open; return 0 where all that there is agrees, else 1."""
    async with GatewayClient(url) as client:
        begun = await asked(client, "agreement/runs", body={"orders": list(orders)} if orders else {})
        run = begun.json()
        until = time.monotonic() + seconds
        while run["state"] != "done":
            if time.monotonic() > until:
                raise GatewayError("timeout", f"run {run['id']} goes on", f"read {run['href']} later")
            await asyncio.sleep(_EVERY_SECONDS)
            run = (await asked(client, f"agreement/runs/{run['id']}")).json()
        drifts = (await asked(client, "drift", {"state": "open", "limit": "1000"})).json()
    if as_json:
        print_json({"run": run, "drift": drifts})
    else:
        _print_run(wide_console(), run, drifts)
    return 1 if drifts or run["notReadBack"] else 0


def _print_run(console: Console, run: Mapping[str, Any], drifts: Sequence[Mapping[str, Any]]) -> None:
    console.print(f"{run['agreeing']} of {run['orders']} orders agree; {run['opened']} new, {run['closed']} mended")
    for system, reason in run["notReadBack"].items():
        console.print(f"{system}: {reason}")
    scores = Table("predicate", "agree", "of comparable", "of all", box=None)
    for one in run["scores"]:
        scores.add_row(one["predicate"], *(str(one[name]) for name in ("agreeing", "comparable", "statements")))
    console.print(scores)
    for one in drifts:
        money = ", ".join(f"{minor} minor units of {currency}" for currency, minor in one["moneyAtStake"].items())
        where = f" (order {one['order']})" if "order" in one else ""
        stake = f"; at stake: {money}" if money else ""
        console.print(f"{one['code']} {one['reason']}{where}; since {one['openedAt']}{stake}", soft_wrap=True)


def _said(one: Mapping[str, Any]) -> str:
    until = f" until {one['validTo']}" if "validTo" in one else ""
    ours = f"{one['kind']} of product {one['id']}" if one["kind"] in RESOURCE_KINDS else f"{one['kind']} {one['id']}"
    return (
        f"{one['scheme']} {one['legacyId']} in {one['system']} is {ours}, "
        f"order {one['order']}, since {one['validFrom']}{until}"
    )
