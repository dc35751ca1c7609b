"""MON-008: a hundred times too much."""

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from gateway.canonical.bill import AppliedRate, Bill
from gateway.canonical.judgement import Severity
from gateway.canonical.money import Money
from gateway.rules.amounts import money_in, money_of, say
from gateway.rules.charges import charges, covered, price_kind
from gateway.rules.context import Context, Line
from gateway.rules.prices import share
from gateway.rules.rule import Problem, rule

__all__ = ["a_slip_of_the_decimal_point"]

_NEAR = Decimal("0.02")
_MUCH = 90
_DAYS = 30  # of a month, roughly
_ROUGH = 20  # what is not even so far apart after a rough count is no slip


class _Charged(NamedTuple):
    """A charge, or a price for a month, and where it stands."""

    path: str
    said: AppliedRate | Money


class _Known(NamedTuple):
    path: str
    money: Money


@rule(
    "MON-008",
    gate=None,
    severity=Severity.HOLD,
    reads=("product_order|rates|bills",),
    since="0.1",
    level=5,
    params=("magnitude_factor", "proration"),
)
def a_slip_of_the_decimal_point(ctx: Context) -> Iterator[Problem]:
    """An amount is of the size of what the same thing cost before.

    What it checks: a price against the catalogue's and against what the inventory has of the product, a recurring
        charge against others of its product, a bill against others of its account: none is about a hundred or a
        thousand times the other. Prices and charges, taken to a whole month, are not magnitudeFactor times the other
        either; bills may be, for a first bill can be of one day.
    Why it matters: minor units read as whole ones go out to all customers at once.
    Passes: 36.00 after 30.00.
    Fails: 3600.00 after 36.00.
    Harmless look-alike: a first month of one day; a month that was sold for next to nothing; usage; a quantity.
    How to fix: find where the amount was scaled, and rate, bill or quote anew.
    """
    for line in ctx.wanted:
        if line.item.prices or line.item.product is not None:
            yield from _prices(ctx, line)
    if ctx.trace.rates:
        yield from _charges(ctx)
    if ctx.trace.bills and (len(ctx.trace.bills) > 1 or ctx.trace.others):
        yield from _bills(ctx)


def _slip(one: Money, other: Money, factor: int | None) -> bool:
    if one.currency != other.currency or one.amount <= 0 or other.amount <= 0:
        return False
    if one.amount == other.amount:
        return False
    ratio = max(one.amount / other.amount, other.amount / one.amount)
    return any(abs(ratio / size - 1) <= _NEAR for size in (100, 1000)) or (factor is not None and ratio >= factor)


def _prices(ctx: Context, line: Line) -> Iterator[Problem]:
    offering = ctx.offering(line.item)
    known = offering.price if offering is not None else None
    record = ctx.product(line.item)
    old = money_in(record.extras.get("price") or record.characteristics.get("price")) if record is not None else None
    fact = ctx.seen("price.agreed", line.item.subject) if ctx.trace.facts else None
    agreed = money_of(ctx, fact.value.get("net")) if fact is not None else None
    for number, price in enumerate(line.item.prices):
        if price.net is None or price.unit_of_measure is not None or price.alterations:
            continue
        same = known is not None and price_kind(known.type) == price_kind(price.price_type)
        for before in (known.net if known is not None and same else None, old):
            if before is not None and _slip(price.net, before, ctx.policy_for(None).magnitude_factor):
                reason = f"item {line.item.id} costs {say(price.net)}, known is {say(before)}"
                yield Problem(f"{line.path}.prices[{number}].net", reason)
                break
    whole = known.net if known is not None and price_kind(known.type) == "recurring" else None
    if agreed is None or fact is None or whole is None or line.item.prices:
        return
    if price_kind(str(fact.value.get("type"))) == "recurring" and _slip(
        agreed, whole, ctx.policy_for(None).magnitude_factor
    ):
        where = ctx.statements("price.agreed", line.item.subject)[0].path
        reason = f"{say(agreed)} is agreed, the catalogue has {say(whole)}"
        yield Problem(f"{where}.value.net", reason, (line.path,))


def _charges(ctx: Context) -> Iterator[Problem]:
    before = _charged_before(ctx)
    for charge in charges(ctx):
        rate = charge.rate
        if charge.kind != "recurring" or rate.product is None or rate.net is None or _is_nearly_free(charge.line):
            continue
        mine = _Charged(charge.path, rate)
        known = before.setdefault(rate.product.id, mine)
        listed = _listed(ctx, charge.line)
        others = [known] if known is not mine else []
        others += [_Charged("", listed)] if listed is not None else []
        for other in others:
            if not _may_slip(ctx, mine, other):
                continue
            one, two = _monthly(ctx, mine), _monthly(ctx, other)
            if one is not None and two is not None and _slip(one, two, ctx.policy_for(None).magnitude_factor):
                reason = f"{rate.product.id} costs {say(one)} a month, known is {say(two)}"
                yield Problem(f"{charge.path}.net", reason, (other.path,) if other.path else ())
                break


def _charged_before(ctx: Context) -> dict[str, _Charged]:
    """What each product cost by the inventory, and by other traces."""
    found: dict[str, _Charged] = {}
    for number, record in enumerate(ctx.reference.products or ()):
        price = money_in(record.extras.get("price") or record.characteristics.get("price"))
        if price is not None:
            found[record.id] = _Charged(f"reference.products[{number}]", price)
    for number, trace in enumerate(ctx.trace.others):
        for index, rate in enumerate(trace.rates or ()):
            if price_kind(rate.type) == "recurring" and rate.product is not None and rate.net is not None:
                found.setdefault(rate.product.id, _Charged(f"others[{number}].rates[{index}]", rate))
    return found


def _may_slip(ctx: Context, one: _Charged, other: _Charged) -> bool:
    """Whether two charges, by a rough count of their days, are far enough apart to be looked at."""
    mine, theirs = (_net(some) * _DAYS / _days(ctx, some) for some in (one, other))
    rough = min(_ROUGH, ctx.policy_for(None).magnitude_factor // 2)
    return mine > 0 < theirs and not (theirs < mine * rough and mine < theirs * rough)


def _net(one: _Charged) -> Decimal:
    money = one.said.net if isinstance(one.said, AppliedRate) else one.said
    return money.amount if money is not None else Decimal(0)


def _days(ctx: Context, one: _Charged) -> int:
    start, end = covered(ctx, one.said) if isinstance(one.said, AppliedRate) else (None, None)
    return max(1, (end - start).days) if start is not None and end is not None else _DAYS


def _monthly(ctx: Context, one: _Charged) -> Money | None:
    """What a charge would be for a whole month; as it is where nothing is prorated or it names no days."""
    if not isinstance(one.said, AppliedRate):
        return one.said
    start, end = covered(ctx, one.said)
    net = one.said.net
    if net is None or start is None or end is None or end <= start or ctx.policy_for(None).proration == "none":
        return net
    return Money(amount=round(net.amount / share(ctx.policy_for(None).proration, start, end), 2), currency=net.currency)


def _is_nearly_free(line: Line | None) -> bool:
    prices = line.item.prices if line is not None else ()
    changes = [change for price in prices for change in price.alterations]
    return any(change.net is not None or abs(change.percentage or Decimal(0)) >= _MUCH for change in changes)


def _listed(ctx: Context, line: Line | None) -> Money | None:
    """The one recurring price that an item has, times its quantity."""
    if line is None:
        return None
    stated = [price.net for price in line.item.prices if price_kind(price.price_type) == "recurring"]
    offering = ctx.offering(line.item)
    if not stated and offering is not None and offering.price is not None:
        stated = [offering.price.net] if price_kind(offering.price.type) == "recurring" else []
    net = stated[0] if len(stated) == 1 else None
    return None if net is None else Money(amount=net.amount * (line.item.quantity or 1), currency=net.currency)


def _bills(ctx: Context) -> Iterator[Problem]:
    before: dict[str, _Known] = {}
    for number, trace in enumerate(ctx.trace.others):
        for index, bill in enumerate(trace.bills or ()):
            if bill.billing_account is not None and (due := _due(bill)) is not None:
                before.setdefault(bill.billing_account.id, _Known(f"others[{number}].bills[{index}]", due))
    for number, bill in enumerate(ctx.trace.bills or ()):
        due = _due(bill)
        if bill.billing_account is None or due is None:
            continue
        path = f"bills[{number}]"
        known = before.setdefault(bill.billing_account.id, _Known(path, due))
        if known.path != path and _slip(due, known.money, None):
            reason = f"the bill is over {say(due)}, another one of the account over {say(known.money)}"
            yield Problem(f"{path}.gross", reason, (known.path,))


def _due(bill: Bill) -> Money | None:
    due = bill.gross or bill.amount_due
    return due if due is not None and due.amount > 0 else None
