"""The adapter: look for the service, do what the item asks unless it was done, read it back, let it be measured."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from adapters.sdk.doing import DoingAdapter
from adapters.sdk.facts import Speaker
from adapters.sdk.loss import Losses, translates
from adapters.sdk.messages import service_items
from adapters.sdk.services import item_reference, product_of, resumes, verb_of
from adapters.sdk.xml import Fault
from adapters.soap.client import ProvisioningClient
from adapters.soap.faults import refusal
from adapters.soap.from_legacy import facts_of, measured_facts, only
from adapters.soap.mapping import Mapped
from adapters.soap.settings import SoapSettings
from adapters.soap.to_legacy import identity_name, parts_of, undoing
from adapters.soap.words import Words
from gateway.canonical.fact import Fact
from gateway.canonical.service_order import ServiceOrderItem
from gateway.canonical.states import ItemAction
from gateway.ports.adapter import Capability, Message, Operation, Outcome, Refusal, Report, Role
from gateway.ports.errors import NotSupported, Refused, TryLater
from gateway.ports.outcome import Known, known_of
from gateway.ports.readback import INVENTORY, InventoryItem
from gateway.vocabulary.table import Vocabulary

__all__ = ["SoapAdapter"]

_NAME = "soap"
_Row = Mapping[str, Any]


class SoapAdapter(DoingAdapter):
    """Plays `activation` as its mapping says. What the system measures is said by `soap-probe`."""

    name = _NAME
    role = Role.ACTIVATION
    capabilities: Mapping[str, Capability] = MappingProxyType(
        {
            "reserve": Capability.NOT_IMPLEMENTED,
            "activate": Capability.FULL,
            "cancel reserve": Capability.NOT_IMPLEMENTED,
            "cancel activate": Capability.PARTIAL,
            "lookup reserve": Capability.NOT_IMPLEMENTED,
            "lookup activate": Capability.FULL,
            "observe": Capability.FULL,
            "inventory": Capability.NOT_IMPLEMENTED,
        }
    )

    def __init__(self, settings: SoapSettings, tables: Mapping[str, Vocabulary], mapped: Mapped) -> None:
        super().__init__(Losses.beside(_NAME, __file__), again_after_seconds=settings.poll_seconds)
        self._mapped, self._words = mapped, Words.of(tables)
        self._client = ProvisioningClient(settings, mapped)
        words, speaker = self._words, Speaker(_NAME, f"{_NAME}@0.1")
        self._speaker = speaker.reading(words.states, words.units)
        self._probe = Speaker(f"{_NAME}-probe", f"{_NAME}@0.1").reading(words.states, words.units)
        if "delete" not in mapped.verbs:
            self.capabilities = {**type(self).capabilities, "cancel activate": Capability.NOT_IMPLEMENTED}

    @translates
    async def cancel(self, message: Message) -> Report:
        """End what was added. Raises Refused for a changed older service, before anything is ended."""
        call = self._mapped.verbs.get("delete")
        if message.operation is not Operation.ACTIVATE or call is None:
            raise NotSupported(self.name, f"cancel {message.operation}")
        made: list[tuple[ServiceOrderItem, _Row]] = []
        facts: list[Fact] = []
        for _, item in service_items(message):
            row = await self._by_item(message, item)
            if row is None:
                continue
            if message.leave_done:
                facts += await self._facts(message, item, row)
            elif item.action is not ItemAction.ADD:
                raise Refused("CHANGED", "the service was changed, and the change cannot be undone")
            else:
                made.append((item, row))
        pending = False
        for item, row in made:
            number = str(row[self._mapped.service.id])
            ended = await self._by_item(message, item, f"cancel {item_reference(item)}")
            if ended is None:
                parts = undoing(call, message, item, self._words, number)
                ended = await self._changed(call, parts)
            if self._words.is_changing(ended.get(self._mapped.service.state)):
                pending = True
            else:
                facts += self._said(message, item, ended)
        return self._working() if pending else Report(outcome=Outcome.DONE, facts=tuple(facts))

    async def outcome_of(self, message: Message) -> Known:
        """Look for what each item did, under the order's reference."""
        items = [item for _, item in service_items(message)]
        there = 0
        for item in items:
            there += await self._by_item(message, item) is not None
        return known_of(there, len(items))

    @translates
    async def observe(self, message: Message) -> Report:
        """Return what the system holds now for the message's items, and what it measures."""
        facts: list[Fact] = []
        now = datetime.now(UTC)
        for _, item in service_items(message):
            row = await self._by_item(message, item)
            if row is None and item.action is not ItemAction.ADD:
                row = await self._by_product(message, item)
            if row is None:
                continue
            if self._words.is_changing(row.get(self._mapped.service.state)):
                raise TryLater("a service is being changed", only_this=True)
            facts += [one.model_copy(update={"observed_at": now}) for one in await self._facts(message, item, row)]
        return Report(outcome=Outcome.DONE, facts=tuple(facts))

    def inventory(self, after: int = 0) -> AsyncIterator[InventoryItem]:
        """Raise NotSupported: a mapping names no operation that lists everything."""
        raise NotSupported(self.name, f"{INVENTORY} after {after}")

    async def check(self) -> str:
        """Return one line on the system's health."""
        return f"{_NAME} answers; {await self._client.check_wsdl()}"

    async def close(self) -> None:
        """Release connections."""
        await self._client.close()

    async def _do(self, message: Message, *, may_send: bool) -> Report:
        if message.operation is not Operation.ACTIVATE:
            raise NotSupported(self.name, message.operation)
        facts: list[Fact] = []
        refusals: list[Refusal] = []
        ids: dict[str, str] = {}
        pending = False
        for _, item in service_items(message):
            if item.action is ItemAction.NO_CHANGE:
                continue
            try:
                row = await self._in_force(message, item, may_send=may_send)
                if row is not None:
                    ids[identity_name(item)] = str(row[self._mapped.service.id])
                if row is None or self._words.is_changing(row.get(self._mapped.service.state)):
                    pending = True
                else:
                    facts += await self._facts(message, item, row)
            except Fault as fault:
                refusals.append(refusal(item.subject, fault))
        if pending:
            return self._working(ids)
        return Report(outcome=Outcome.DONE, facts=tuple(facts), refusals=tuple(refusals), legacy_ids=ids)

    async def _in_force(self, message: Message, item: ServiceOrderItem, *, may_send: bool) -> _Row | None:
        """Return the item's service, after doing what the item asks unless that was done. Raises Fault.

        None where it was not done and nothing may be sent; what would be sent is put into words all the same.
        """
        done = await self._by_item(message, item)
        if done is not None:
            return done
        number: str | None = None
        if item.action is not ItemAction.ADD:
            found = await self._by_product(message, item)
            if found is None:
                raise Fault("Client.NoService", "no service to change is known there")
            if self._words.is_changing(found.get(self._mapped.service.state)):
                raise TryLater("another change of the service is not in force yet", only_this=True)
            number = str(found[self._mapped.service.id])
        verb = verb_of(message, item)
        call = self._mapped.verbs.get(verb)
        if call is None:
            raise Fault("Client.NoOperation", f"the mapping has no operation for {verb}")
        parts = parts_of(call, message, item, self._words, number)
        return only(await self._client.change(call, parts), call.answer) if may_send else None

    async def _by_item(self, message: Message, item: ServiceOrderItem, name: str | None = None) -> _Row | None:
        """Return the service to which an item did something, or None. What is found is compared here too."""
        call, shown = self._mapped.find.by_item, self._mapped.service
        parts = parts_of(call, message, item, self._words, None)
        wanted = name or item_reference(item)
        parts |= {part: wanted for part, member in call.send.items() if member == "item"}
        rows = await self._client.find(call, parts)
        known = {shown.reference: message.reference_key, shown.item: wanted}
        checks = {part: value for part, value in known.items() if part is not None}
        return next((row for row in rows if all(row.get(part) == value for part, value in checks.items())), None)

    async def _by_product(self, message: Message, item: ServiceOrderItem) -> _Row | None:
        """Return the service that an item changes: of the id that is known, else the last one of its product."""
        call, shown = self._mapped.find.by_product, self._mapped.service
        product = product_of(message, item)
        if call is None or product is None:
            return None
        rows = await self._client.find(call, parts_of(call, message, item, self._words, None))
        mine = [row for row in rows if shown.product is None or row.get(shown.product) == product]
        known = message.legacy_ids.get(identity_name(item))
        return next((row for row in mine if row.get(shown.id) == known), mine[-1] if mine else None)

    async def _facts(self, message: Message, item: ServiceOrderItem, row: _Row) -> list[Fact]:
        facts = self._said(message, item, row)
        probe, measured = self._mapped.probe, self._mapped.measured
        if probe is None or measured is None:
            return facts
        number = str(row[self._mapped.service.id])
        rows = await self._client.find(probe, parts_of(probe, message, item, self._words, number))
        again = resumes(message, item)
        for one in rows[:1]:
            facts += measured_facts(self._probe, item, one, measured, self._words, resumes=again)
        return facts

    def _said(self, message: Message, item: ServiceOrderItem, row: _Row) -> list[Fact]:
        again = resumes(message, item)
        return list(facts_of(self._speaker, item, row, self._mapped.service, self._words, resumes=again))

    async def _changed(self, call: Any, parts: Mapping[str, Any]) -> _Row:
        """Return what a change answers. Raises Refused."""
        try:
            return only(await self._client.change(call, parts), call.answer)
        except Fault as fault:
            raise Refused(fault.code, fault.text) from None
