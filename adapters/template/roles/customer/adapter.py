"""The customer adapter of template: looks up what an order names, and reports what is known of it."""

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from adapters.sdk.facts import Speaker
from adapters.sdk.loss import Losses, translates
from adapters.template.roles.customer import from_legacy, to_legacy
from adapters.template.transports.http.client import TemplateClient
from adapters.template.transports.http.settings import TemplateSettings
from gateway.ports.adapter import Capability, Message, Operation, Outcome, Report, Role
from gateway.ports.errors import NotSupported
from gateway.vocabulary.conformance import load_declaration
from gateway.vocabulary.table import Vocabulary

__all__ = ["TemplateAdapter"]

_IGNORED = load_declaration(Path(__file__).with_name("conformance.yaml")).ignored


class TemplateAdapter:
    """Plays `customer`. It only reads, so that asking twice does no harm."""

    name = "template"
    role = Role.CUSTOMER
    capabilities: ClassVar[Mapping[str, Capability]] = {
        "gather": Capability.FULL,
        "cancel gather": Capability.FULL,
        "idempotent gather": Capability.FULL,
        "observe": Capability.NOT_IMPLEMENTED,
        "inventory": Capability.NOT_IMPLEMENTED,
    }

    def __init__(self, settings: TemplateSettings, tables: Mapping[str, Vocabulary], codes: Path) -> None:
        self._words = from_legacy.Words.of(tables, codes)
        self._client = TemplateClient(settings)
        self.losses = Losses(self.name, _IGNORED)
        self._speaker = Speaker(self.name, "template@0.1")

    @translates
    async def submit(self, message: Message) -> Report:
        """Report what is known of everything that the order names."""
        return await self._gather(message)

    @translates
    async def fetch(self, message: Message) -> Report:
        """The same: looking things up sends nothing."""
        return await self._gather(message)

    async def _gather(self, message: Message) -> Report:
        if message.operation is not Operation.GATHER:
            raise NotSupported(self.name, message.operation)
        if message.order is None:  # an order from outside names nobody
            return Report(outcome=Outcome.DONE)
        asked = {kind: list(ids) for kind, ids in to_legacy.wanted(message).items()}
        known = from_legacy.Known(await self._rows(asked), self._words)
        further = from_legacy.further(known, asked)
        if further:
            known = known.joined(from_legacy.Known(await self._rows(further), self._words))
        facts = tuple(from_legacy.facts(self._speaker, message, known))
        return Report(outcome=Outcome.DONE, facts=facts, reference=known.reference())

    @translates
    async def cancel(self, message: Message) -> Report:
        """Nothing was made in template, so nothing is taken back."""
        if message.operation is not Operation.GATHER:
            raise NotSupported(self.name, f"cancel {message.operation}")
        return Report(outcome=Outcome.DONE)

    async def check(self) -> str:
        """Return one line on the system's health."""
        return await self._client.health()

    async def close(self) -> None:
        """Release connections."""
        await self._client.close()

    async def _rows(self, asked: Mapping[str, list[str]]) -> dict[str, list[from_legacy.Row]]:
        return {
            kind: [row for one in ids for row in await self._client.find(kind, id=one)] for kind, ids in asked.items()
        }
