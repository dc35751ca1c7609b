"""From Tryton's lines, consumption and invoices to rates, bills and facts. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from adapters.sdk.codes import said
from adapters.sdk.facts import Speaker
from adapters.tryton.billing.records import Consumption, Invoice, Line
from gateway.canonical.bill import AppliedRate, AppliedTax, Bill
from gateway.canonical.common import Characteristic, Party, Period, Ref
from gateway.canonical.fact import Fact
from gateway.canonical.lifecycle import LedgerEntry
from gateway.canonical.money import CURRENCY_EXPONENTS, Money
from gateway.canonical.states import BillState
from gateway.vocabulary.table import Vocabulary

__all__ = ["BillingReader", "Charged", "Posting", "bill_id"]


@dataclass(frozen=True, slots=True)
class Charged:
    """One period of a line, or a line of a sale: `consumption` is None for the latter. `account` is its code."""

    line: Line
    account: str | None
    consumption: Consumption | None = None
    until: date | None = None

    @property
    def id(self) -> str:
        """Its name: the model and the number."""
        return f"consumption-{self.consumption.id}" if self.consumption else f"sale-line-{self.line.id}"

    @property
    def start(self) -> date:
        """The first day that it is for."""
        return self.consumption.day if self.consumption else self.line.start

    @property
    def invoice(self) -> int | None:
        """The invoice that it is on."""
        return self.consumption.invoice if self.consumption else self.line.invoice


@dataclass(frozen=True, slots=True)
class Posting:
    """What the ledger has of an invoice on the account of receivables."""

    amount: Decimal
    due: date | None


def bill_id(invoice: int) -> str:
    """Return the name of an invoice as a bill."""
    return f"invoice-{invoice}"


class BillingReader:
    """Reads with the tables of one Tryton. Every method may raise UnknownCode."""

    def __init__(
        self, speaker: Speaker, kinds: Vocabulary, states: Vocabulary, currencies: Vocabulary, zone: str
    ) -> None:
        self._speaker, self._kinds, self._states, self._currencies = speaker, kinds, states, currencies
        self._zone = ZoneInfo(zone)

    def state(self, invoice: Invoice) -> BillState:
        """Return the state of an invoice as a bill."""
        return BillState(self._states.translate(invoice.state))

    def rates(self, charged: Sequence[Charged], order_id: str) -> tuple[AppliedRate, ...]:
        """Return what is charged as applied rates; a reduction names the charge of its item that it reduces."""
        whole = {(one.line.item, one.start): one.id for one in charged if self.kind(one.line) != "discount"}
        return tuple(self._rate(one, order_id, whole.get((one.line.item, one.start))) for one in charged)

    def charge_facts(self, charged: Sequence[Charged]) -> Iterator[Fact]:
        """Yield when each item's charges start, and by which rate; a reduction is no charge of its own."""
        seen: set[str] = set()
        speaker = self._speaker.reading(self._kinds)
        for one in charged:
            item = one.line.item
            if item is None or item in seen or self.kind(one.line) == "discount":
                continue
            seen.add(item)
            value = {"date": self._midnight(one.start).isoformat(), "product": one.line.product}
            answer = [one.line.model, one.line.id, one.id, one.start]
            at = one.line.changed
            yield speaker.says("charge.started", f"item:{item}", value, at=at, answer=answer)
            yield speaker.says("rate.created", f"item:{item}", {"rate": one.id}, at=at, answer=answer)

    def bill(self, invoice: Invoice, account: str | None, charged: Sequence[Charged], posting: Posting) -> Bill:
        """Return an invoice as a bill."""
        gross = self._money(invoice.gross, invoice.currency)
        due = posting.due or invoice.day
        return Bill(
            id=bill_id(invoice.id),
            bill_no=invoice.number,
            category="normal",
            run_type="offCycle",
            state=self.state(invoice),
            bill_date=self._midnight(invoice.day) if invoice.day else None,
            due_date=self._midnight(due) if due else None,
            last_update=invoice.changed,
            billing_period=self._period(charged),
            billing_account=Ref(id=account) if account else None,
            parties=(Party(id=invoice.party, role="customer"),) if invoice.party else (),
            net=self._money(invoice.net, invoice.currency),
            gross=gross,
            amount_due=gross,
            remaining=self._money(invoice.open, invoice.currency),
            taxes=tuple(
                AppliedTax(category="VAT", rate=_percent(rate), amount=self._money(amount, invoice.currency))
                for rate, amount in invoice.taxes
            ),
        )

    def posting(self, invoice: Invoice, bill: Bill, posting: Posting) -> LedgerEntry:
        """Return what the ledger has of an invoice."""
        period, account = bill.billing_period, bill.billing_account
        return LedgerEntry(
            bill=bill.id,
            account=account.id if account else None,
            amount=self._money(posting.amount, invoice.currency),
            start=period.start if period else None,
            end=period.end if period else None,
        )

    def bill_facts(self, invoice: Invoice, bill: Bill, entry: LedgerEntry) -> Iterator[Fact]:
        """Yield what a posted invoice states: its totals, that it is out, and its posting."""
        assert bill.net is not None
        assert bill.gross is not None
        assert entry.amount is not None
        subject, at, raw = f"bill:{bill.id}", invoice.changed, invoice.raw
        totals = {"taxExcludedAmount": _wire(bill.net), "taxIncludedAmount": _wire(bill.gross)}
        sent, posted = {"account": entry.account, "channel": "tryton"}, {"account": entry.account}
        money, state = self._speaker.reading(self._currencies), self._speaker.reading(self._states)
        yield money.says("bill.balanced", subject, totals, at=at, answer=raw)
        yield state.says("bill.sent", subject, sent, at=at, answer=raw)
        yield money.says("ledger.posted", subject, posted | {"amount": _wire(entry.amount)}, at=at, answer=raw)

    def kind(self, line: Line) -> str:
        """Return what a line charges."""
        code = line.tags.get("kind") or _OF_MODEL.get(line.model, "")
        return said(self._kinds, code, f"item:{line.item}" if line.item else "productOrder")

    def _rate(self, one: Charged, order_id: str, whole: str | None) -> AppliedRate:
        line, kind = one.line, self.kind(one.line)
        net = _rounded(line.unit_price * line.quantity, line.currency)
        if one.consumption is not None and one.consumption.amount is not None:
            net = one.consumption.amount
        taxes = [(rate, _rounded(net * rate, line.currency)) for rate in line.taxes]
        reduces = whole if kind == "discount" else None
        return AppliedRate(
            id=one.id,
            name=line.text,
            type=kind,
            date=self._midnight(one.start),
            is_billed=one.invoice is not None,
            bill=Ref(id=bill_id(one.invoice)) if one.invoice is not None else None,
            billing_account=Ref(id=one.account) if one.account else None,
            product=Ref(id=line.product) if line.product else None,
            period_cover=Period(start=self._midnight(one.start), end=self._midnight(one.until)) if one.until else None,
            net=self._money(net, line.currency),
            gross=self._money(net + sum((amount for _, amount in taxes), Decimal(0)), line.currency),
            taxes=tuple(
                AppliedTax(category="VAT", rate=_percent(rate), amount=self._money(amount, line.currency))
                for rate, amount in taxes
            ),
            characteristics=(Characteristic(name="reducesRate", value=reduces, value_type="string"),)
            if reduces
            else (),
            order_id=order_id,
            item_id=line.item,
        )

    def _period(self, charged: Sequence[Charged]) -> Period | None:
        ends = [one.until for one in charged if one.until is not None]
        if not ends:
            return None
        return Period(start=self._midnight(min(one.start for one in charged)), end=self._midnight(max(ends)))

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self._zone)

    def _money(self, amount: Decimal, currency: str) -> Money:
        return Money(amount=amount, currency=self._currencies.translate(currency))


_OF_MODEL: Mapping[str, str] = {"sale.subscription.line": "subscription", "sale.line": "sale"}


def _percent(rate: Decimal) -> Decimal:
    return (rate * 100).normalize() + 0


def _rounded(amount: Decimal, currency: str) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-CURRENCY_EXPONENTS.get(currency, 2)), ROUND_HALF_UP)


def _wire(money: Money) -> dict[str, Any]:
    return {"unit": money.currency, "value": float(money.amount)}
