"""From the charges, invoices and ledger entries of template to rates, bills and facts. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from adapters.sdk.facts import Speaker
from adapters.sdk.fields import Fields
from adapters.sdk.redact import redact
from gateway.canonical.bill import AppliedRate, AppliedTax, Bill
from gateway.canonical.common import Characteristic, Party, Period, Ref
from gateway.canonical.fact import Fact
from gateway.canonical.lifecycle import LedgerEntry
from gateway.canonical.money import Money
from gateway.canonical.states import BillState
from gateway.ports.errors import UnknownCode, Unreadable
from gateway.vocabulary.fields.sum import TaxedMoney
from gateway.vocabulary.load import require
from gateway.vocabulary.table import Vocabulary

__all__ = ["Reader", "Row", "member"]

Row = dict[str, Any]
"""A row as the client returns it."""


def member(row: Row, name: str) -> str:
    """Return a member that every row of its kind has. Raises Unreadable."""
    value = row.get(name)
    if not isinstance(value, str) or not value:
        raise Unreadable(f"template left out {name}", redact(str(row)))
    return value


class Reader:
    """Reads rows with the tables of codes.yaml. Every method may raise Unreadable and UnknownCode."""

    def __init__(self, speaker: Speaker, tables: Mapping[str, Vocabulary], codes: Path) -> None:
        kinds = "charge-kind", "charge-open", "invoice-state", "currency", "field"
        *found, fields = require(tables, codes, *(f"template-{kind}" for kind in kinds))
        self.kinds, self._open, self.states, self.currencies = found
        self._fields, self._speaker = Fields(fields), speaker

    def rate(self, row: Row, charges: Sequence[Row]) -> AppliedRate:
        """Return a charge as an applied rate; its id and the bill's are the system's own. `charges` has its parent."""
        start, invoice, reduces = self._day(row, "starts"), row.get("invoice"), row.get("reduces")
        parent = next((one for one in charges if one["item"] == row["item"] and one["text"] == reduces), None)
        return AppliedRate(
            id=member(row, "id"),
            name=row.get("text"),
            type=self._said(self.kinds, row, "kind"),
            date=start,
            is_billed=bool(invoice),
            bill=Ref(id=invoice) if invoice else None,
            billing_account=Ref(id=member(row, "account")),
            product=Ref(id=row["product"]) if row.get("product") else None,
            period_cover=Period(start=start, end=self._day(row, "ends")) if row.get("ends") else None,
            net=self._sum(row, "net"),
            gross=self._sum(row, "gross"),
            taxes=(AppliedTax(category="VAT", rate=self._permille(row), amount=self._sum(row, "tax")),),
            characteristics=(Characteristic(name="reducesRate", value=parent["id"], value_type="string"),)
            if parent
            else (),
            order_id=row.get("reference"),
            item_id=member(row, "item"),
        )

    def charge_facts(self, rows: Sequence[Row]) -> Iterator[Fact]:
        """Yield when each item's charges start, and by which rate; a reduction is no charge of its own."""
        seen: set[str] = set()
        speaker = self._speaker.reading(self.kinds)
        for row in rows:
            if self._said(self.kinds, row, "kind") == "discount" or row["item"] in seen:
                continue
            seen.add(row["item"])
            subject, at = f"item:{row['item']}", self._instant(row, "created")
            started = {"date": self._day(row, "starts").isoformat(), "product": row.get("product") or None}
            yield speaker.says("charge.started", subject, started, at=at, answer=row)
            yield speaker.says("rate.created", subject, {"rate": member(row, "id")}, at=at, answer=row)

    def bill(self, row: Row, charges: Sequence[Row]) -> Bill:
        """Return an invoice as a bill, with the tax of its charges by rate; its id is the system's own."""
        gross = self._sum(row, "gross")
        customer = row.get("customer")
        return Bill(
            id=member(row, "id"),
            bill_no=row.get("number"),
            category="normal",
            run_type="offCycle",
            state=BillState(self.state(row)),
            bill_date=self._instant(row, "created"),
            due_date=self._day(row, "due"),
            last_update=self._instant(row, "sent"),
            billing_period=Period(start=self._day(row, "starts"), end=self._day(row, "ends")),
            billing_account=Ref(id=member(row, "account")),
            parties=(Party(id=customer, role="customer"),) if customer else (),
            net=self._sum(row, "net"),
            gross=gross,
            amount_due=gross,
            remaining=gross,
            taxes=tuple(self._taxes(charges)),
        )

    def is_open(self, row: Row) -> bool:
        """Whether a charge is still to be invoiced. Raises UnknownCode for its kind or its status."""
        self._said(self.kinds, row, "kind")
        return self._said(self._open, row, "status") == "true"

    def state(self, row: Row) -> str:
        """Return the canonical state of an invoice. Raises UnknownCode."""
        return self._said(self.states, row, "status", f"bill:{row.get('id')}")

    def bill_facts(self, row: Row, bill: Bill) -> Iterator[Fact]:
        """Yield that a bill was sent, and what its totals say."""
        subject, at = f"bill:{bill.id}", self._instant(row, "sent")
        totals = {"taxExcludedAmount": _wire(bill.net), "taxIncludedAmount": _wire(bill.gross)}
        yield self._speaker.reading(self.currencies).says("bill.balanced", subject, totals, at=at, answer=row)
        sent = {"account": row["account"], "channel": row.get("channel") or None}
        yield self._speaker.reading(self.states).says("bill.sent", subject, sent, at=at, answer=row)

    def posting(self, entry: Row) -> tuple[LedgerEntry, Fact]:
        """Return a ledger entry as posting and fact."""
        amount, account, bill = self._sum(entry, "amount"), member(entry, "account"), member(entry, "invoice")
        posted = LedgerEntry(
            bill=bill, account=account, amount=amount, start=self._day(entry, "starts"), end=self._day(entry, "ends")
        )
        value = {"account": account, "amount": _wire(amount)}
        speaker, at = self._speaker.reading(self.currencies), self._instant(entry, "created")
        return posted, speaker.says("ledger.posted", f"bill:{bill}", value, at=at, answer=entry)

    def _taxes(self, charges: Sequence[Row]) -> Iterator[AppliedTax]:
        by_rate: dict[str, Row] = {}
        for row in charges:
            by_rate.setdefault(str(row.get("permille")), row)
        for permille, first in by_rate.items():
            sums = [self._sum(row, "tax") for row in charges if str(row.get("permille")) == permille]
            total = Money(amount=sum((one.amount for one in sums[1:]), sums[0].amount), currency=sums[0].currency)
            yield AppliedTax(category="VAT", rate=self._permille(first), amount=total)

    def _said(self, table: Vocabulary, row: Row, name: str, subject: str | None = None) -> str:
        try:
            return table.translate(row.get(name))
        except UnknownCode as error:
            about = subject or f"item:{row.get('item')}"
            raise UnknownCode(error.vocabulary, error.legacy_code, subject=about) from None

    def _sum(self, row: Row, name: str) -> Money:
        currency = self._said(self.currencies, row, "currency")
        said: TaxedMoney = self._fields.read(name, row.get(name), currency=currency)
        return said.plain

    def _permille(self, row: Row) -> Any:
        return self._fields.read("permille", row.get("permille"))

    def _day(self, row: Row, name: str) -> datetime:
        """Return local midnight of a day."""
        moment: datetime = self._fields.read(name, row.get(name))
        return moment

    def _instant(self, row: Row, name: str) -> datetime:
        moment: datetime = self._fields.read(name, row.get(name))
        return moment


def _wire(money: Money | None) -> dict[str, Any] | None:
    return None if money is None else {"unit": money.currency, "value": float(money.amount)}
