"""ACT-006: a service that is not the one that was ordered."""

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from gateway.canonical.common import Characteristic
from gateway.canonical.judgement import Gate, Severity
from gateway.canonical.quantity import Quantity
from gateway.canonical.states import ItemAction
from gateway.rules.amounts import number_in
from gateway.rules.identifiers import kind_of, normal, region_in
from gateway.rules.quantities import plain, quantity
from gateway.rules.rule import Problem, rule
from gateway.rules.work import is_suspension, ordered

if TYPE_CHECKING:
    from gateway.rules.context import Context, Line

_TOLERANT = frozenset({"rate", "data"})


@rule(
    "ACT-006",
    gate=Gate.ACTIVATION_TO_BILLING,
    severity=Severity.HOLD,
    reads=("product_order", "facts"),
    since="0.1",
    level=9,
    params=("rate_tolerance_percent",),
)
def delivered_less_than_ordered(ctx: "Context") -> Iterator[Problem]:
    """What was activated is not what was ordered.

    What it checks: each rate and volume that service.activated states is the ordered one, less at most the policy's
    tolerance; options, identifiers and the place are equal.
    Why it matters: too little is credited later, and a wrong number or place is somebody else's service.
    Passes: 500 Mbit/s ordered, 550 measured.
    Fails: 500 Mbit/s ordered, 250 measured.
    Harmless look-alike: 460 Mbit/s with a tolerance of 10 %; the same rate in another unit; a value that nobody
    measured.
    How to fix: correct the profile in the network and send what the probe then sees, superseding the fact.
    """
    for line in ctx.live:
        if line.item.action not in {ItemAction.ADD, ItemAction.MODIFY} or is_suspension(line.item):
            continue
        said = ctx.statements("service.activated", line.subject)
        if not said:
            continue
        path, fact = said[0]
        names = {name.lower(): name for name in fact.value}
        region = region_in(ordered(line.item))
        for number, wanted in enumerate(ordered(line.item)):
            name = names.get(wanted.name.lower())
            if name is None or wanted.value is None or fact.value[name] is None:
                continue
            reason = _difference(ctx, line, wanted, fact.value[name], region)
            if reason:
                yield Problem(
                    f"{path}.value.{name}",
                    f"item {line.item.id}: {wanted.name} {reason}",
                    related=(f"{line.path}.product.characteristics[{number}].value",),
                )
        yield from _elsewhere(ctx, line, path, fact.value.get("place"))


def _difference(ctx: "Context", line: "Line", wanted: Characteristic, value: Any, region: str | None) -> str | None:
    """Return how a delivered value differs from the ordered one, or None where it does not or nobody can tell."""
    kind = kind_of(wanted.name, wanted.value_type)
    if kind is not None:
        one, two = _words(kind, wanted.value, region), _words(kind, value, region)
        differs = bool(one and two and not one & two)
    else:
        spec = ctx.spec(line.item, wanted.name)
        unit = spec.unit if spec else None
        asked, got = quantity(wanted.value, unit), quantity(value, unit)
        if asked is not None and got is not None:
            differs = _is_less(asked, got, ctx.policy_for(line).rate_tolerance_percent)
        else:
            differs = _is_other(wanted.value, value)
    return f"{_plainly(value)} is delivered, {_plainly(wanted.value)} is ordered" if differs else None


def _is_less(asked: Quantity, got: Quantity, tolerance: Decimal) -> bool:
    if asked.dimension != got.dimension:
        return True
    share = Decimal(100) - (tolerance if asked.dimension in _TOLERANT else 0)
    return asked.dimension != "level" and got.base * 100 < asked.base * share


def _is_other(asked: Any, got: Any) -> bool:
    few, many = number_in(got), number_in(asked)
    if few is not None and many is not None:
        return few < many
    return isinstance(asked, str | bool) and isinstance(got, str | bool) and plain(asked) != plain(got)


def _plainly(value: Any) -> str:
    if isinstance(value, dict) and "amount" in value:
        return f"{value['amount']} {value.get('units', value.get('unit', ''))}".strip()
    return str(value)


def _words(kind: str, value: Any, region: str | None) -> set[str]:
    values = value if isinstance(value, list | tuple) else [value]
    return {normal(kind, str(one), region) for one in values if isinstance(one, str | int)}


def _elsewhere(ctx: "Context", line: "Line", path: str, place: Any) -> Iterator[Problem]:
    if not isinstance(place, str) or line.item.product is None:
        return
    wanted = {ctx.location(one.id) for one in line.item.product.places if one.id}
    if wanted and ctx.location(place) not in wanted:
        yield Problem(
            f"{path}.value.place",
            f"item {line.item.id} runs at {place}, which is not where it was ordered",
            related=(f"{line.path}.product.places",),
        )
