"""The billing adapter of template: charges, then invoices, each looked up before it is made."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from adapters.sdk.doing import DoingAdapter
from adapters.sdk.facts import Speaker
from adapters.sdk.loss import Losses, translates
from adapters.sdk.messages import product_items
from adapters.template.roles.billing import to_legacy
from adapters.template.roles.billing.from_legacy import Reader, Row, member
from adapters.template.transports.http.client import TemplateClient
from adapters.template.transports.http.settings import TemplateSettings
from gateway.canonical.states import ItemAction
from gateway.ports.adapter import Capability, Message, Operation, Outcome, Refusal, Report, Role
from gateway.ports.errors import NotSupported, Refused
from gateway.ports.outcome import Known, known_of
from gateway.vocabulary.conformance import load_declaration
from gateway.vocabulary.table import Vocabulary

__all__ = ["TemplateAdapter"]

_IGNORED = load_declaration(Path(__file__).with_name("conformance.yaml")).ignored

_ZONE = "Europe/Berlin"
"""Where the days of charges are local; codes.yaml says the same of its days."""
_VOID = "VOID"
"""The status of a charge that was taken back."""


class TemplateAdapter(DoingAdapter):
    """Plays `billing`."""

    name = "template"
    role = Role.BILLING
    capabilities: ClassVar[Mapping[str, Capability]] = {
        "charge": Capability.FULL,
        "bill": Capability.FULL,
        "fee": Capability.FULL,
        "cancel charge": Capability.PARTIAL,
        "cancel bill": Capability.IMPOSSIBLE,
        "cancel fee": Capability.NOT_IMPLEMENTED,
        "lookup charge": Capability.FULL,
        "lookup bill": Capability.FULL,
        "lookup fee": Capability.FULL,
        "observe": Capability.NOT_IMPLEMENTED,
        "inventory": Capability.NOT_IMPLEMENTED,
    }

    def __init__(self, settings: TemplateSettings, tables: Mapping[str, Vocabulary], codes: Path) -> None:
        super().__init__(Losses(self.name, _IGNORED), again_after_seconds=settings.poll_seconds)
        self._client = TemplateClient(settings)
        self._reader = Reader(Speaker(self.name, "template@0.1"), tables, codes)

    @translates
    async def cancel(self, message: Message) -> Report:
        """Take the charges back. Raises Refused once one of them was invoiced."""
        if message.operation is not Operation.CHARGE:
            raise NotSupported(self.name, f"cancel {message.operation}")
        rows = [row for row in await self._charges(message) if not message.items or row["item"] in message.items]
        billed = next((row for row in rows if row.get("invoice")), None)
        if billed is not None:
            raise Refused("BILLED", f"charge {billed['id']} was invoiced", subject=f"item:{billed['item']}")
        for row in rows:
            if row.get("status") not in {_VOID, None, ""}:
                await self._client.change("charge", member(row, "id"), status=_VOID)
        left = await self._charges(message) if rows else []
        waits = any(row.get("status") != _VOID for row in left if not message.items or row["item"] in message.items)
        return self._working() if waits else Report(outcome=Outcome.DONE)

    async def outcome_of(self, message: Message) -> Known:
        """Look under the order's reference for its charges, or for its invoices."""
        if message.operation is Operation.BILL:
            reference = message.on_demand.id if message.on_demand else message.reference_key
            return known_of(len(await self._client.find("invoice", reference=reference)), 1)
        wanted = self._lines(message)
        there = {_key(row) for row in await self._charges(message)}
        return known_of(sum(line.key in there for line in wanted), len(wanted))

    async def check(self) -> str:
        """Return one line on the system's health."""
        return await self._client.health()

    async def close(self) -> None:
        """Release connections."""
        await self._client.close()

    async def _do(self, message: Message, *, may_send: bool) -> Report:
        if message.operation is Operation.CHARGE:
            return await self._charge(message, may_send=may_send)
        if message.operation is Operation.FEE:
            return await self._fee(message, may_send=may_send)
        if message.operation is Operation.BILL:
            return await self._bill(message, may_send=may_send)
        raise NotSupported(self.name, message.operation)

    # -- charges -------------------------------------------------------------------------------------------------

    def _lines(self, message: Message) -> list[to_legacy.Line]:
        kinds, currencies, now = self._reader.kinds, self._reader.currencies, datetime.now(UTC)
        made = to_legacy.fees if message.operation is Operation.FEE else to_legacy.lines
        return list(made(message, kinds, currencies, _ZONE, now))

    async def _charges(self, message: Message) -> list[Row]:
        """Return the charges of an order. Raises UnknownCode before a charge that cannot be read is made again."""
        rows = await self._client.find("charge", reference=message.reference_key)
        for row in rows:
            if row.get("status"):
                self._reader.is_open(row)
        return rows

    async def _charge(self, message: Message, *, may_send: bool) -> Report:
        wanted = self._lines(message)  # in the system's words, before anything is sent
        present = await self._charges(message)
        stopped = await self._stop(message, present, may_send=may_send)
        rows, refusals = await self._made(wanted, present, may_send=may_send)
        refusals += [
            _refusal(item.id, "NO-ACCOUNT", "no account is named for it")
            for item in product_items(message)
            if item.action is ItemAction.ADD and to_legacy.account_of(message, item) is None
        ]
        failed = {one.subject for one in refusals}
        if not stopped or len(rows) < sum(f"item:{line.item}" not in failed for line in wanted):
            return self._working()
        rates = tuple(self._reader.rate(row, rows) for row in rows)
        facts = tuple(self._reader.charge_facts(rows))
        return Report(outcome=Outcome.DONE, rates=rates, facts=facts, refusals=tuple(refusals))

    async def _fee(self, message: Message, *, may_send: bool) -> Report:
        """Charge each fee once. Raises Refused where an item has no account."""
        wanted = self._lines(message)
        rows, refusals = await self._made(wanted, await self._charges(message), may_send=may_send)
        if len(rows) + len(refusals) < len(wanted):
            return self._working()
        rates = tuple(self._reader.rate(row, rows) for row in rows)
        return Report(outcome=Outcome.DONE, rates=rates, refusals=tuple(refusals))

    async def _made(
        self, wanted: Iterable[to_legacy.Line], present: Sequence[Row], *, may_send: bool
    ) -> tuple[list[Row], list[Refusal]]:
        """Return the charges of these lines that are settled, after making what is not there; and what was refused."""
        there = {_key(row): row for row in present}
        rows: list[Row] = []
        refused: dict[str, Refusal] = {}
        for line in wanted:
            row = there.get(line.key)
            if row is None and may_send and line.item not in refused:
                try:
                    row = await self._client.make("charge", line.row)
                except Refused as error:
                    refused[line.item] = _refusal(line.item, error.legacy_code, error.legacy_text)
            if row is not None and row.get("status"):
                rows.append(row)
        return [row for row in rows if row["item"] not in refused], list(refused.values())

    async def _stop(self, message: Message, present: Sequence[Row], *, may_send: bool) -> bool:
        """End the running charges of products that are given up or changed; return whether none of them runs on."""
        ours = {row.get("id") for row in present}
        runs_on = False
        for product, item in to_legacy.stopped_products(message):
            day = to_legacy.charge_day(message, item, _ZONE, datetime.now(UTC)).isoformat()
            for row in await self._running(product, ours):
                if may_send:
                    await self._client.change("charge", member(row, "id"), stopped=day)
            runs_on = runs_on or bool(await self._running(product, ours))
        return not runs_on

    async def _running(self, product: str, ours: set[str | None]) -> list[Row]:
        rows = await self._client.find("charge", product=product)
        return [
            row
            for row in rows
            if row.get("id") not in ours
            and not row.get("stopped")
            and row.get("status") != _VOID
            and self._reader.kinds.translate(row.get("kind")) == "recurring"
        ]

    # -- invoices ------------------------------------------------------------------------------------------------

    async def _bill(self, message: Message, *, may_send: bool) -> Report:
        asked = message.on_demand
        if asked is not None and asked.billing_account is None:
            refusal = Refusal(subject=asked.id, legacy_code="NO-ACCOUNT", legacy_text="it names no billing account")
            return Report(outcome=Outcome.DONE, refusals=(refusal,))
        reference = asked.id if asked else message.reference_key
        invoices = await self._client.find("invoice", reference=reference)
        if asked is not None and asked.billing_account is not None:
            accounts = {asked.billing_account.id}
        else:
            accounts = {
                row["account"]
                for row in await self._charges(message)
                if row.get("status") and self._reader.is_open(row)
            }
        missing = sorted(accounts - {row.get("account") for row in invoices})
        for account in missing if may_send else ():
            try:
                scope = "ACCOUNT" if asked else "ORDER"
                await self._client.make("invoice", {"reference": reference, "account": account, "scope": scope})
            except Refused as error:
                if asked is None:
                    raise
                refusal = Refusal(subject=asked.id, legacy_code=error.legacy_code, legacy_text=error.legacy_text)
                return Report(outcome=Outcome.DONE, refusals=(refusal,))
        if missing and not may_send:
            return self._working()
        return await self._sent(reference)

    async def _sent(self, reference: str) -> Report:
        """Return the bills made under a reference with their ledger entries, once all of them are sent and posted."""
        rates, bills, facts, ledger = [], [], [], []
        for row in await self._client.find("invoice", reference=reference):
            if not row.get("status") or self._reader.state(row) != "sent":
                return self._working()
            entries = await self._client.find("ledger", invoice=member(row, "id"))
            if not entries:
                return self._working()
            charges = await self._client.find("charge", invoice=member(row, "id"))
            bill = self._reader.bill(row, charges)
            posted, fact = self._reader.posting(entries[0])
            rates += [self._reader.rate(one, charges) for one in charges]
            bills.append(bill)
            ledger.append(posted)
            facts += [*self._reader.bill_facts(row, bill), fact]
        return Report(
            outcome=Outcome.DONE, rates=tuple(rates), bills=tuple(bills), facts=tuple(facts), ledger=tuple(ledger)
        )


def _key(row: Row) -> tuple[str, str, str]:
    return member(row, "item"), member(row, "kind"), member(row, "text")


def _refusal(item: str, code: str, text: str) -> Refusal:
    return Refusal(subject=f"item:{item}", legacy_code=code, legacy_text=text)
