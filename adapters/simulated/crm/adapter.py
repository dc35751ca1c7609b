"""The customer adapter: opens a case for the order, asks, and reports what the system knows."""

from collections.abc import Mapping
from typing import ClassVar

from adapters.sdk.doing import DoingAdapter
from adapters.sdk.facts import Speaker
from adapters.sdk.loss import Losses, translates
from adapters.simulated.crm import from_legacy, to_legacy
from adapters.simulated.crm.client import CrmClient
from adapters.simulated.crm.settings import CrmSettings
from adapters.simulated.crm.words import Words
from gateway.ports.adapter import Capability, Message, Operation, Outcome, Report, Role
from gateway.ports.errors import NotSupported
from gateway.ports.outcome import Known
from gateway.vocabulary.table import Vocabulary

__all__ = ["CrmAdapter"]


class CrmAdapter(DoingAdapter):
    """Plays `customer` against the simulated system."""

    name = "simulated-crm"
    role = Role.CUSTOMER
    capabilities: ClassVar[Mapping[str, Capability]] = {
        "gather": Capability.FULL,
        "cancel gather": Capability.FULL,
        "lookup gather": Capability.FULL,
        "observe": Capability.NOT_IMPLEMENTED,
        "inventory": Capability.NOT_IMPLEMENTED,
    }

    def __init__(self, settings: CrmSettings, tables: Mapping[str, Vocabulary]) -> None:
        super().__init__(Losses.beside(self.name, __file__))
        self._words = Words.of(tables, settings.zone)
        self._client = CrmClient(settings.url, settings.answer_seconds)
        self._speaker = Speaker(self.name, "simulated-crm@0.1")

    @translates
    async def cancel(self, message: Message) -> Report:
        """Withdraw the order's case; nothing else was changed there."""
        if message.operation is not Operation.GATHER:
            raise NotSupported(self.name, f"cancel {message.operation}")
        for case in await self._client.cases(message.reference_key):
            await self._client.withdraw(str(case["NR"]))
        return Report(outcome=Outcome.DONE)

    async def outcome_of(self, message: Message) -> Known:
        """Look under the order's reference for its case. Asking in it changes nothing."""
        found = message.order is None or await self._client.cases(message.reference_key)
        return Known.PRESENT if found else Known.ABSENT

    async def check(self) -> str:
        """Return one line on the system's health."""
        return await self._client.health()

    async def close(self) -> None:
        """Release connections."""
        await self._client.close()

    async def _do(self, message: Message, *, may_send: bool) -> Report:
        if message.operation is not Operation.GATHER:
            raise NotSupported(self.name, message.operation)
        if message.order is None:  # an order from outside names nobody
            return Report(outcome=Outcome.DONE)
        number = await self._case(message, may_send=may_send)
        if number is None:
            return self._working()
        asked = to_legacy.question(message)
        answer = from_legacy.read_answer(await self._client.ask(number, asked), self._words)
        further = from_legacy.follow_up(answer, asked)
        if further:
            answer = answer.joined(from_legacy.read_answer(await self._client.ask(number, further), self._words))
        known = from_legacy.reference(answer, self._words)
        facts = tuple(from_legacy.facts(self._speaker, message, answer, known, self._words))
        return Report(outcome=Outcome.DONE, facts=facts, reference=known, legacy_ids={"crm case": number})

    async def _case(self, message: Message, *, may_send: bool) -> str | None:
        found = await self._client.cases(message.reference_key)
        if not found and not may_send:
            return None
        made = found[0] if found else await self._client.open_case(to_legacy.case(message))
        return str(made["NR"])
