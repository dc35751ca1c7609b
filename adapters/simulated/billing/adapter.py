"""The billing adapter: contracts and charges, then invoices, each looked up before it is made."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from adapters.sdk.doing import DoingAdapter
from adapters.sdk.facts import Speaker
from adapters.sdk.fields import Fields
from adapters.sdk.loss import Losses, translates
from adapters.sdk.messages import product_items
from adapters.simulated.billing.client import BillingClient
from adapters.simulated.billing.from_legacy import BillingReader
from adapters.simulated.billing.readback import ChargeReader
from adapters.simulated.billing.settings import BillingSettings
from adapters.simulated.billing.to_legacy import (
    Contract,
    account_of,
    charge_day,
    contracts,
    fee_contracts,
    stopped_products,
)
from gateway.canonical.states import ItemAction
from gateway.ports.adapter import Capability, Message, Operation, Outcome, Refusal, Report, Role
from gateway.ports.errors import NotSupported, Refused
from gateway.ports.outcome import Known
from gateway.ports.readback import InventoryItem
from gateway.vocabulary.table import Vocabulary

__all__ = ["BillingAdapter"]

_CHANNEL = "e-mail"


class _NotDone(Exception):
    """Something would have to be sent, and may not be."""


class BillingAdapter(DoingAdapter):
    """Plays `billing` against the simulated system."""

    name = "simulated-billing"
    role = Role.BILLING
    capabilities: ClassVar[Mapping[str, Capability]] = {
        "charge": Capability.FULL,
        "bill": Capability.FULL,
        "fee": Capability.FULL,
        "on-demand": Capability.FULL,
        "cancel charge": Capability.PARTIAL,
        "cancel bill": Capability.IMPOSSIBLE,
        "cancel fee": Capability.NOT_IMPLEMENTED,
        "lookup charge": Capability.FULL,
        "lookup bill": Capability.FULL,
        "lookup fee": Capability.FULL,
        "observe": Capability.FULL,
        "inventory": Capability.FULL,
    }

    def __init__(self, settings: BillingSettings, tables: Mapping[str, Vocabulary]) -> None:
        super().__init__(Losses.beside(self.name, __file__), again_after_seconds=settings.poll_seconds)
        self._settings = settings
        self._kinds, self._currencies = tables["billing-charge-kind"], tables["billing-currency"]
        states, fields = tables["billing-invoice-state"], Fields.of(tables, "billing-field", settings.zone)
        self._client = BillingClient(settings.url, settings.drop, settings.answer_seconds)
        speaker = Speaker("simulated-billing", "simulated-billing@0.1")
        self._reader = BillingReader(speaker, self._kinds, states, self._currencies, fields)
        self._charges = ChargeReader(self._client, self._reader, settings.zone)

    @translates
    async def fetch(self, message: Message) -> Report:
        """Look how far it has come, and send nothing: what is not there yet is answered as WORKING."""
        try:
            return await self._do(message, may_send=False)
        except _NotDone:
            return self._working()

    @translates
    async def cancel(self, message: Message) -> Report:
        """Cancel the charges of the message's items. Raises Refused once one of them was invoiced."""
        if message.operation is not Operation.CHARGE:
            raise NotSupported(self.name, f"cancel {message.operation}")
        for contract in await self._client.rows("contract.search_read", message.reference_key):
            await self._client.call("charge.cancel", contract["id"], list(message.items))
        return Report(outcome=Outcome.DONE)

    async def outcome_of(self, message: Message) -> Known:
        """Go through the contracts, charges and invoices under the reference up to where something would be sent."""
        try:
            await self._do(message, may_send=False)
        except _NotDone:
            # How much of it is there matters to nobody: each thing is looked up again before it is made.
            return Known.PARTLY
        return Known.PRESENT

    @translates
    async def observe(self, message: Message) -> Report:
        """Return what is charged now for the message's items."""
        return await self._charges.observe(message)

    def inventory(self, after: int = 0) -> AsyncIterator[InventoryItem]:
        """Yield every charge of the system."""
        return self._charges.inventory(after)

    async def check(self) -> str:
        """Return one line on the system's health."""
        return await self._client.health()

    async def close(self) -> None:
        """Release connections."""
        await self._client.close()

    async def _do(self, message: Message, *, may_send: bool) -> Report:
        if message.operation is Operation.CHARGE:
            return await self._charge(message, may_send=may_send)
        if message.operation is Operation.BILL:
            made = self._bill_on_demand if message.on_demand else self._bill
            return await made(message, may_send=may_send)
        if message.operation is Operation.FEE:
            return await self._fee(message, may_send=may_send)
        raise NotSupported(self.name, message.operation)

    async def _send(self, method: str, *params: Any, may_send: bool) -> Any:
        if not may_send:
            raise _NotDone
        return await self._client.call(method, *params)

    # -- charges -------------------------------------------------------------------------------------------------

    async def _charge(self, message: Message, *, may_send: bool) -> Report:
        live = {item.id: item for item in product_items(message)}
        now = datetime.now(UTC)
        signed = {row["account"]: row for row in await self._client.rows("contract.search_read", message.reference_key)}
        charged = [row for one in signed.values() for row in await self._client.rows("charge.search_read", one["id"])]
        done = {row["item"] for row in charged}
        wanted = contracts(message, self._kinds, self._currencies)  # in their words, before anything is sent
        for product, item in stopped_products(live):
            if item not in done:  # once the new charge runs, stopping again would stop that one
                day = charge_day(message, item, self._settings.zone, now)
                await self._send("charge.stop", product, day.isoformat(), may_send=may_send)
        refusals: list[Refusal] = []
        rows: list[dict[str, Any]] = []
        for contract in wanted:
            key = signed[contract.account]["id"] if contract.account in signed else None
            try:
                rows += await self._charged(message, contract, key, set(live), now, may_send=may_send)
            except Refused as error:
                items = sorted({line["item"] for line in contract.lines} & set(live))
                refusals += [_refusal(item, error.legacy_code, error.legacy_text) for item in items]
        unplaced = [
            item.id for item in live.values() if item.action is ItemAction.ADD and not account_of(message, item)
        ]
        refusals += [_refusal(item, "NO-ACCOUNT", "no account is named for it") for item in unplaced]
        rates = tuple(self._reader.rate(row, message.reference_key) for row in rows)
        facts = tuple(self._reader.charge_facts(rows, now))
        ids = {f"contract {row['account']}": row["id"] for row in signed.values()}
        ids |= {f"contract {row['account']}": row["contract"] for row in rows}
        return Report(outcome=Outcome.DONE, rates=rates, facts=facts, refusals=tuple(refusals), legacy_ids=ids)

    async def _fee(self, message: Message, *, may_send: bool) -> Report:
        """Charge each fee once. Raises Refused where an item has no account."""
        now = datetime.now(UTC)
        rows: list[dict[str, Any]] = []
        for contract in fee_contracts(message, self._kinds, self._currencies):
            key = None
            for row in await self._client.rows("contract.search_read", message.reference_key):
                if row["account"] == contract.account and [one["kind"] for one in row["lines"]] == contract.kinds:
                    key = row["id"]
            items = {line["item"] for line in contract.lines}
            rows += await self._charged(message, contract, key, items, now, may_send=may_send)
        rates = tuple(self._reader.rate(row, message.reference_key) for row in rows)
        return Report(outcome=Outcome.DONE, rates=rates)

    async def _charged(  # noqa: PLR0913 - one contract in its parts
        self, message: Message, contract: Contract, key: str | None, live: set[str], now: datetime, *, may_send: bool
    ) -> list[dict[str, Any]]:
        """Return the charges of one contract, after signing it and starting what does not run yet."""
        if key is None:
            key = await self._send("contract.create", contract.wire(message), may_send=may_send)
        present = await self._client.rows("charge.search_read", key)
        running = {row["item"] for row in present}
        wanted = {line["item"] for line in contract.lines if line["item"] in live} - running
        if not wanted:
            return present
        days = {item: charge_day(message, item, self._settings.zone, now).isoformat() for item in sorted(wanted)}
        await self._send("consumption.run", key, days, may_send=may_send)
        return await self._client.rows("charge.search_read", key)

    # -- invoices ------------------------------------------------------------------------------------------------

    async def _bill(self, message: Message, *, may_send: bool) -> Report:
        reference = message.reference_key
        rows: list[dict[str, Any]] = []
        for contract in await self._client.rows("contract.search_read", reference):
            charges = await self._client.rows("charge.search_read", contract["id"])
            # An invoice run with nothing to invoice would silently move the contract on by a month.
            if any(row["state"] == "OPEN" for row in charges):
                await self._send("invoice.create", contract["id"], may_send=may_send)
                charges = await self._client.rows("charge.search_read", contract["id"])
            rows += charges
        report = await self._finished(reference, may_send=may_send)
        rates = tuple(self._reader.rate(row, reference) for row in rows)
        return report.model_copy(update={"rates": rates})

    async def _bill_on_demand(self, message: Message, *, may_send: bool) -> Report:
        asked = message.on_demand
        assert asked is not None
        if asked.billing_account is None:
            refusal = _refusal(asked.id, "NO-ACCOUNT", "the request names no billing account")
            return Report(outcome=Outcome.DONE, refusals=(refusal,))
        if not await self._client.rows("invoice.search_read", asked.id):
            account = asked.billing_account.id
            made = await self._send("invoice.create_for_account", account, asked.id, may_send=may_send)
            if made is None:
                refusal = _refusal(asked.id, "NOTHING-OPEN", "the account has no open charge, or is not known")
                return Report(outcome=Outcome.DONE, refusals=(refusal,))
        return await self._finished(asked.id, may_send=may_send)

    async def _finished(self, reference: str, *, may_send: bool) -> Report:
        """Post and send every draft made under a reference, and return the bills with their ledger entries."""
        for row in await self._client.rows("invoice.search_read", reference):
            if row["state"] == "DRAFT":
                await self._send("invoice.post", row["id"], may_send=may_send)
            if row["state"] in {"DRAFT", "POSTED"}:
                await self._send("invoice.send", row["id"], _CHANNEL, may_send=may_send)
        bills, facts, ledger = [], [], []
        for row in await self._client.rows("invoice.search_read", reference):
            bill = self._reader.bill(row)
            entry = await self._ledger(row)
            if entry is None:
                return self._working()
            posted, fact = self._reader.posting(entry, row, bill)
            bills.append(bill)
            ledger.append(posted)
            facts += [*self._reader.bill_facts(row, bill), fact]
        return Report(outcome=Outcome.DONE, bills=tuple(bills), facts=tuple(facts), ledger=tuple(ledger))

    async def _ledger(self, row: dict[str, Any]) -> list[str] | None:
        if self._settings.drop is not None:
            return await self._client.ledger_file(row["number"])
        found = await self._client.rows("ledger.search_read", row["id"])
        members = ("number", "account", "currency", "amount", "from", "to")
        return [str(found[0][member]) for member in members] if found else None


def _refusal(item: str, code: str, text: str) -> Refusal:
    return Refusal(subject=f"item:{item}", legacy_code=code, legacy_text=text)
