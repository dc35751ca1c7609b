"""The field-work adapter: books, opens tickets, asks until they are closed."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from adapters.sdk.doing import DoingAdapter
from adapters.sdk.facts import Speaker
from adapters.sdk.loss import Losses, translates
from adapters.simulated.field import from_legacy, to_legacy
from adapters.simulated.field.client import FieldClient
from adapters.simulated.field.settings import FieldSettings
from gateway.canonical.fact import Fact
from gateway.ports.adapter import Capability, Message, Operation, Outcome, Refusal, Report, Role
from gateway.ports.errors import NotSupported, Refused
from gateway.ports.outcome import Known, known_of
from gateway.vocabulary.load import require
from gateway.vocabulary.table import Vocabulary

__all__ = ["FieldAdapter"]

_CANCELLED = "cancelled"
_COMPLETED = "completed"


class FieldAdapter(DoingAdapter):
    """Plays `field-work` against the simulated system."""

    name = "simulated-field"
    role = Role.FIELD_WORK
    capabilities: ClassVar[Mapping[str, Capability]] = {
        "book": Capability.FULL,
        "build": Capability.FULL,
        "cancel book": Capability.FULL,
        "cancel build": Capability.FULL,
        "lookup book": Capability.FULL,
        "lookup build": Capability.FULL,
        "observe": Capability.NOT_IMPLEMENTED,
        "inventory": Capability.NOT_IMPLEMENTED,
    }

    def __init__(self, settings: FieldSettings, tables: Mapping[str, Vocabulary]) -> None:
        super().__init__(Losses.beside(self.name, __file__), again_after_seconds=settings.poll_seconds)
        self._words = from_legacy.Words(
            *require(tables, Path("codes.yaml"), "field-status", "field-document", "field-level-unit")
        )
        self._states = self._words.states
        self._client = FieldClient(settings.url, settings.answer_seconds)
        self._speaker = Speaker(self.name, "simulated-field@0.1")

    @translates
    async def cancel(self, message: Message) -> Report:
        """Call off appointments or tickets. Raises Refused, before calling off any, once a ticket is completed.

        With `leave_done` a completed ticket stays, and what it states is reported.
        """
        if message.operation is Operation.BOOK:
            return await self._call_off_appointments(message)
        if message.operation is Operation.BUILD:
            return await self._call_off_tickets(message)
        raise NotSupported(self.name, f"cancel {message.operation}")

    async def outcome_of(self, message: Message) -> Known:
        """Look under the order's reference for its appointments or tickets."""
        wanted = list(to_legacy.jobs(message))
        if message.operation is Operation.BOOK:
            visits = [job for job in wanted if job.visit]
            found = await self._client.find("appointment", message.reference_key) if visits else []
            return known_of(sum(self._held(job, found) is not None for job in visits), len(visits))
        jobs = [job for job in wanted if job.visit or job.devices]
        rows = await self._client.find("ticket", message.reference_key) if jobs else []
        items = {from_legacy.read_ticket(row).Item for row in rows}
        return known_of(sum(job.item in items for job in jobs), len(jobs))

    async def check(self) -> str:
        """Return one line on the system's health."""
        return await self._client.health()

    async def close(self) -> None:
        """Release connections."""
        await self._client.close()

    async def _do(self, message: Message, *, may_send: bool) -> Report:
        if message.operation is Operation.BOOK:
            return await self._book(message, may_send=may_send)
        if message.operation is Operation.BUILD:
            return await self._build(message, may_send=may_send)
        raise NotSupported(self.name, message.operation)

    async def _book(self, message: Message, *, may_send: bool) -> Report:
        facts: list[Fact] = []
        ids: dict[str, str] = {}
        wanted = list(to_legacy.jobs(message))
        visits = any(job.visit for job in wanted)
        found = await self._client.find("appointment", message.reference_key) if visits else []
        for job in wanted:
            if not job.visit:
                facts.append(from_legacy.self_installed(self._speaker, job, datetime.now(UTC)))
                continue
            made = self._held(job, found)
            if made is None:
                if not may_send:
                    return self._working(ids)
                made = await self._appointment(message, job)
            ids[f"appointment {job.item}"] = made.id
            facts.append(from_legacy.booked(self._speaker.reading(self._states), job, made))
        return Report(outcome=Outcome.DONE, facts=tuple(facts), legacy_ids=ids)

    def _held(self, job: to_legacy.Job, found: list[dict[str, object]]) -> from_legacy.Appointment | None:
        for row in found:
            held = from_legacy.read_appointment(row)
            if held.Item == job.item and from_legacy.state(held, self._states, job.subject) != _CANCELLED:
                return held
        return None

    async def _appointment(self, message: Message, job: to_legacy.Job) -> from_legacy.Appointment:
        made = from_legacy.read_appointment(await self._client.make("appointment", to_legacy.appointment(message, job)))
        from_legacy.state(made, self._states, job.subject)
        return made

    async def _build(self, message: Message, *, may_send: bool) -> Report:
        wanted = [job for job in to_legacy.jobs(message) if job.visit or job.devices]
        if not wanted:
            return Report(outcome=Outcome.DONE)
        rows = await self._client.find("ticket", message.reference_key)
        # A ticket that is called off is answered as such; it is not opened again behind the crew's back.
        tickets = {ticket.Item: ticket for ticket in map(from_legacy.read_ticket, reversed(rows))}
        missing = [job for job in wanted if job.item not in tickets]
        ids = {f"ticket {item}": ticket.id for item, ticket in tickets.items()}
        for job in missing if may_send else ():
            made = await self._client.make("ticket", to_legacy.ticket(message, job))
            ids[f"ticket {job.item}"] = str(made.get("id"))
        states = {
            job.item: from_legacy.state(tickets[job.item], self._states, job.subject)
            for job in wanted
            if job.item in tickets
        }
        if missing or not {_COMPLETED, _CANCELLED}.issuperset(states.values()):
            return self._working(ids)
        facts: list[Fact] = []
        refusals: list[Refusal] = []
        for job in wanted:
            ticket = tickets[job.item]
            if states[job.item] == _CANCELLED:
                text = f"ticket {ticket.id} was called off"
                refusals.append(Refusal(subject=job.subject, legacy_code=ticket.Status, legacy_text=text))
            else:
                facts.extend(from_legacy.completed(self._speaker, job, ticket, self._words))
        return Report(outcome=Outcome.DONE, facts=tuple(facts), refusals=tuple(refusals), legacy_ids=ids)

    async def _call_off_appointments(self, message: Message) -> Report:
        for row in await self._client.find("appointment", message.reference_key):
            held = from_legacy.read_appointment(row)
            if _wanted(message, held.Item) and held.Status != self._states.inverse(_CANCELLED):
                await self._client.call_off("appointment", held.id, self._states.inverse(_CANCELLED))
        return Report(outcome=Outcome.DONE)

    async def _call_off_tickets(self, message: Message) -> Report:
        rows = await self._client.find("ticket", message.reference_key)
        done, open_ones = [], []
        for ticket in map(from_legacy.read_ticket, rows):
            if not _wanted(message, ticket.Item):
                continue
            state = from_legacy.state(ticket, self._states, f"item:{ticket.Item}")
            if state == _COMPLETED and not message.leave_done:
                text = f"ticket {ticket.id} is completed"
                raise Refused(ticket.Status, text, subject=f"item:{ticket.Item}")
            if state == _COMPLETED:
                done.append(ticket)
            elif state != _CANCELLED:
                open_ones.append(ticket.id)
        for key in open_ones:
            await self._client.call_off("ticket", key, self._states.inverse(_CANCELLED))
        jobs = {job.item: job for job in to_legacy.jobs(message)}
        facts = [
            fact
            for ticket in done
            if ticket.Item in jobs
            for fact in from_legacy.completed(self._speaker, jobs[ticket.Item], ticket, self._words)
        ]
        return Report(outcome=Outcome.DONE, facts=tuple(facts))


def _wanted(message: Message, item: str) -> bool:
    return not message.items or item in message.items
