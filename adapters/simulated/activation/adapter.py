"""The activation adapter: reserve, provision, read back, probe."""

from collections.abc import AsyncIterator, Mapping
from typing import ClassVar
from xml.etree.ElementTree import Element

from adapters.sdk.doing import DoingAdapter
from adapters.sdk.facts import Speaker
from adapters.sdk.loss import Losses, translates
from adapters.sdk.messages import offering_of, product_items, service_items
from adapters.sdk.redact import redact
from adapters.sdk.xml import Fault, attribute, child_text, element, text_of
from adapters.simulated.activation import from_legacy, to_legacy
from adapters.simulated.activation.client import ActivationClient
from adapters.simulated.activation.readback import ActivationReader
from adapters.simulated.activation.settings import ActivationSettings
from adapters.simulated.activation.words import Words
from gateway.canonical.fact import Fact
from gateway.canonical.service_order import ServiceOrderItem
from gateway.canonical.states import ItemAction
from gateway.ports.adapter import Capability, Message, Operation, Outcome, Refusal, Report, Role
from gateway.ports.errors import NotSupported, Refused, TryLater
from gateway.ports.outcome import Known, known_of
from gateway.ports.readback import InventoryItem
from gateway.vocabulary.table import Vocabulary

__all__ = ["ActivationAdapter"]


class ActivationAdapter(DoingAdapter):
    """Plays `activation` against the simulated system."""

    name = "simulated-activation"
    role = Role.ACTIVATION
    capabilities: ClassVar[Mapping[str, Capability]] = {
        "reserve": Capability.FULL,
        "activate": Capability.FULL,
        "cancel reserve": Capability.FULL,
        "cancel activate": Capability.PARTIAL,
        "lookup reserve": Capability.FULL,
        "lookup activate": Capability.FULL,
        "observe": Capability.FULL,
        "inventory": Capability.FULL,
    }

    def __init__(self, settings: ActivationSettings, tables: Mapping[str, Vocabulary]) -> None:
        super().__init__(Losses.beside(self.name, __file__), again_after_seconds=settings.poll_seconds)
        self._words = Words.of(tables)
        self._client = ActivationClient(settings.url, settings.answer_seconds)
        words = self._words
        speaker = Speaker("simulated-activation", "simulated-activation@0.1")
        self._reserves = speaker.reading(words.resources)
        self._speaker = speaker.reading(words.states, words.units)
        self._probe = Speaker("simulated-probe", "simulated-activation@0.1").reading(words.units)
        self._reader = ActivationReader(self._client, words, self._speaker, self._probe)

    @translates
    async def cancel(self, message: Message) -> Report:
        """Release what was reserved, or cease what was provisioned. Raises Refused for a changed older service."""
        if message.operation is Operation.RESERVE:
            return await self._release(message)
        return await self._undo(message)

    async def outcome_of(self, message: Message) -> Known:
        """Look under the order's reference for what was reserved, or for the marks of what was provisioned."""
        if message.operation is Operation.RESERVE:
            return await self._reserved(message)
        items = [item for _, item in service_items(message)]
        there = 0
        for item in items:
            try:
                there += _is_marked(await self._found(message, item), message, item)
            except Fault:  # it was refused: that is an outcome too
                there += 1
        return known_of(there, len(items))

    @translates
    async def observe(self, message: Message) -> Report:
        """Return what runs now for the message's items."""
        return await self._reader.observe(message)

    def inventory(self, after: int = 0) -> AsyncIterator[InventoryItem]:
        """Yield every service of the system."""
        return self._reader.inventory(after)

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

    async def _reserve(self, message: Message, *, may_send: bool) -> Report:
        facts: list[Fact] = []
        refusals: list[Refusal] = []
        for item in product_items(message):
            offering = offering_of(message, item)
            if item.action is not ItemAction.ADD or offering is None or not offering.resources:
                continue
            value: dict[str, object] = {}
            at = None
            try:
                held = await self._reservations(message, item.id)
                for kind in offering.resources:
                    found = held.get(self._words.resources.inverse(kind))
                    if found is None:
                        request = to_legacy.reserve_resource(message, item, kind, self._words)
                        if not may_send:
                            return self._working()
                        found = _only(await self._client.call(request), "reservation")
                    value |= from_legacy.reserved_value(found, self._words)
                    at = self._words.instant(child_text(found, "at"))
            except Fault as fault:
                refusals.append(_refusal(item.subject, fault))
                continue
            if at is not None:
                facts.append(self._reserves.says("resource.reserved", item.subject, value, at=at, answer=value))
        return Report(outcome=Outcome.DONE, facts=tuple(facts), refusals=tuple(refusals))

    async def _reservations(self, message: Message, item: str) -> dict[str, Element]:
        parts = element("orderRef", message.reference_key), element("itemRef", item)
        answer = await self._client.call(element("FindReservations", None, None, *parts))
        return {
            child_text(one, "kind") or "": one for one in answer.iter("reservation") if attribute(one, "state") == "RSV"
        }

    async def _reserved(self, message: Message) -> Known:
        wanted = there = 0
        for item in product_items(message):
            offering = offering_of(message, item)
            if item.action is not ItemAction.ADD or offering is None or not offering.resources:
                continue
            held = await self._reservations(message, item.id)
            wanted += len(offering.resources)
            there += sum(1 for kind in offering.resources if self._words.resources.inverse(kind) in held)
        return known_of(there, wanted)

    async def _release(self, message: Message) -> Report:
        facts: list[Fact] = []
        for item in product_items(message):
            value: dict[str, object] = {}
            at = None
            for held in (await self._reservations(message, item.id)).values():
                asked = element("reservationId", held.get("id")), element("orderRef", message.reference_key)
                freed = await self._changed(element("ReleaseResource", None, None, *asked), "reservation")
                value |= from_legacy.reserved_value(freed, self._words)
                at = self._words.instant(child_text(freed, "at"))
            if at is not None:
                value.pop("validUntil", None)
                facts.append(self._reserves.says("resource.released", item.subject, value, at=at, answer=value))
        return Report(outcome=Outcome.DONE, facts=tuple(facts))

    # -- services ------------------------------------------------------------------------------------------------

    async def _activate(self, message: Message, *, may_send: bool) -> Report:
        facts: list[Fact] = []
        refusals: list[Refusal] = []
        ids: dict[str, str] = {}
        pending = False
        for _, item in service_items(message):
            try:
                service = await self._in_force(message, item, may_send=may_send)
            except Fault as fault:
                refusals.append(_refusal(item.subject, fault))
                continue
            if service is None:
                pending = True
                continue
            service_id = attribute(service, "id") or ""
            ids[f"activation {to_legacy.item_reference(item)}"] = service_id
            if attribute(service, "state") == "PND":
                pending = True
                continue
            resumes = to_legacy.resumes(message, item)
            facts.extend(from_legacy.outcome_facts(self._speaker, item, service, self._words, resumes=resumes))
            session = await self._client.probe(service_id)
            facts.extend(from_legacy.probe_facts(self._probe, item, session, self._words, resumes=resumes))
        if pending:
            return self._working(ids)
        return Report(outcome=Outcome.DONE, facts=tuple(facts), refusals=tuple(refusals), legacy_ids=ids)

    async def _in_force(self, message: Message, item: ServiceOrderItem, *, may_send: bool) -> Element | None:
        """Return the item's service, after doing what the item asks unless that was done. Raises Fault.

        None where it was not done and nothing may be sent; what would be sent is put into words all the same.
        """
        found = await self._found(message, item)
        if found is not None and _is_marked(found, message, item):
            return found
        if found is None and item.action is not ItemAction.ADD:
            raise Fault("Client.NoService", "no service to change is known there")
        if found is not None and attribute(found, "state") == "PND":
            raise TryLater("another change of the service is not in force yet", only_this=True)
        state, service_id = (
            (attribute(found, "state") or "", attribute(found, "id") or "") if found is not None else ("", "")
        )
        operation = to_legacy.operation_for(item, state, self._words)
        request = to_legacy.service_request(operation, message, item, self._words, service_id)
        return _only(await self._client.call(request), "service") if may_send else None

    async def _found(self, message: Message, item: ServiceOrderItem) -> Element | None:
        answer = await self._client.call(to_legacy.find_services(message, item))
        services = list(answer.iter("service"))
        refused = next((one for one in services if attribute(one, "state") == "ERR"), None)
        if refused is not None and len(services) == 1:
            raise Fault("Server.SVC-4711", redact(child_text(refused, "reason") or "refused before"))
        return next((one for one in services if attribute(one, "state") != "ERR"), None)

    async def _undo(self, message: Message) -> Report:
        made: list[tuple[ServiceOrderItem, Element]] = []
        for _, item in service_items(message):
            answer = await self._client.call(to_legacy.find_services(message, item))
            for service in answer.iter("service"):
                if not _is_marked(service, message, item):
                    continue
                if item.action is not ItemAction.ADD:  # said before anything is ceased: a refusal leaves all as it is
                    raise Refused("CHANGED", "the service was changed, and the change cannot be undone")
                if service.get("state") != "ERR":
                    made.append((item, service))
        facts: list[Fact] = []
        pending = False
        for item, service in made:
            ceased = await self._ceased(message, service)
            if ceased.get("state") == "PND":
                pending = True
            else:
                facts.extend(from_legacy.outcome_facts(self._speaker, item, ceased, self._words))
        return self._working() if pending else Report(outcome=Outcome.DONE, facts=tuple(facts))

    async def _ceased(self, message: Message, service: Element) -> Element:
        """Return a service after asking for its end, unless that was asked for; it is pending for a moment."""
        mark = f"{message.reference_key}/cancel"
        if service.get("state") == "TRM" or any(text_of(order) == mark for order in service.iter("order")):
            return service
        parts = {"serviceId": service.get("id"), "orderRef": message.reference_key, "itemRef": "cancel"}
        asked = [element(name, text) for name, text in parts.items()]
        return await self._changed(element("CeaseService", None, None, *asked), "service")

    async def _changed(self, request: Element, tag: str) -> Element:
        """Return what a change answers. Raises Refused."""
        try:
            return _only(await self._client.call(request), tag)
        except Fault as fault:
            raise Refused(fault.code, redact(fault.text)) from None


def _is_marked(service: Element | None, message: Message, item: ServiceOrderItem) -> bool:
    """Whether a service bears the mark of this order's item: what the item asks was done to it."""
    mark = f"{message.reference_key}/{to_legacy.item_reference(item)}"
    return service is not None and any(text_of(order) == mark for order in service.iter("order"))


def _only(answer: Element, tag: str) -> Element:
    found = next(answer.iter(tag), None)
    if found is None:
        raise Fault("Server.Empty", f"the answer holds no {tag}")
    return found


def _refusal(subject: str, fault: Fault) -> Refusal:
    return Refusal(subject=subject, legacy_code=fault.code, legacy_text=redact(fault.text))
