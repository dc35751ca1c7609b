"""Tryton's rows of subscriptions, consumption, sales and invoices, checked. Pure; every reader may raise Unreadable."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from adapters.tryton.read import member, read_as, subject_error
from adapters.tryton.tags import tags_of

__all__ = [
    "CONSUMPTION",
    "INVOICE",
    "LINE",
    "SALE_LINE",
    "Consumption",
    "Invoice",
    "Line",
    "read_consumption",
    "read_invoice",
    "read_line",
    "read_sale_line",
]

_COMMON = ("description", "quantity", "unit_price", "create_date", "write_date")
_TAXES = "product.template.account_category.customer_taxes.rate"

LINE = (
    *_COMMON,
    "start_date",
    "end_date",
    "next_consumption_date",
    "subscription.reference",
    "subscription.state",
    "subscription.next_invoice_date",
    "subscription.invoice_address",
    "subscription.party.code",
    "subscription.currency.code",
    "service.product.code",
    f"service.{_TAXES}",
)
"""What to ask of a line of a subscription."""

CONSUMPTION = (
    "line",
    "date",
    "invoice_line.amount",
    "invoice_line.invoice.id",
)
"""What to ask of a line's consumption."""

SALE_LINE = (
    *_COMMON,
    "taxes.rate",
    "product.code",
    "invoice_lines.invoice",
    "sale.reference",
    "sale.state",
    "sale.sale_date",
    "sale.invoice_address",
    "sale.party.code",
    "sale.currency.code",
)
"""What to ask of a line of a sale."""

INVOICE = (
    "number",
    "state",
    "reference",
    "invoice_date",
    "untaxed_amount",
    "tax_amount",
    "total_amount",
    "amount_to_pay",
    "invoice_address",
    "move",
    "create_date",
    "write_date",
    "party.code",
    "currency.code",
    "taxes.amount",
    "taxes.tax.rate",
)
"""What to ask of an invoice."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a subscription or of a sale. `model` says which; `address` is the invoice address, an account's."""

    model: str
    id: int
    owner: int
    state: str
    reference: str | None
    address: int
    party: str | None
    currency: str
    offering: str | None
    text: str
    tags: Mapping[str, str]
    quantity: Decimal
    unit_price: Decimal
    taxes: tuple[Decimal, ...]
    start: date
    end: date | None
    following: date | None
    next_invoice: date | None
    changed: datetime
    invoice: int | None = None

    @property
    def item(self) -> str | None:
        """The product order item that it charges."""
        return self.tags.get("item")

    @property
    def product(self) -> str | None:
        """The product that it charges for."""
        return self.tags.get("product")


@dataclass(frozen=True, slots=True)
class Consumption:
    """What is charged for one period of a line, and the invoice that it is on."""

    id: int
    line: int
    day: date
    amount: Decimal | None
    invoice: int | None


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice; `taxes` are pairs of rate and amount."""

    id: int
    number: str | None
    state: str
    reference: str | None
    day: date | None
    net: Decimal
    tax: Decimal
    gross: Decimal
    open: Decimal
    address: int
    move: int | None
    party: str | None
    currency: str
    taxes: tuple[tuple[Decimal, Decimal], ...]
    changed: datetime
    raw: Mapping[str, Any]


def read_line(row: Mapping[str, Any]) -> Line:
    """Return a line of a subscription."""
    try:
        return Line(
            model="sale.subscription.line",
            owner=read_as(int, member(row, "subscription.id")),
            state=read_as(str, member(row, "subscription.state")),
            reference=member(row, "subscription.reference"),
            address=read_as(int, member(row, "subscription.invoice_address")),
            party=member(row, "subscription.party.code"),
            currency=read_as(str, member(row, "subscription.currency.code")),
            offering=member(row, "service.product.code"),
            taxes=_rates(member(row, "service.product.template.account_category.customer_taxes.")),
            start=read_as(date, row["start_date"]),
            end=row["end_date"],
            following=row["next_consumption_date"],
            next_invoice=member(row, "subscription.next_invoice_date"),
            **_common(row),
        )
    except (KeyError, TypeError, ValueError):
        raise subject_error("line of a subscription", row) from None


def read_sale_line(row: Mapping[str, Any]) -> Line:
    """Return a line of a sale; it starts on the day of the sale, else on that of its making."""
    try:
        invoices = [read_as(int, one["invoice"]) for one in row["invoice_lines."] or () if one["invoice"] is not None]
        common = _common(row)
        return Line(
            model="sale.line",
            owner=read_as(int, member(row, "sale.id")),
            state=read_as(str, member(row, "sale.state")),
            reference=member(row, "sale.reference"),
            address=read_as(int, member(row, "sale.invoice_address")),
            party=member(row, "sale.party.code"),
            currency=read_as(str, member(row, "sale.currency.code")),
            offering=member(row, "product.code"),
            taxes=_rates(row["taxes."]),
            start=member(row, "sale.sale_date") or common["changed"].date(),
            end=None,
            following=None,
            next_invoice=None,
            invoice=invoices[0] if invoices else None,
            **common,
        )
    except (KeyError, TypeError, ValueError):
        raise subject_error("line of a sale", row) from None


def read_consumption(row: Mapping[str, Any]) -> Consumption:
    """Return a consumption."""
    try:
        billed = row["invoice_line."]
        return Consumption(
            id=read_as(int, row["id"]),
            line=read_as(int, row["line"]),
            day=read_as(date, row["date"]),
            amount=read_as(Decimal, billed["amount"]) if billed else None,
            invoice=member(row, "invoice_line.invoice.id") if billed else None,
        )
    except (KeyError, TypeError, ValueError):
        raise subject_error("consumption", row) from None


def read_invoice(row: Mapping[str, Any]) -> Invoice:
    """Return an invoice."""
    try:
        return Invoice(
            id=read_as(int, row["id"]),
            number=row["number"],
            state=read_as(str, row["state"]),
            reference=row["reference"],
            day=row["invoice_date"],
            net=read_as(Decimal, row["untaxed_amount"]),
            tax=read_as(Decimal, row["tax_amount"]),
            gross=read_as(Decimal, row["total_amount"]),
            open=read_as(Decimal, row["amount_to_pay"]),
            address=read_as(int, row["invoice_address"]),
            move=row["move"],
            party=member(row, "party.code"),
            currency=read_as(str, member(row, "currency.code")),
            taxes=tuple((read_as(Decimal, member(one, "tax.rate")), one["amount"]) for one in row["taxes."] or ()),
            changed=read_as(datetime, row["write_date"] or row["create_date"]),
            raw=row,
        )
    except (KeyError, TypeError, ValueError):
        raise subject_error("invoice", row) from None


def _common(row: Mapping[str, Any]) -> dict[str, Any]:
    text, _, _ = (row["description"] or "").partition("\n")
    return {
        "id": read_as(int, row["id"]),
        "text": text,
        "tags": tags_of(row["description"]),
        "quantity": Decimal(repr(row["quantity"])) if row["quantity"] is not None else Decimal(1),
        "unit_price": read_as(Decimal, row["unit_price"]),
        "changed": read_as(datetime, row["write_date"] or row["create_date"]),
    }


def _rates(taxes: Any) -> tuple[Decimal, ...]:
    return tuple(read_as(Decimal, tax["rate"]) for tax in taxes or ())
