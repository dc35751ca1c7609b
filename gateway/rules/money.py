"""Where money stands in a trace: every price and every amount with its path, and the account whose chain it is in."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from gateway.canonical.base import Extended
from gateway.canonical.bill import AppliedRate, AppliedTax, Bill
from gateway.canonical.common import Alteration, Price
from gateway.canonical.money import Money
from gateway.rules.context import Context

__all__ = ["Amount", "PricePlace", "amounts", "prices", "unread"]

_WIRE = {
    "net": ("taxExcludedAmount", "dutyFreeAmount"),
    "gross": ("taxIncludedAmount",),
    "amount_due": ("amountDue",),
    "remaining": ("remainingAmount",),
    "amount": ("taxAmount",),
}
"""Amounts of the wires; one that a face cannot read stays under its wire name among the extras."""

_WIRES = frozenset(wire for wires in _WIRE.values() for wire in wires)


class PricePlace(NamedTuple):
    """A price, where it stands, and the account that will pay it."""

    path: str
    price: Price
    account: str | None


class Amount(NamedTuple):
    """An amount and where it stands. Amounts of one `account` share one currency; a unit price is `per_unit`."""

    path: str
    money: Money
    account: str | None
    per_unit: bool = False


def prices(ctx: Context) -> tuple[PricePlace, ...]:
    """Return the prices of the items that were not refused."""
    return ctx.memo("prices", lambda c: tuple(_prices(c)))


def amounts(ctx: Context) -> tuple[Amount, ...]:
    """Return every amount of order, rates, bills and ledger, in that order."""
    return ctx.memo("amounts", lambda c: tuple(_amounts(c)))


def _prices(ctx: Context) -> Iterator[PricePlace]:
    for line in ctx.wanted:
        if line.item.prices:
            account = ctx.account(line)
            for number, price in enumerate(line.item.prices):
                yield PricePlace(f"{line.path}.prices[{number}]", price, account.id if account else None)


def _amounts(ctx: Context) -> Iterator[Amount]:
    for path, price, account in prices(ctx):
        per_unit = "usage" in (price.price_type or "").lower() or price.unit_of_measure is not None
        places: list[tuple[str, Price | Alteration]] = [(path, price)]
        places += [(f"{path}.alterations[{number}]", change) for number, change in enumerate(price.alterations)]
        for where, one in places:
            if one.net is not None:
                yield Amount(f"{where}.net", one.net, account, per_unit)
            if one.gross is not None:
                yield Amount(f"{where}.gross", one.gross, account, per_unit)
    accounts = {bill.id: bill.billing_account.id for bill in ctx.trace.bills or () if bill.billing_account}
    for number, rate in enumerate(ctx.trace.rates or ()):
        yield from _of_rate(rate, f"rates[{number}]", _payer(ctx, rate, accounts))
    for number, bill in enumerate(ctx.trace.bills or ()):
        yield from _of_bill(bill, f"bills[{number}]", accounts.get(bill.id))
    for number, entry in enumerate(ctx.trace.ledger or ()):
        if entry.amount is not None:
            yield Amount(f"ledger[{number}].amount", entry.amount, accounts.get(entry.bill or "", entry.account))


def _payer(ctx: Context, rate: AppliedRate, accounts: dict[str, str]) -> str | None:
    if rate.bill is not None and rate.bill.id in accounts:
        return accounts[rate.bill.id]
    if rate.billing_account is not None:
        return rate.billing_account.id
    line = ctx.by_id.get(rate.item_id or "")
    account = ctx.account(line) if line else None
    return account.id if account else None


def _of_rate(rate: AppliedRate, path: str, account: str | None) -> Iterator[Amount]:
    for name, money in (("net", rate.net), ("gross", rate.gross)):
        if money is not None:
            yield Amount(f"{path}.{name}", money, account)
    yield from _of_taxes(rate.taxes, path, account)


def _of_bill(bill: Bill, path: str, account: str | None) -> Iterator[Amount]:
    for name in ("net", "gross", "amount_due", "remaining"):
        money = getattr(bill, name)
        if money is not None:
            yield Amount(f"{path}.{name}", money, account)
    yield from _of_taxes(bill.taxes, path, account)


def _of_taxes(taxes: tuple[AppliedTax, ...], path: str, account: str | None) -> Iterator[Amount]:
    for number, tax in enumerate(taxes):
        if tax.amount is not None:
            yield Amount(f"{path}.taxes[{number}].amount", tax.amount, account)


def unread(ctx: Context) -> Iterator[tuple[str, Any]]:
    """Yield (path, what stands there) for every amount of order, rates and bills that is stated and cannot be read."""
    for path, price, _ in prices(ctx):
        yield from _unread(price, path)
        for number, change in enumerate(price.alterations):
            yield from _unread(change, f"{path}.alterations[{number}]")
    papers: list[tuple[str, AppliedRate | Bill]] = [(f"rates[{n}]", one) for n, one in enumerate(ctx.trace.rates or ())]
    papers += [(f"bills[{n}]", one) for n, one in enumerate(ctx.trace.bills or ())]
    for path, paper in papers:
        yield from _unread(paper, path)
        for number, tax in enumerate(paper.taxes):
            yield from _unread(tax, f"{path}.taxes[{number}]")


def _unread(model: Extended, path: str) -> Iterator[tuple[str, Any]]:
    if not model.extras:
        return
    inner = model.extras.get("price")
    stated = {**model.extras, **inner} if isinstance(inner, dict) else model.extras
    if _WIRES.isdisjoint(stated):
        return
    for name, wires in _WIRE.items():
        raw = next((stated[wire] for wire in wires if stated.get(wire) is not None), None)
        if raw is not None and getattr(model, name, None) is None:
            yield f"{path}.{name}", raw
