"""Running the demonstration: start everything, send the day, watch it, tell what happened."""

import asyncio
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import orjson
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from gateway.app.demo import bodies, report
from gateway.app.demo.bodies import Wire
from gateway.app.demo.client import GatewayClient, is_at_end
from gateway.app.demo.day import Entry, working_day
from gateway.app.demo.outcome import DayOutcome, EntryOutcome
from gateway.app.demo.real_day import first_contact, first_mended, real_day
from gateway.app.demo.schema import WireSchemas
from gateway.app.documents import documents_directory
from gateway.app.runtime import Runtime
from gateway.app.serve import configure_logging, running
from gateway.app.settings import Settings
from gateway.lifecycle.agreement import agreement_of
from gateway.ports.adapter import Role
from gateway.ports.errors import SetupError
from gateway.ports.rehearsal import Misbehaves, is_simulated

__all__ = ["run_demo"]


@dataclass(frozen=True, slots=True)
class _Programme:
    """What is sent to the systems of a landscape. `first` is refused as it is, and goes through when it is mended."""

    first: Callable[[], Wire]
    mended: Callable[[Wire], Wire]
    title: str
    day: Callable[[], tuple[Entry, ...]]
    systems: str
    seconds: float


_PROGRAMMES: Mapping[str, _Programme] = {
    "simulated": _Programme(
        bodies.country_code_missing,
        bodies.mended,
        "mobile line, as TM Forum's example, mended",
        working_day,
        "four [bold]simulated[/bold] legacy systems",
        120.0,
    ),
    "real": _Programme(
        first_contact,
        lambda _: first_mended(),
        "fibre with an activation fee, mended",
        real_day,
        "[bold]Tryton, Request Tracker and FreeRADIUS[/bold], with simulated crews",
        420.0,
    ),
}


async def run_demo(*, as_json: bool, keep: bool, port: int, pace: float, landscape: str = "simulated") -> int:
    """Run the day; return 0 where every disagreement was seen in time and no healthy order stopped, else 1.

    Raises SetupError for a landscape that no day was written for, and where its systems do not start.
    """
    if landscape not in _PROGRAMMES:
        raise SetupError(f"no day was written for landscape {landscape}", f"use one of {', '.join(_PROGRAMMES)}")
    programme = _PROGRAMMES[landscape]
    configure_logging("ERROR")
    console = report.wide_console(stderr=as_json)
    with tempfile.TemporaryDirectory(prefix="tmf-gateway-demo-") as folder:
        database = f"sqlite:///{Path(folder) / 'gateway.sqlite'}"
        settings = Settings(port=port, database=database, landscape=landscape, pace=pace)
        async with running(settings) as (runtime, address), GatewayClient(address) as client:
            day = _Day(runtime, client, console, programme)
            console.print(f"[bold]tmf-gateway[/bold] serves {address}; behind it {programme.systems}")
            outcome = await day.run()
            if as_json:
                print(orjson.dumps(outcome.as_data(), option=orjson.OPT_INDENT_2).decode())  # noqa: T201
            else:
                report.print_day(console, outcome)
            if keep:
                console.print(f"\nleft running at {address} (documents at /tmf-api/productOrderingManagement/v4/ui/)")
                console.print("end with Ctrl-C")
                await _until_interrupted()
            return 0 if outcome.is_as_it_should_be else 1


class _Day:
    def __init__(self, runtime: Runtime, client: GatewayClient, console: Console, programme: _Programme) -> None:
        self._runtime, self._client, self._console = runtime, client, console
        self._programme = programme
        self._schemas = WireSchemas(documents_directory())
        assert runtime.live is not None
        self._systems = {role: str(found["url"]) for role, found in runtime.live.addresses.items()}
        self._simulations = runtime.live.simulations
        self._until = time.monotonic() + programme.seconds

    async def run(self) -> DayOutcome:
        began = time.monotonic()
        refused, first = await self._first_contact()
        day = self._programme.day()
        entries = await self._send(day)
        await self._watch(entries)
        await self._settle(entries)
        ids = [one.order_id for one in (first, *entries) if one.order_id]
        aggregates = [found for found in [await self._runtime.repository.load(one) for one in ids] if found]
        return DayOutcome(
            refused_first=refused,
            first=first,
            entries=tuple(entries),
            agreement=agreement_of(aggregates, self._runtime.desk.terms),
            seconds=time.monotonic() - began,
            simulated=all(map(is_simulated, self._simulations)),
        )

    async def _first_contact(self) -> tuple[dict[str, Any], EntryOutcome]:
        """Send an order that is valid by its schema and not meant as written; then the same, mended."""
        wrong = self._programme.first()
        answer = await self._client.create("tmf622-v4", wrong)
        refused = {
            "status": answer.status_code,
            "error": answer.json(),
            "schema": self._schemas.refusal("tmf622-v4", wrong),
        }
        entry = Entry(name="first-contact", title=self._programme.title, body=self._programme.mended(wrong))
        outcome = await self._submit(entry)
        async for timeline in self._client.follow(outcome.order_id or "", self._programme.seconds / 4):
            outcome.timeline = timeline
        outcome.rates, outcome.bills = await self._client.billing(outcome.timeline)
        return refused, outcome

    async def _send(self, day: Sequence[Entry]) -> list[EntryOutcome]:
        for entry in day:
            if entry.fault:
                await self._seed(entry)
        return list(await asyncio.gather(*(self._submit(entry) for entry in day)))

    async def _seed(self, entry: Entry) -> None:
        """Tell a system to misbehave for one order."""
        assert entry.fault is not None
        roles, faults = entry.fault
        for role, fault in zip(map(Role, roles.split("+")), faults.split("+"), strict=True):
            playing = [one for one in self._simulations if role in one.settings and isinstance(one, Misbehaves)]
            if playing:
                await playing[0].misbehave(role, entry.name, fault)
                continue
            async with httpx.AsyncClient(trust_env=False) as http:
                body = {"reference": entry.name, "fault": fault}
                (await http.post(f"{self._systems[role]}/_faults", json=body)).raise_for_status()

    async def _submit(self, entry: Entry) -> EntryOutcome:
        outcome = EntryOutcome(entry)
        answer = await self._client.create("tmf622-v4", entry.body)
        outcome.status = answer.status_code
        outcome.schema_refusal = self._schemas.refusal("tmf622-v4", entry.body)
        if answer.status_code != 201:
            outcome.error = answer.json()
            return outcome
        outcome.order_id = answer.json()["id"]
        if entry.outside:
            await self._send_outside(outcome)
        if entry.cancel:
            await self._cancel(outcome)
        return outcome

    async def _send_outside(self, outcome: EntryOutcome) -> None:
        """Send the service order of an outside order manager, once the product order waits for it."""
        assert outcome.order_id is not None
        assert outcome.entry.outside is not None
        async for timeline in self._client.follow(outcome.order_id, self._programme.seconds / 4):
            outcome.timeline = timeline
        body = outcome.entry.outside(outcome.order_id)
        answer = await self._client.create("tmf641-v4", body)
        outcome.schema_refusal = outcome.schema_refusal or self._schemas.refusal("tmf641-v4", body)
        outcome.status = answer.status_code
        if answer.status_code != 201:
            outcome.error = answer.json()

    async def _cancel(self, outcome: EntryOutcome) -> None:
        """Cancel once the order is on its way and before the crew is done."""
        assert outcome.order_id is not None
        for _ in range(int(self._programme.seconds)):
            order = await self._client.read("tmf622-v4", outcome.order_id)
            if order["state"] == "inProgress":
                break
            await asyncio.sleep(0.05)
        answer = await self._client.cancel(outcome.order_id, "the customer moved elsewhere")
        outcome.status = answer.status_code

    async def _watch(self, entries: Sequence[EntryOutcome]) -> None:
        waiting = {one.order_id: one for one in entries if one.order_id}
        columns = (
            TextColumn("a working day"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("orders"),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=self._console) as progress:
            task = progress.add_task("orders", total=len(waiting))
            while waiting and time.monotonic() < self._until:
                for order_id, one in list(waiting.items()):
                    one.timeline = await self._client.timeline(order_id)
                    if is_at_end(one.timeline):
                        del waiting[order_id]
                        progress.advance(task)
                await asyncio.sleep(0.2)

    async def _settle(self, entries: Sequence[EntryOutcome]) -> None:
        """Read everything once more, with rates and bills, and check each answer against its document."""
        for one in entries:
            if one.order_id:
                one.timeline = await self._client.timeline(one.order_id)
                one.rates, one.bills = await self._client.billing(one.timeline)
                for kind, wires in (("rate", one.rates), ("bill", one.bills)):
                    for wire in wires:
                        one.schema_refusal = one.schema_refusal or self._schemas.refusal(kind, wire)


async def _until_interrupted() -> None:
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        return
