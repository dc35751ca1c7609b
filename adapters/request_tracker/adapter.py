"""The field-work adapter: opens one ticket a visit or shipment, and asks until the crew has resolved it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from adapters.request_tracker import from_legacy, to_legacy
from adapters.request_tracker.client import TicketClient
from adapters.request_tracker.from_legacy import Ticket, Words
from adapters.request_tracker.settings import RequestTrackerSettings
from adapters.request_tracker.to_legacy import Job
from adapters.sdk.doing import DoingAdapter
from adapters.sdk.facts import Speaker
from adapters.sdk.loss import Losses, translates
from gateway.canonical.fact import Fact
from gateway.ports.adapter import Capability, Message, Operation, Outcome, Refusal, Report, Role
from gateway.ports.errors import NotSupported, Refused
from gateway.ports.outcome import Known, known_of
from gateway.ports.polling import Changed, Polled
from gateway.vocabulary.table import Vocabulary

__all__ = ["RequestTrackerAdapter"]

_CANCELLED, _COMPLETED, _WAITING = "cancelled", "completed", "acknowledged"
_NEWEST = timedelta(seconds=1)  # its times have whole seconds, so the last second may still be going on


class RequestTrackerAdapter(DoingAdapter):
    """Plays `field-work` with Request Tracker. A booked visit is a new ticket; to build is to open it for the crew."""

    name = "request-tracker"
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
        "poll": Capability.FULL,
    }

    def __init__(self, settings: RequestTrackerSettings, tables: Mapping[str, Vocabulary]) -> None:
        super().__init__(Losses.beside(self.name, __file__), again_after_seconds=settings.wait_seconds)
        self._settings = settings
        self._words = Words.of(tables)
        self._states = self._words.states
        self._client = TicketClient(settings)
        self._speaker = Speaker(self.name, "request-tracker@0.1")

    @translates
    async def cancel(self, message: Message) -> Report:
        """Call off tickets. Raises Refused, before calling off any, once one is resolved.

        With `leave_done` a resolved ticket stays, and what it states is reported.
        """
        if message.operation not in {Operation.BOOK, Operation.BUILD}:
            raise NotSupported(self.name, f"cancel {message.operation}")
        tickets = await self._tickets(message)
        states = {one.id: one.state(self._states) for one in tickets}
        done = [one for one in tickets if states[one.id] == _COMPLETED]
        if done and not message.leave_done:
            text = f"ticket {done[0].id} is completed"
            raise Refused(done[0].status, text, subject=f"item:{done[0].item}")
        for one in tickets:
            if states[one.id] not in {_COMPLETED, _CANCELLED}:
                await self._client.set_status(one.id, self._states.inverse(_CANCELLED))
        jobs = {job.item: job for job in to_legacy.jobs(message)}
        facts = [fact for one in done if one.item in jobs for fact in await self._completed(jobs[one.item], one)]
        return Report(outcome=Outcome.DONE, facts=tuple(facts))

    async def outcome_of(self, message: Message) -> Known:
        """Look under the order's reference for its tickets, and whether they are open for a crew."""
        wanted = [job for job in to_legacy.jobs(message) if self._needs_ticket(message, job)]
        tickets = {one.item: one for one in await self._tickets(message)} if wanted else {}
        undone = _WAITING if message.operation is Operation.BUILD else _CANCELLED
        found = [tickets[job.item] for job in wanted if job.item in tickets]
        found = [one for one in found if one.state(self._states) != undone]
        return known_of(len(found), len(wanted))

    async def poll(self, cursor: str | None) -> Polled:
        """Return whose tickets have changed since; the last second is asked for again."""
        since = cursor or datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        rows = await self._client.changed_since(since)
        tickets = [from_legacy.read_ticket(row, self._words) for row in rows]
        latest = max((one.changed for one in tickets), default=None)
        moved = (latest - _NEWEST).strftime("%Y-%m-%dT%H:%M:%SZ") if latest else since
        changes = [Changed(reference=one) for one in dict.fromkeys(ticket.reference for ticket in tickets)]
        return Polled(
            changes=tuple(changes[-1000:]), cursor=max(moved, since), again_after_seconds=self._settings.poll_seconds
        )

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

    @staticmethod
    def _needs_ticket(message: Message, job: Job) -> bool:
        return job.visit or (bool(job.devices) and message.operation is Operation.BUILD)

    async def _tickets(self, message: Message) -> list[Ticket]:
        """Return the tickets of the message's items, oldest first."""
        rows = await self._client.tickets(message.reference_key)
        found = [from_legacy.read_ticket(row, self._words) for row in rows]
        return [one for one in found if not message.items or one.item in message.items]

    async def _book(self, message: Message, *, may_send: bool) -> Report:
        """Open a ticket for each visit. It is booked once it has both its times: those asked for, or a dispatcher's."""
        jobs = list(to_legacy.jobs(message))
        facts = [from_legacy.self_installed(self._speaker, job, datetime.now(UTC)) for job in jobs if not job.visit]
        visits = [job for job in jobs if job.visit]
        if not visits:
            return Report(outcome=Outcome.DONE, facts=tuple(facts))
        held, called_off = await self._held(message)
        missing = [job for job in visits if job.item not in held]
        if missing and may_send:
            for job in missing:
                await self._client.open_ticket(to_legacy.ticket(message, job))
            held, called_off = await self._held(message)
        ids = {f"ticket {item}": ticket.id for item, ticket in held.items()}
        refusals: list[Refusal] = []
        for job in visits:
            ticket, lost = held.get(job.item), called_off.get(job.item)
            if ticket is None and lost is not None and not may_send:
                refusals.append(_called_off(job, lost))
            elif ticket is None or ticket.starts is None or ticket.due is None:
                return self._working(ids)
            else:
                facts.append(from_legacy.booked(self._speaker.reading(self._states), job, ticket))
        return Report(outcome=Outcome.DONE, facts=tuple(facts), refusals=tuple(refusals), legacy_ids=ids)

    async def _held(self, message: Message) -> tuple[dict[str, Ticket], dict[str, Ticket]]:
        """Return the latest ticket of each item that stands, and the latest that was called off."""
        held: dict[str, Ticket] = {}
        called_off: dict[str, Ticket] = {}
        for one in await self._tickets(message):
            (called_off if one.state(self._states) == _CANCELLED else held)[one.item] = one
        return held, called_off

    async def _build(self, message: Message, *, may_send: bool) -> Report:
        jobs = [job for job in to_legacy.jobs(message) if self._needs_ticket(message, job)]
        if not jobs:
            return Report(outcome=Outcome.DONE)
        # A ticket that is called off is answered as such; it is not opened again behind the crew's back.
        tickets = {one.item: one for one in await self._tickets(message)}
        ids = {f"ticket {item}": ticket.id for item, ticket in tickets.items()}
        if may_send and (sent := await self._hand_over(message, jobs, tickets)):
            return self._working(ids | sent)
        states = {job.item: tickets[job.item].state(self._states) for job in jobs if job.item in tickets}
        if len(states) < len(jobs) or not {_COMPLETED, _CANCELLED}.issuperset(states.values()):
            return self._working(ids)
        facts: list[Fact] = []
        refusals: list[Refusal] = []
        for job in jobs:
            ticket = tickets[job.item]
            if states[job.item] == _CANCELLED:
                refusals.append(_called_off(job, ticket))
            else:
                facts += await self._completed(job, ticket)
        return Report(outcome=Outcome.DONE, facts=tuple(facts), refusals=tuple(refusals), legacy_ids=ids)

    async def _hand_over(self, message: Message, jobs: list[Job], tickets: Mapping[str, Ticket]) -> dict[str, str]:
        """Open what is missing, and every ticket that is new for the crew. Return the tickets that were handed over."""
        sent: dict[str, str] = {}
        for job in jobs:
            ticket = tickets.get(job.item)
            key = None if ticket is None or ticket.state(self._states) != _WAITING else ticket.id
            if ticket is None:
                key = await self._client.open_ticket(to_legacy.ticket(message, job))
            if key is not None:
                await self._client.set_status(key, self._states.inverse("inProgress"))
                sent[f"ticket {job.item}"] = key
        return sent

    async def _completed(self, job: Job, ticket: Ticket) -> list[Fact]:
        at = from_legacy.closed_at(await self._client.history(ticket.id), ticket, self._words)
        return list(from_legacy.completed(self._speaker, job, ticket, at, self._words))


def _called_off(job: Job, ticket: Ticket) -> Refusal:
    return Refusal(subject=job.subject, legacy_code=ticket.status, legacy_text=f"ticket {ticket.id} was called off")
