"""The billing adapter: subscriptions and sales, then invoices, each looked up before it is made."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

from adapters.sdk.doing import DoingAdapter
from adapters.sdk.facts import Speaker
from adapters.sdk.loss import Losses, translates
from adapters.sdk.messages import product_items
from adapters.tryton.billing.book import Book
from adapters.tryton.billing.from_legacy import BillingReader, Charged
from adapters.tryton.billing.readback import ChargeReader
from adapters.tryton.billing.records import Invoice, Line
from adapters.tryton.billing.to_legacy import (
    Charge,
    account_of,
    charge_day,
    charges,
    fees,
    sale,
    stopped_products,
    subscription,
)
from adapters.tryton.client import TrytonClient
from adapters.tryton.settings import TrytonSettings
from gateway.canonical.bill import Bill
from gateway.canonical.fact import Fact
from gateway.canonical.lifecycle import LedgerEntry
from gateway.canonical.states import BillState, ItemAction
from gateway.ports.adapter import Capability, Message, Operation, Outcome, Refusal, Report, Role
from gateway.ports.errors import NeedsOperator, NotSupported, Refused
from gateway.ports.outcome import Known
from gateway.ports.readback import InventoryItem
from gateway.vocabulary.table import Vocabulary

__all__ = ["TrytonBilling"]

_UNPOSTED = frozenset({BillState.NEW, BillState.VALIDATED})


class _NotDone(Exception):
    """Something would have to be sent, and may not be."""


class TrytonBilling(DoingAdapter):
    """Plays `billing` with Tryton."""

    name = "tryton"
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

    def __init__(
        self,
        settings: TrytonSettings,
        tables: Mapping[str, Vocabulary],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__(Losses.beside(self.name, __file__), again_after_seconds=settings.poll_seconds)
        self._settings, self._now = settings, now
        self._kinds, self._currencies = tables["tryton-charge"], tables["tryton-currency"]
        self._client = TrytonClient(settings)
        self._book = Book(self._client)
        speaker = Speaker("tryton", "tryton@0.1")
        states = tables["tryton-invoice-state"]
        self._reader = BillingReader(speaker, self._kinds, states, self._currencies, settings.zone)
        self._charges = ChargeReader(self._book, self._reader, settings.zone, now)

    @translates
    async def fetch(self, message: Message) -> Report:
        """Look how far it has come, and send nothing: what is not there yet is answered as WORKING."""
        try:
            return await self._do(message, may_send=False)
        except _NotDone:
            return self._working()

    @translates
    async def cancel(self, message: Message) -> Report:
        """Take back what is charged for items. Raises Refused once one was invoiced, or where a sale was confirmed."""
        if message.operation is not Operation.CHARGE:
            raise NotSupported(self.name, f"cancel {message.operation}")
        every = await self._book.lines(message.reference_key)
        lines = [line for line in every if not message.items or line.item in message.items]
        charged = await self._book.charged(lines)
        for one in charged:
            if one.invoice is not None or one.consumption is None:
                subject = f"item:{one.line.item}" if one.line.item else "productOrder"
                raise Refused("INVOICED", f"{one.line.text} stands on an invoice", subject=subject)
        await self._book.take_back(lines, charged, [line for line in every if line not in lines])
        return Report(outcome=Outcome.DONE)

    async def outcome_of(self, message: Message) -> Known:
        """Go through the books under the reference up to where something would be sent."""
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
        """Yield every line of every subscription."""
        return self._charges.inventory(after)

    async def check(self) -> str:
        """Return one line on the system's health."""
        context = await self._client.context()
        return f"tryton lets us in as a user of {context.get('company.rec_name', 'a company')}"

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
            wanted = list(fees(message, self._settings.fee_product, self._kinds, self._currencies))
            charged, refusals = await self._charged(message, wanted, may_send=may_send)
            rates = self._reader.rates(charged, message.reference_key)
            return Report(outcome=Outcome.DONE, rates=rates, refusals=tuple(refusals))
        raise NotSupported(self.name, message.operation)

    def _today(self) -> date:
        return self._now().astimezone(ZoneInfo(self._settings.zone)).date()

    # -- charges -------------------------------------------------------------------------------------------------------

    async def _charge(self, message: Message, *, may_send: bool) -> Report:
        live = {item.id: item for item in product_items(message)}
        wanted = list(charges(message, live.values(), self._kinds, self._currencies))  # in its words, before anything
        charged, refusals = await self._charged(message, wanted, may_send=may_send)
        await self._stop(message, may_send=may_send)
        refusals += [
            _refusal(item.id, "NO-ACCOUNT", "no account is named for it")
            for item in live.values()
            if item.action is ItemAction.ADD and not account_of(message, item)
        ]
        # All that is charged under the order is told, also what nobody asked for.
        return Report(
            outcome=Outcome.DONE,
            rates=self._reader.rates(charged, message.reference_key),
            facts=tuple(self._reader.charge_facts(charged)),
            refusals=tuple(refusals),
            legacy_ids={f"{one.line.model} {one.line.item}": str(one.line.id) for one in charged if one.line.item},
        )

    async def _charged(
        self, message: Message, wanted: Sequence[Charge], *, may_send: bool
    ) -> tuple[list[Charged], list[Refusal]]:
        """Return what is charged under the order's reference, after making what is wanted and not there."""
        lines = await self._book.lines(message.reference_key)
        # In our words: a line whose kind nobody knows is told, and no reason to charge once more.
        there = {(line.item, self._reader.kind(line)) for line in lines}
        missing = [one for one in wanted if (one.item, self._kinds.translate(one.kind)) not in there]
        refusals: list[Refusal] = []
        if missing:
            if not may_send:
                raise _NotDone
            refusals = await self._make(message, missing)
            lines = await self._book.lines(message.reference_key)
        asked = {one.item for one in wanted}
        mine = [line for line in lines if line.item in asked]
        if await self._is_due(mine):
            if not may_send:
                raise _NotDone
            async with self._client.runs:
                await self._book.run_subscriptions(mine)
                await self._book.consume(self._today())
                await self._book.confirm_sales(mine)
            lines = await self._book.lines(message.reference_key)
        return await self._book.charged(lines), refusals

    async def _is_due(self, lines: Sequence[Line]) -> bool:
        """Whether a line does not run yet, or was not consumed for a period that has begun."""
        waits = any(line.state in {"draft", "quotation", "confirmed"} for line in lines)
        today = self._today()
        return waits or any(
            line.model != "sale.line"
            and line.state == "running"
            and line.following is not None
            and line.following <= today
            and (line.end is None or line.following < line.end)
            for line in lines
        )

    async def _make(self, message: Message, missing: Sequence[Charge]) -> list[Refusal]:
        """Make a subscription and a sale for each account, with the lines that are missing; return what cannot be."""
        accounts = await self._book.accounts({one.account for one in missing})
        offers = await self._book.offers({one.offering for one in missing})
        currencies = await self._book.currencies({one.currency for one in missing})
        now, refusals = self._now(), list[Refusal]()
        recurring: dict[tuple[str, str], list[Charge]] = {}
        once: dict[tuple[str, str], list[Charge]] = {}
        repeats = {one.item for one in missing if one.kind == self._kinds.inverse("recurring")}
        for one in missing:
            offer = offers.get(one.offering)
            reduces = one.kind == self._kinds.inverse("discount") and one.item in repeats
            recurs = one.item in repeats and (reduces or one.kind == self._kinds.inverse("recurring"))
            if one.account not in accounts:
                refusals.append(_refusal(one.item, "NO-ACCOUNT", f"tryton has no open account {one.account}"))
            elif offer is None or one.currency not in currencies:
                refusals.append(_refusal(one.item, "NO-PRODUCT", f"tryton does not sell {one.offering}"))
            elif recurs and offer.service is None:
                refusals.append(_refusal(one.item, "NO-SERVICE", f"{one.offering} is no service in tryton"))
            else:
                (recurring if recurs else once).setdefault((one.account, one.currency), []).append(one)
        for (account, currency), some in recurring.items():
            lines = [
                (one, offers[one.offering], charge_day(message, one.item, self._settings.zone, now)) for one in some
            ]
            values = subscription(message, accounts[account], currencies[currency], lines)
            await self._client.create("sale.subscription", values)
        for (account, currency), some in once.items():
            values = sale(
                message, accounts[account], currencies[currency], [(one, offers[one.offering]) for one in some]
            )
            await self._client.create("sale.sale", values)
        return refusals

    async def _stop(self, message: Message, *, may_send: bool) -> None:
        """Let the charges end of what is ceased, suspended or changed, but those that the order itself has made."""
        now = self._now()
        for product, item in stopped_products(product_items(message)):
            day = charge_day(message, item, self._settings.zone, now)
            for line in await self._book.lines_of_product(product):
                if line.reference == message.reference_key or line.state == "closed":
                    continue
                end = max(day, line.start, _until(line) or day)
                if line.state == "running" and line.end is not None and line.end <= end:
                    continue
                if not may_send:
                    raise _NotDone
                async with self._client.runs:
                    await self._book.end_line(line, end)

    # -- invoices ------------------------------------------------------------------------------------------------------

    async def _bill(self, message: Message, *, may_send: bool) -> Report:
        charged = await self._invoiced(await self._book.lines(message.reference_key), may_send=may_send)
        ids = sorted({one.invoice for one in charged if one.invoice is not None})
        found = await self._book.invoices([["id", "in", ids]]) if ids else []
        report = await self._finished(found, message.reference_key, may_send=may_send)
        return report.model_copy(update={"rates": self._reader.rates(charged, message.reference_key)})

    async def _invoiced(self, lines: Sequence[Line], *, may_send: bool) -> list[Charged]:
        """Return what is charged for lines, once all of it stands on an invoice. Raises NeedsOperator."""
        charged = await self._book.charged(lines)
        if all(one.invoice is not None for one in charged):
            return charged
        if not may_send:
            raise _NotDone
        today = self._today()
        for one in charged:
            following = one.line.next_invoice
            if one.invoice is None and following is not None and following > today:
                reason = f"tryton's run of invoices has passed over {one.line.text}: it comes to it on {following}"
                fix = "invoice what was consumed by hand in tryton, then release"
                raise NeedsOperator(reason, fix, only_this=True)
        async with self._client.runs:
            await self._book.confirm_sales(lines)
            await self._book.invoice(today)
        return await self._book.charged(await self._again(lines))

    async def _again(self, lines: Sequence[Line]) -> list[Line]:
        found: list[Line] = []
        for reference in dict.fromkeys(line.reference for line in lines):
            found += await self._book.lines(reference or "")
        wanted = {(line.model, line.id) for line in lines}
        return [line for line in found if (line.model, line.id) in wanted]

    async def _bill_on_demand(self, message: Message, *, may_send: bool) -> Report:
        asked = message.on_demand
        assert asked is not None
        if asked.billing_account is None:
            refusal = _refusal(asked.id, "NO-ACCOUNT", "the request names no billing account")
            return Report(outcome=Outcome.DONE, refusals=(refusal,))
        found = await self._book.invoices([["reference", "=", asked.id]])
        if not found:
            account = (await self._book.accounts({asked.billing_account.id})).get(asked.billing_account.id)
            drafts = await self._drafts(account.address, may_send=may_send) if account else []
            if not drafts:
                refusal = _refusal(asked.id, "NOTHING-OPEN", "the account has no open charge, or is not known")
                return Report(outcome=Outcome.DONE, refusals=(refusal,))
            found = drafts
        return await self._finished(found, asked.id, may_send=may_send)

    async def _drafts(self, address: int, *, may_send: bool) -> list[Invoice]:
        """Return the drafts of an account, after what is due was invoiced."""
        if not may_send:
            raise _NotDone
        async with self._client.runs:
            await self._book.invoice(self._today())
        return await self._book.invoices([["invoice_address", "=", address], ["state", "=", "draft"]])

    async def _finished(self, found: Iterable[Invoice], reference: str, *, may_send: bool) -> Report:
        """Post every draft and return the bills with their postings."""
        ids = []
        for invoice in found:
            ids.append(invoice.id)
            if self._reader.state(invoice) in _UNPOSTED:
                if not may_send:
                    raise _NotDone
                async with self._client.runs:  # numbers are given out one at a time, and Tryton gives up soon
                    await self._book.post(invoice, self._today(), reference)
        bills, facts, ledger = list[Bill](), list[Fact](), list[LedgerEntry]()
        for invoice in await self._book.invoices([["id", "in", sorted(ids)]]) if ids else ():
            posting = await self._book.posting(invoice)
            if posting is None:
                return self._working()
            account = (await self._book.account_codes({invoice.address})).get(invoice.address)
            bill = self._reader.bill(invoice, account, await self._book.charged_on(invoice.id), posting)
            entry = self._reader.posting(invoice, bill, posting)
            bills.append(bill)
            ledger.append(entry)
            facts += self._reader.bill_facts(invoice, bill, entry)
        return Report(outcome=Outcome.DONE, bills=tuple(bills), facts=tuple(facts), ledger=tuple(ledger))


def _until(line: Line) -> date | None:
    """Return the day until which a line is charged already: Tryton lets it not end before."""
    return line.following


def _refusal(item: str, code: str, text: str) -> Refusal:
    return Refusal(subject=f"item:{item}", legacy_code=code, legacy_text=text)
