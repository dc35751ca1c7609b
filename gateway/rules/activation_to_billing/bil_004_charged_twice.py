"""BIL-004: the same price charged twice for the same days."""

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from gateway.canonical.judgement import Gate, Severity
from gateway.rules.charges import Charge, charges, covered, is_credited, price_kind
from gateway.rules.rule import Problem, rule

if TYPE_CHECKING:
    from gateway.rules.context import Context


@rule("BIL-004", gate=Gate.ACTIVATION_TO_BILLING, severity=Severity.REJECT, reads=("rates",), since="0.1", level=8)
def charged_twice(ctx: "Context") -> Iterator[Problem]:
    """A price of a product is charged twice: a recurring one for the same days, a one-time one at all.

    What it checks: recurring charges of one product and one price do not cover a day together; a product has no more
    one-time charges of one name and amount than it has pieces.
    Why it matters: the customer pays twice.
    Passes: one charge for March, one for April.
    Fails: two charges for March; a router that is charged on Monday and on Tuesday.
    Harmless look-alike: a charge that a credit gave back and another that replaces it; the old price up to a change and
    the new one from it; two prices of one product; the same rate delivered twice under one id.
    How to fix: cancel the second charge, or credit it where it was billed.
    """
    recurring: dict[str, list[Charge]] = {}
    once: dict[tuple[str, str, Decimal], list[Charge]] = {}
    for about, charge, net in _asked(ctx):
        if charge.kind == "recurring":
            recurring.setdefault(about, []).append(charge)
        else:
            name = f"{charge.rate.name or ''}|{charge.rate.description or ''}".strip().lower()
            once.setdefault((about, name, net), []).append(charge)
    for (about, _, _), alike in once.items():
        pieces = max((one.line.item.quantity or 1 for one in alike if one.line is not None), default=1)
        for charge in alike[pieces:]:
            yield Problem(charge.path, f"the one-time price of {about} is charged again", related=(alike[0].path,))
    for about, group in recurring.items():
        for number, second in enumerate(group):
            first = next((one for one in group[:number] if _overlap(ctx, one, second)), None)
            if first is not None and _is_one_price(first, second) and not _is_shared_out(group, second):
                yield Problem(
                    second.path, f"{about} is charged twice for the same days", related=(f"{first.path}.period_cover",)
                )


def _asked(ctx: "Context") -> Iterator[tuple[str, Charge, Decimal]]:
    """Yield the charges that cost something and were not given back, with what they are for; each id once."""
    seen: set[str] = set()
    for charge in charges(ctx):
        rate = charge.rate
        about = rate.product.id if rate.product is not None else rate.item_id
        if charge.kind not in {"recurring", "nonRecurring"} or about is None or (rate.id and rate.id in seen):
            continue
        seen.add(rate.id)
        if rate.net is not None and rate.net.amount > 0 and not is_credited(ctx, rate):
            yield about, charge, rate.net.amount


def _overlap(ctx: "Context", one: Charge, other: Charge) -> bool:
    start, end = covered(ctx, one.rate)
    begin, until = covered(ctx, other.rate)
    if start is not None and end is not None and begin is not None and until is not None:
        return start < until and begin < end
    if start is not None or begin is not None:
        return start == begin and end == until
    if one.rate.date is None or other.rate.date is None:
        return False
    return ctx.day(one.rate.date) == ctx.day(other.rate.date)


def _is_one_price(one: Charge, other: Charge) -> bool:
    prices = one.line.item.prices if one.line is not None else ()
    several = sum(price_kind(price.price_type) == "recurring" for price in prices) > 1
    names = {(charge.rate.name or "").strip().lower() for charge in (one, other)}
    if several:
        return len(names) == 1 and one.rate.net == other.rate.net
    return True


def _is_shared_out(group: list[Charge], charge: Charge) -> bool:
    """Whether an item of several pieces is charged piece by piece, and no more than all of them cost."""
    line = charge.line
    if line is None or (line.item.quantity or 1) < 2:
        return False
    nets = [price.net.amount for price in line.item.prices if price.net is not None]
    whole = sum(nets, Decimal(0)) * (line.item.quantity or 1)
    return sum((one.rate.net.amount for one in group if one.rate.net is not None), Decimal(0)) <= whole
