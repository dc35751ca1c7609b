"""The adapter for the simulated customer system: opens a case for an order, and asks in it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from adapters.sdk.conformance import load_conformance
from adapters.sdk.facts import Speaker
from adapters.sdk.reading import reading
from adapters.simulated.crm.client import CrmClient
from adapters.simulated.crm.from_legacy import Codes, facts_from_legacy, reference_from_legacy
from adapters.simulated.crm.settings import CrmSettings
from adapters.simulated.crm.to_legacy import case_to_legacy, first_question, second_question
from gateway.ports.adapter import Message, Operation, Outcome, Report, Role
from gateway.ports.errors import NotSupported
from gateway.vocabulary.load import require
from gateway.vocabulary.table import Vocabulary

__all__ = ["CrmAdapter"]

_HERE = Path(__file__).parent
_TABLES = ("account", "role", "flag", "technology", "profile", "price-type", "product-status")


class CrmAdapter:
    """Plays `customer`. Raises any AdapterError."""

    name = "simulated-crm"
    role = Role.CUSTOMER

    def __init__(self, settings: CrmSettings, tables: Mapping[str, Vocabulary]) -> None:
        found = require(tables, _HERE / "codes.yaml", *(f"{self.name}-{part}" for part in _TABLES))
        self.capabilities = load_conformance(_HERE / "conformance.yaml")
        self._codes = Codes(ZoneInfo(settings.zone), *found)
        self._speaker = Speaker(self.name, f"{self.name}@1", found[0].name)
        self._client = CrmClient(settings)

    async def submit(self, message: Message) -> Report:
        """Open the order's case, unless it is open, and return everything that the system knows."""
        if message.operation is not Operation.GATHER:
            raise NotSupported(self.name, message.operation)
        case = await self._client.find_case(message.reference_key)
        if case is None:
            case = await self._client.open_case(case_to_legacy(message))
        first = await self._client.ask(case, first_question(message))
        with reading(self.name, first):
            known = reference_from_legacy(first, self._codes)
        second = await self._client.ask(case, second_question(message, known))
        places_and_prices = {name: second.get(name) for name in ("ANSCHRIFTEN", "ANGEBOTE", "STAND")}
        return self._report(message, first | places_and_prices, case)

    async def fetch(self, message: Message) -> Report:
        """Ask again: every answer is complete at once."""
        return await self.submit(message)

    async def cancel(self, message: Message) -> Report:
        """Withdraw the order's case, where there is one."""
        case = await self._client.find_case(message.reference_key)
        if case is not None:
            await self._client.withdraw(case)
        return Report(outcome=Outcome.DONE)

    async def check(self) -> str:
        """Return one line on its health."""
        said = await self._client.health()
        return f"{said.get('system')} is {said.get('status')} (simulated)"

    async def close(self) -> None:
        """Release connections."""
        await self._client.close()

    def _report(self, message: Message, answer: Mapping[str, Any], case: str) -> Report:
        with reading(self.name, answer):
            reference = reference_from_legacy(answer, self._codes)
            seen = message.model_copy(update={"reference": message.reference.merged(reference)})
            facts = facts_from_legacy(seen, answer, self._codes, self._speaker)
        legacy_ids = {"crm case": case}
        return Report(outcome=Outcome.DONE, facts=tuple(facts), reference=reference, legacy_ids=legacy_ids)
