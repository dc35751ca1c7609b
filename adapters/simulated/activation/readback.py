"""Reading the activation system back: what it holds for an order's services now, and everything that it holds."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from xml.etree.ElementTree import Element

from adapters.sdk.facts import Speaker
from adapters.sdk.messages import service_items
from adapters.sdk.redact import redact
from adapters.sdk.xml import Fault, child_text, element
from adapters.simulated.activation import from_legacy, to_legacy
from adapters.simulated.activation.client import ActivationClient
from adapters.simulated.activation.words import Words
from gateway.canonical.fact import Fact
from gateway.canonical.states import ServiceState
from gateway.ports.adapter import Message, Outcome, Report
from gateway.ports.errors import Refused, TryLater, UnknownCode
from gateway.ports.readback import InventoryItem, InventoryKind

__all__ = ["ActivationReader"]

_PAGE = 200


class ActivationReader:
    """Looks and changes nothing."""

    def __init__(self, client: ActivationClient, words: Words, speaker: Speaker, probe: Speaker) -> None:
        self._client, self._words, self._speaker, self._probe = client, words, speaker, probe

    async def observe(self, message: Message) -> Report:
        """Return the state of each service of the message, and what the access server sees of it."""
        facts: list[Fact] = []
        now = datetime.now(UTC)
        for _, item in service_items(message):
            answer = await self._call(to_legacy.find_services(message, item))
            service = next((one for one in answer.iter("service") if one.get("state") != "ERR"), None)
            if service is None:
                continue
            if service.get("state") == "PND":
                raise TryLater(f"service {service.get('id')} is being changed")
            resumes = to_legacy.resumes(message, item)
            said = list(from_legacy.outcome_facts(self._speaker, item, service, self._words, resumes=resumes))
            session = await self._client.probe(service.get("id") or "")
            said += from_legacy.probe_facts(self._probe, item, session, self._words, resumes=resumes)
            facts += [fact.model_copy(update={"observed_at": now}) for fact in said]
        return Report(outcome=Outcome.DONE, facts=tuple(facts))

    async def inventory(self, after: int = 0) -> AsyncIterator[InventoryItem]:
        """Yield every service, page by page."""
        while True:
            asked = element("ListServices", None, None, element("after", str(after)), element("count", str(_PAGE)))
            services = list((await self._call(asked)).iter("service"))
            for service in services:
                yield self._item(service)
            after += len(services)
            if len(services) < _PAGE:
                return

    def _item(self, service: Element) -> InventoryItem:
        state = self._state(service)
        mark = child_text(service, "order")
        return InventoryItem(
            kind=InventoryKind.SERVICE,
            scheme="activation",
            legacy_id=service.get("id") or "",
            state=state,
            runs=state == ServiceState.ACTIVE,
            product=child_text(service, "product"),
            offering=child_text(service, "offer"),
            reference=mark.partition("/")[0] if mark else None,
            since=self._words.instant(service.get("at")),
        )

    def _state(self, service: Element) -> str | None:
        """Return the state; None where a table has no word for it, or none for what the service is."""
        try:
            self._words.types.translate(child_text(service, "type"))
            return self._words.states.translate(service.get("state"))
        except UnknownCode:
            return None

    async def _call(self, request: Element) -> Element:
        try:
            return await self._client.call(request)
        except Fault as fault:
            raise Refused(fault.code, redact(fault.text)) from None
