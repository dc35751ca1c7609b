"""The adapter for the simulated field-work system: books visits, opens tickets, and asks how they come on."""

from collections.abc import Mapping
from pathlib import Path

from adapters.sdk.conformance import load_conformance
from adapters.sdk.facts import Speaker
from adapters.sdk.reading import reading
from adapters.simulated.field.client import FieldClient
from adapters.simulated.field.from_legacy import Codes, appointment_facts, state_of, ticket_facts
from adapters.simulated.field.settings import FieldSettings
from adapters.simulated.field.to_legacy import appointment_to_legacy, jobs, ticket_to_legacy
from gateway.canonical.fact import Fact
from gateway.canonical.states import FINAL_ORDER_STATES, OrderState
from gateway.ports.adapter import Message, Operation, Outcome, Report, Role
from gateway.ports.errors import NotSupported, Refused
from gateway.vocabulary.load import require
from gateway.vocabulary.table import Vocabulary

__all__ = ["FieldAdapter"]

_HERE = Path(__file__).parent
_TABLES = ("status", "document", "level")


class FieldAdapter:
    """Plays `field-work`. Raises any AdapterError."""

    name = "simulated-field"
    role = Role.FIELD_WORK

    def __init__(self, settings: FieldSettings, tables: Mapping[str, Vocabulary]) -> None:
        found = require(tables, _HERE / "codes.yaml", *(f"{self.name}-{part}" for part in _TABLES))
        self.capabilities = load_conformance(_HERE / "conformance.yaml")
        self._codes = Codes(*found)
        self._speaker = Speaker(self.name, f"{self.name}@1", found[0].name)
        self._poll_seconds = settings.poll_seconds
        self._client = FieldClient(settings)
        self._steps = {Operation.BOOK: self._book, Operation.BUILD: self._build}

    async def submit(self, message: Message) -> Report:
        """Make what the order asks for and is not there yet; report what is there."""
        if message.operation not in self._steps:
            raise NotSupported(self.name, message.operation)
        return await self._steps[message.operation](message)

    async def fetch(self, message: Message) -> Report:
        """Ask how it has come on. What is there is not made again, so this is `submit` once more."""
        return await self.submit(message)

    async def cancel(self, message: Message) -> Report:
        """Call back appointments, or tickets that are not completed. Raises Refused for a completed visit."""
        kind = "appointment" if message.operation is Operation.BOOK else "ticket"
        found = await self._client.find(kind, message.reference_key)
        with reading(self.name, found):
            states = {key: state_of(row, self._codes) for key, row in found.items()}
        for item, row in found.items():  # nothing is called back unless all of it can be
            if states[item] is OrderState.COMPLETED and row["WorkType"] == "VISIT":
                raise Refused("CPD", f"the visit for item {item} is completed", subject=f"item:{item}")
        for item, row in found.items():
            if states[item] not in FINAL_ORDER_STATES:
                await self._client.set_status(kind, row["id"], self._codes.status.inverse(OrderState.CANCELLED))
        return Report(outcome=Outcome.DONE)

    async def check(self) -> str:
        """Return one line on its health."""
        said = await self._client.health()
        return f"{said.get('system')} is {said.get('status')} (simulated)"

    async def close(self) -> None:
        """Release connections."""
        await self._client.close()

    async def _book(self, message: Message) -> Report:
        wanted = [job for job in jobs(message) if job.work_type == "VISIT" or job.site_bound]
        found = await self._client.find("appointment", message.reference_key)
        missing = [job for job in wanted if job.item.id not in found]
        for job in missing:
            await self._client.make("appointment", appointment_to_legacy(message, job))
        if missing:
            found = await self._client.find("appointment", message.reference_key)
        facts: list[Fact] = []
        with reading(self.name, found):
            for job in wanted:
                facts += appointment_facts(job, found[job.item.id], self._codes, self._speaker)
        ids = {f"appointment {job.item.subject}": str(found[job.item.id]["id"]) for job in wanted}
        return Report(outcome=Outcome.DONE, facts=tuple(facts), legacy_ids=ids)

    async def _build(self, message: Message) -> Report:
        wanted = [job for job in jobs(message) if job.work_type == "VISIT" or job.devices]
        found = await self._client.find("ticket", message.reference_key)
        missing = [job for job in wanted if job.item.id not in found]
        for job in missing:
            await self._client.make("ticket", ticket_to_legacy(message, job))
        if missing:
            found = await self._client.find("ticket", message.reference_key)
        facts: list[Fact] = []
        with reading(self.name, found):
            for job in wanted:
                facts += ticket_facts(job, found[job.item.id], self._codes, self._speaker)
            open_still = [job for job in wanted if state_of(found[job.item.id], self._codes) not in FINAL_ORDER_STATES]
        return Report(
            outcome=Outcome.WORKING if open_still else Outcome.DONE,
            facts=tuple(facts),
            legacy_ids={f"ticket {job.item.subject}": str(found[job.item.id]["id"]) for job in wanted},
            again_after_seconds=self._poll_seconds,
        )
