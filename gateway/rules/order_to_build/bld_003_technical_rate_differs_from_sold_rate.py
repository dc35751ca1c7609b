"""BLD-003: what is built is what was sold."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from gateway.canonical.common import Characteristic
from gateway.canonical.judgement import Gate, Severity
from gateway.canonical.quantity import Quantity
from gateway.canonical.reference import CharacteristicSpec
from gateway.canonical.states import ItemAction
from gateway.rules.context import Context, Line, ServiceLine
from gateway.rules.identifiers import kind_of
from gateway.rules.quantities import plain, quantity, unit_problem
from gateway.rules.rule import Problem, rule
from gateway.rules.work import is_enabling, ordered

__all__ = ["technical_rate_differs_from_sold_rate"]

_COMPARED = frozenset({ItemAction.ADD, ItemAction.MODIFY})
_HEADROOM = Decimal("1.25")
"""How much faster than sold a rate may be built: what overhead and margins take, and far from any slip of units."""


@rule(
    "BLD-003",
    gate=Gate.ORDER_TO_BUILD,
    severity=Severity.REJECT,
    reads=("product_order", "service_orders"),
    since="0.1",
    level=6,
)
def technical_rate_differs_from_sold_rate(ctx: Context) -> Iterator[Problem]:
    """The technical value equals the commercial value after unit translation.

    What it checks: a characteristic that both a product item and its service item state has the same value, quantities
        in the base unit of their dimension; a bare number is in the unit of the offering's characteristic. A rate may
        be built up to a quarter faster than sold, unless that is another speed of the offering.
    Why it matters: a slip of units builds a thousandth, or a thousand times, of what was sold.
    Passes: 500 Mbit/s sold, 500000 kbit/s built.
    Fails: 500 Mbit/s sold, 500 kbit/s built; 500 Mbit/s sold, a profile code built that nobody can compare.
    Harmless look-alike: another unit for the same amount; a number as text; a characteristic that only the service has;
        the capacity of an enabling service; 550 Mbit/s for 500, so that 500 arrive.
    How to fix: correct the value or the unit of the service characteristic.
    """
    for service in ctx.live_services:
        line = ctx.by_id.get(service.product_item or "")
        if line is None or line.item.action not in _COMPARED or is_enabling(ctx, service.item):
            continue
        sold = {one.name.lower(): (number, one) for number, one in enumerate(ordered(line.item))}
        for number, one in enumerate(service.item.service.characteristics if service.item.service else ()):
            found = sold.get(one.name.lower())
            if found is None or kind_of(one.name, one.value_type) is not None:
                continue
            fault = _fault(ctx, line, service, found[1], one)
            if fault is not None:
                yield Problem(
                    f"{service.path}.service.characteristics[{number}].value",
                    f"{one.name}: {fault}",
                    (f"{line.path}.product.characteristics[{found[0]}].value",),
                )


def _fault(ctx: Context, line: Line, service: ServiceLine, sold: Characteristic, built: Characteristic) -> str | None:
    if sold.value is None or built.value is None:
        return None
    spec = ctx.spec(line.item, sold.name)
    unit = spec.unit if spec else None
    mine, theirs = quantity(sold.value, unit), quantity(built.value, unit)
    if mine is not None and theirs is not None:
        same = _same_in_template(ctx, line, service, mine, built) or _is_headroom(mine, theirs, spec)
        return None if same else _difference(mine, theirs)
    if mine is not None and _is_code(built.value):
        return f"{mine.amount} {mine.unit} were sold, {built.value!r} is to be built, which says no amount"
    if mine is not None or theirs is not None or _is_broken(sold.value) or _is_broken(built.value):
        return None  # one of the two cannot be read; another rule says so
    return None if _alike(sold.value, built.value) else f"{sold.value} was sold, {built.value} is to be built"


def _is_headroom(sold: Quantity, built: Quantity, spec: CharacteristicSpec | None) -> bool:
    """Whether a rate is built a little faster on purpose: not by a slip of units, nor as another that is sold."""
    if sold.dimension != built.dimension or sold.dimension != "rate" or not sold.base:
        return False
    if not sold.base < built.base <= sold.base * _HEADROOM:
        return False
    others = [quantity(value, spec.unit) for value in spec.values] if spec is not None else []
    return all(other is None or other.base != built.base for other in others)


def _is_code(value: Any) -> bool:
    return isinstance(value, str) and value.strip()[:1].isalpha()


def _is_broken(value: Any) -> bool:
    return isinstance(value, dict) and unit_problem(value, None, sized=True) is not None


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, dict | list) or isinstance(other, dict | list):
        return bool(one == other)
    if plain(one) == plain(other):
        return True
    try:
        return Decimal(plain(one)) == Decimal(plain(other))
    except ArithmeticError:
        return False


def _same_in_template(ctx: Context, line: Line, service: ServiceLine, mine: Quantity, built: Characteristic) -> bool:
    """Whether a bare number is right in the unit in which the offering's template states the service."""
    offering, wanted = ctx.offering(line.item), service.item.service
    if offering is None or wanted is None or wanted.specification is None or isinstance(built.value, dict):
        return False
    for template in offering.services:
        if template.specification == wanted.specification.id:
            theirs = quantity(built.value, template.copies.get(built.name))
            return theirs is not None and _difference(mine, theirs) is None
    return False


def _difference(sold: Quantity, built: Quantity) -> str | None:
    said = f"{sold.amount} {sold.unit} were sold, {built.amount} {built.unit} are to be built"
    if sold.dimension != built.dimension:
        return f"{said}, which is another dimension"
    if sold.base == built.base:
        return None
    if sold.base and built.base:
        ratio = max(sold.base, built.base) / min(sold.base, built.base)
        if ratio == 1000:
            return f"{said}, a factor of 1000"
    return said
