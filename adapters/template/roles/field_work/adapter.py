"""The field-work adapter of template: books, opens tickets, and asks until they are closed."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from adapters.sdk.doing import DoingAdapter
from adapters.sdk.facts import Speaker
from adapters.sdk.loss import Losses, translates
from adapters.template.roles.field_work import from_legacy, to_legacy
from adapters.template.transports.http.client import TemplateClient
from adapters.template.transports.http.settings import TemplateSettings
from gateway.canonical.fact import Fact
from gateway.ports.adapter import Capability, Message, Operation, Outcome, Refusal, Report, Role
from gateway.ports.errors import NotSupported, Refused
from gateway.ports.outcome import Known, known_of
from gateway.vocabulary.conformance import load_declaration
from gateway.vocabulary.table import Vocabulary

__all__ = ["TemplateAdapter"]

_IGNORED = load_declaration(Path(__file__).with_name("conformance.yaml")).ignored

_CANCELLED, _COMPLETED = "cancelled", "completed"
_OPEN = frozenset({"acknowledged", "inProgress", "held", "pending", "assessingCancellation", "pendingCancellation"})


class TemplateAdapter(DoingAdapter):
    """Plays `field-work`."""

    name = "template"
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

    def __init__(self, settings: TemplateSettings, tables: Mapping[str, Vocabulary], codes: Path) -> None:
        super().__init__(Losses(self.name, _IGNORED), again_after_seconds=settings.poll_seconds)
        self._words = from_legacy.Words.of(tables, codes)
        self._client = TemplateClient(settings)
        self._speaker = Speaker(self.name, "template@0.1")

    @translates
    async def cancel(self, message: Message) -> Report:
        """Call off appointments or tickets. Raises Refused, before calling off any, once a ticket is completed.

        With `leave_done` a completed ticket stays, and what it states is reported.
        """
        if message.operation is Operation.BOOK:
            return await self._call_off(message, "appointment", await self._found(message, "appointment"))
        if message.operation is Operation.BUILD:
            return await self._call_off_tickets(message)
        raise NotSupported(self.name, f"cancel {message.operation}")

    async def outcome_of(self, message: Message) -> Known:
        """Look under the order's reference for its appointments or tickets."""
        kind, wanted = _wanted(message)
        found = await self._found(message, kind) if wanted else {}
        return known_of(sum(job.item in found for job in wanted), len(wanted))

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

    async def _found(self, message: Message, kind: str) -> dict[str, from_legacy.Row]:
        """Return what stands under the order's reference by item; an appointment that was called off is none."""
        found: dict[str, from_legacy.Row] = {}
        for row in await self._client.find(kind, reference=message.reference_key):
            item = from_legacy.member(row, "item")
            if message.items and item not in message.items:
                continue
            if kind == "ticket" or from_legacy.state(row, self._words, f"item:{item}") != _CANCELLED:
                found.setdefault(item, row)
        return found

    async def _book(self, message: Message, *, may_send: bool) -> Report:
        facts: list[Fact] = []
        ids: dict[str, str] = {}
        wanted = list(to_legacy.jobs(message))
        found = await self._found(message, "appointment") if any(job.visit for job in wanted) else {}
        waits = False
        for job in wanted:
            if not job.visit:
                facts.append(from_legacy.self_installed(self._speaker, job, datetime.now(UTC)))
                continue
            made = found.get(job.item)
            if made is None and may_send:
                made = await self._client.make("appointment", to_legacy.appointment(message, job))
            if made is None or not made.get("status"):  # not there, or taken in and not yet dealt with
                waits = True
                continue
            from_legacy.state(made, self._words, job.subject)
            ids[f"appointment {job.item}"] = from_legacy.member(made, "id")
            facts.append(from_legacy.booked(self._speaker, job, made, self._words))
        return self._working(ids) if waits else Report(outcome=Outcome.DONE, facts=tuple(facts), legacy_ids=ids)

    async def _build(self, message: Message, *, may_send: bool) -> Report:
        _, wanted = _wanted(message)
        if not wanted:
            return Report(outcome=Outcome.DONE)
        tickets = await self._found(message, "ticket")
        for job in wanted if may_send else ():
            if job.item not in tickets:
                tickets[job.item] = await self._client.make("ticket", to_legacy.ticket(message, job))
        ids = {f"ticket {item}": str(row["id"]) for item, row in tickets.items() if row.get("id")}
        settled = {item: row for item, row in tickets.items() if row.get("status")}
        states = {item: from_legacy.state(row, self._words, f"item:{item}") for item, row in settled.items()}
        if any(job.item not in states or states[job.item] in _OPEN for job in wanted):
            return self._working(ids)
        facts: list[Fact] = []
        refusals: list[Refusal] = []
        for job in wanted:
            row = settled[job.item]
            if states[job.item] == _COMPLETED:
                facts += from_legacy.completed(self._speaker, job, row, await self._documents(row), self._words)
            else:  # a ticket that was called off is answered as such; it is not opened again behind the crew's back
                text = f"ticket {row['id']} was not done"
                refusals.append(Refusal(subject=job.subject, legacy_code=row["status"], legacy_text=text))
        return Report(outcome=Outcome.DONE, facts=tuple(facts), refusals=tuple(refusals), legacy_ids=ids)

    async def _documents(self, ticket: from_legacy.Row) -> list[from_legacy.Row]:
        return await self._client.find("document", ticket=from_legacy.member(ticket, "id"))

    async def _call_off_tickets(self, message: Message) -> Report:
        found = await self._found(message, "ticket")
        jobs = {job.item: job for job in to_legacy.jobs(message)}
        facts: list[Fact] = []
        for item, row in list(found.items()):
            if row.get("status") and from_legacy.state(row, self._words, f"item:{item}") == _COMPLETED:
                if not message.leave_done:
                    raise Refused(row["status"], f"ticket {row['id']} is completed", subject=f"item:{item}")
                del found[item]
                documents = await self._documents(row)
                facts += from_legacy.completed(self._speaker, jobs[item], row, documents, self._words)
        report = await self._call_off(message, "ticket", found)
        return report.model_copy(update={"facts": tuple(facts)})

    async def _call_off(self, message: Message, kind: str, rows: Mapping[str, from_legacy.Row]) -> Report:
        """Call off what is not called off yet, and look whether that is in force."""
        code = self._words.states.inverse(_CANCELLED)
        ours = {item: row for item, row in rows.items() if not message.items or item in message.items}
        for row in ours.values():
            if row.get("status") and row["status"] != code:
                await self._client.change(kind, from_legacy.member(row, "id"), status=code)
        left = await self._client.find(kind, reference=message.reference_key) if ours else []
        waits = any(row.get("item") in ours and row.get("status") != code for row in left)
        return self._working() if waits else Report(outcome=Outcome.DONE)


def _wanted(message: Message) -> tuple[str, list[to_legacy.Job]]:
    """Return what a message's jobs are in template, and those of them that it has to do there."""
    jobs = to_legacy.jobs(message)
    if message.operation is Operation.BOOK:
        return "appointment", [job for job in jobs if job.visit]
    return "ticket", [job for job in jobs if job.visit or job.devices]
