"""The activation adapter of template: reserves, provisions, reads back, probes."""

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from adapters.sdk.doing import DoingAdapter
from adapters.sdk.facts import Speaker
from adapters.sdk.loss import Losses, translates
from adapters.sdk.messages import offering_of, product_items, service_items
from adapters.template.roles.activation import from_legacy, to_legacy
from adapters.template.roles.activation.words import Row, Words, member
from adapters.template.transports.http.client import TemplateClient
from adapters.template.transports.http.settings import TemplateSettings
from gateway.canonical.fact import Fact
from gateway.canonical.order import ProductOrderItem
from gateway.canonical.service_order import ServiceOrderItem
from gateway.canonical.states import ItemAction, ServiceState
from gateway.ports.adapter import Capability, Message, Operation, Outcome, Refusal, Report, Role
from gateway.ports.errors import NotSupported, Refused
from gateway.ports.outcome import Known, known_of
from gateway.vocabulary.conformance import load_declaration
from gateway.vocabulary.table import Vocabulary

__all__ = ["TemplateAdapter"]

_IGNORED = load_declaration(Path(__file__).with_name("conformance.yaml")).ignored

_PENDING = frozenset({"", "WAIT"})
"""Codes of a service that is not in the state it was asked for yet. WAIT is unmatched in codes.yaml for that reason."""


class TemplateAdapter(DoingAdapter):
    """Plays `activation`."""

    name = "template"
    role = Role.ACTIVATION
    capabilities: ClassVar[Mapping[str, Capability]] = {
        "reserve": Capability.FULL,
        "activate": Capability.FULL,
        "cancel reserve": Capability.FULL,
        "cancel activate": Capability.PARTIAL,
        "lookup reserve": Capability.FULL,
        "lookup activate": Capability.FULL,
        "observe": Capability.NOT_IMPLEMENTED,
        "inventory": Capability.NOT_IMPLEMENTED,
    }

    def __init__(self, settings: TemplateSettings, tables: Mapping[str, Vocabulary], codes: Path) -> None:
        super().__init__(Losses(self.name, _IGNORED), again_after_seconds=settings.poll_seconds)
        self._words = words = Words.of(tables, codes)
        self._client = TemplateClient(settings)
        said_by = "template@0.1"
        self._reserves = Speaker(self.name, said_by).reading(words.resources)
        self._speaker = Speaker(self.name, said_by).reading(words.states, words.units)
        # The access server is a second witness: what both say is more than one word.
        self._probe = Speaker(f"{self.name}-probe", said_by).reading(words.sessions, words.units)

    @translates
    async def cancel(self, message: Message) -> Report:
        """Release what was reserved, or cease what was provisioned. Raises Refused for a changed older service."""
        if message.operation is Operation.RESERVE:
            return await self._release(message)
        if message.operation is Operation.ACTIVATE:
            return await self._undo(message)
        raise NotSupported(self.name, f"cancel {message.operation}")

    async def outcome_of(self, message: Message) -> Known:
        """Look under the order's reference for what was reserved, or for the marks of what was provisioned."""
        if message.operation is Operation.RESERVE:
            wanted = [(item.id, kind) for item in self._reserving(message) for kind in self._kinds(message, item)]
            held = await self._reserved(message)
            return known_of(sum(one in held for one in wanted), len(wanted))
        items = [item for _, item in service_items(message)]
        there = [await self._found(message, item) for item in items]
        marked = sum(_is_marked(row, message, item) for row, item in zip(there, items, strict=True))
        return known_of(marked, len(items))

    async def check(self) -> str:
        """Return one line on the system's health."""
        return await self._client.health()

    async def close(self) -> None:
        """Release connections."""
        await self._client.close()

    async def _do(self, message: Message, *, may_send: bool) -> Report:
        if message.operation is Operation.RESERVE:
            return await self._reserve(message, may_send=may_send)
        if message.operation is Operation.ACTIVATE:
            return await self._activate(message, may_send=may_send)
        raise NotSupported(self.name, message.operation)

    # -- resources -----------------------------------------------------------------------------------------------

    def _reserving(self, message: Message) -> list[ProductOrderItem]:
        return [item for item in product_items(message) if item.action is ItemAction.ADD]

    def _kinds(self, message: Message, item: ProductOrderItem) -> list[str]:
        """Return what an item needs, in the system's codes."""
        offering = offering_of(message, item)
        return [self._words.resources.inverse(kind) for kind in (offering.resources if offering else ())]

    async def _reserved(self, message: Message) -> dict[tuple[str, str], Row]:
        rows = await self._client.find("reservation", reference=message.reference_key)
        return {(member(row, "item"), member(row, "kind")): row for row in rows if row.get("status") != "FREE"}

    async def _reserve(self, message: Message, *, may_send: bool) -> Report:
        facts: list[Fact] = []
        refusals: list[Refusal] = []
        waits = False
        items = [item for item in self._reserving(message) if self._kinds(message, item)]
        held = await self._reserved(message) if items else {}
        for item in items:
            rows: list[Row] = []
            try:
                for code in self._kinds(message, item):
                    row = held.get((item.id, code))
                    if row is None and may_send:
                        kind = self._words.resources.translate(code)
                        wanted = to_legacy.reservation(message, item, kind, self._words)
                        row = await self._client.make("reservation", wanted)
                    rows += [row] if row is not None and row.get("status") else []
            except Refused as error:
                refusals.append(_refusal(item.subject, error))
                continue
            if len(rows) < len(self._kinds(message, item)):
                waits = True
                continue
            value: dict[str, object] = {}
            for row in rows:
                value |= from_legacy.reserved_value(row, self._words)
            at = max(self._words.instant(row, "at") for row in rows)
            facts.append(self._reserves.says("resource.reserved", item.subject, value, at=at, answer=rows))
        if waits:
            return self._working()
        return Report(outcome=Outcome.DONE, facts=tuple(facts), refusals=tuple(refusals))

    async def _release(self, message: Message) -> Report:
        held = [row for (item, _), row in (await self._reserved(message)).items() if _is_about(message, item)]
        for row in held:
            if row.get("status"):  # without one it was asked for already
                await self._client.change("reservation", member(row, "id"), status="FREE")
        left = [key for key in await self._reserved(message) if _is_about(message, key[0])] if held else []
        if left:
            return self._working()
        facts: list[Fact] = []
        for row in held:
            value = from_legacy.reserved_value(row, self._words)
            value.pop("validUntil")
            at, subject = self._words.instant(row, "at"), f"item:{row['item']}"
            facts.append(self._reserves.says("resource.released", subject, value, at=at, answer=row))
        return Report(outcome=Outcome.DONE, facts=tuple(facts))

    # -- services ------------------------------------------------------------------------------------------------

    async def _activate(self, message: Message, *, may_send: bool) -> Report:
        facts: list[Fact] = []
        refusals: list[Refusal] = []
        ids: dict[str, str] = {}
        waits = False
        for _, item in service_items(message):
            try:
                service = await self._in_force(message, item, may_send=may_send)
            except Refused as error:
                refusals.append(_refusal(item.subject, error))
                continue
            if service is not None and service.get("id"):
                ids[f"service {to_legacy.item_reference(item)}"] = service["id"]
            if service is None or (service.get("status") or "") in _PENDING:
                waits = True
                continue
            resumes = to_legacy.resumes(message, item)
            facts += from_legacy.outcome_facts(self._speaker, item, service, self._words, resumes=resumes)
            for session in (await self._client.find("session", service=member(service, "id")))[-1:]:
                facts += from_legacy.probe_facts(self._probe, item, session, self._words, resumes=resumes)
        if waits:
            return self._working(ids)
        return Report(outcome=Outcome.DONE, facts=tuple(facts), refusals=tuple(refusals), legacy_ids=ids)

    async def _in_force(self, message: Message, item: ServiceOrderItem, *, may_send: bool) -> Row | None:
        """Return the item's service, after asking for what the item wants unless that was asked for. Raises Refused.

        None where it was not asked for and nothing may be sent; what would be sent is put into words all the same.
        """
        found = await self._found(message, item)
        if found is not None and _is_marked(found, message, item):
            return found
        if found is None and item.action is ItemAction.ADD:
            row = to_legacy.new_service(message, item, self._words)
            return await self._client.make("service", row) if may_send else None
        if found is None:
            raise Refused("NO-SERVICE", "no service to change is known there")
        wanted = to_legacy.wanted(message, item, self._words)
        if not may_send:
            return None
        await self._mark(found, message, item, wanted)
        return await self._found(message, item)

    async def _mark(self, found: Row, message: Message, item: ServiceOrderItem, wanted: to_legacy.Wanted) -> None:
        marks = f"{found.get('marks') or ''} {to_legacy.mark_of(message, item)}".strip()
        key = member(found, "id")
        await self._client.change("service", key, **wanted.members, status=wanted.state, marks=marks)

    async def _found(self, message: Message, item: ServiceOrderItem) -> Row | None:
        rows = await self._client.find("service", **to_legacy.search(message, item))
        return rows[-1] if rows else None

    async def _undo(self, message: Message) -> Report:
        made = [(item, await self._found(message, item)) for _, item in service_items(message)]
        ours = [(item, row) for item, row in made if row is not None and _is_marked(row, message, item)]
        if any(item.action is not ItemAction.ADD for item, _ in ours):
            raise Refused("CHANGED", "the service was changed, and the change cannot be undone")
        code = self._words.states.inverse(ServiceState.TERMINATED.value)
        facts: list[Fact] = []
        waits = False
        mark = f"{message.reference_key}/cancel"
        for item, row in ours:
            marks = (row.get("marks") or "").split()
            if not row.get("id"):  # asked for, and not taken in yet
                waits = True
                continue
            if row.get("status") != code and mark not in marks:
                await self._client.change("service", member(row, "id"), status=code, marks=" ".join([*marks, mark]))
            ceased = await self._found(message, item)
            if ceased is None or ceased.get("status") != code:
                waits = True
            else:
                facts += from_legacy.outcome_facts(self._speaker, item, ceased, self._words)
        return self._working() if waits else Report(outcome=Outcome.DONE, facts=tuple(facts))


def _is_marked(service: Row | None, message: Message, item: ServiceOrderItem) -> bool:
    """Whether a service bears the mark of this order's item: what the item asks was asked of it."""
    return service is not None and to_legacy.mark_of(message, item) in (service.get("marks") or "").split()


def _is_about(message: Message, item: str) -> bool:
    return not message.items or item in message.items


def _refusal(subject: str, error: Refused) -> Refusal:
    return Refusal(subject=subject, legacy_code=error.legacy_code, legacy_text=error.legacy_text)
