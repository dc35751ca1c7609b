"""ORD-017: what the offering can be."""

from collections.abc import Iterator

from gateway.canonical.common import Characteristic
from gateway.canonical.judgement import Gate, Severity
from gateway.canonical.reference import CharacteristicSpec
from gateway.canonical.states import ItemAction
from gateway.rules.context import Context
from gateway.rules.quantities import plain, quantity, unit_problem
from gateway.rules.rule import Problem, rule
from gateway.rules.work import ordered

__all__ = ["a_configuration_that_is_not_sold"]

_ASKS = frozenset({ItemAction.ADD, ItemAction.MODIFY})


@rule(
    "ORD-017",
    gate=Gate.INTAKE,
    severity=Severity.REJECT,
    reads=("product_order", "reference.offerings"),
    since="0.1",
    level=4,
)
def a_configuration_that_is_not_sold(ctx: Context) -> Iterator[Problem]:
    """Mandatory characteristics are stated, and values are in the offering's value set.

    What it checks: an added item states every mandatory characteristic of its offering; what an added or modified item
        states is one of the values that the offering has, after translation of units.
    Why it matters: the wrong profile, or none, is provisioned.
    Passes: 500 Mbit/s where 500000 kbit/s are sold.
    Fails: `GIG1`, which the offering does not have; no speed at all.
    Harmless look-alike: the same speed in another unit; a bare number in the offering's unit; a characteristic that
        the catalogue says nothing of; a modify that leaves a mandatory characteristic as it is.
    How to fix: state every mandatory characteristic with one of the offering's values.
    """
    for line in ctx.wanted:
        offering = ctx.offering(line.item) if line.item.action in _ASKS else None
        if offering is None:
            continue
        stated = {one.name.lower(): one for one in ordered(line.item) if one.value not in (None, "")}
        path = f"{line.path}.product.characteristics"
        specs = ctx.specs(offering)
        if line.item.action is ItemAction.ADD:
            for name, spec in specs.items():
                if spec.mandatory and name not in stated:
                    yield Problem(path, f"item {line.item.id} does not state {spec.name}, which {offering.id} needs")
        if stated.keys().isdisjoint(specs):
            continue
        for number, one in enumerate(ordered(line.item)):
            found = specs.get(one.name.lower())
            if found is not None and found.values and one.value not in (None, "") and not _is_sold(one, found):
                said = f"item {line.item.id} asks for {one.name} {_say(one.value)}, which {offering.id} does not have"
                yield Problem(f"{path}[{number}].value", said)


def _is_sold(one: Characteristic, spec: CharacteristicSpec) -> bool:
    values = one.value if isinstance(one.value, list) else [one.value]
    return all(_is_one_of(value, spec) for value in values)


def _is_one_of(value: object, spec: CharacteristicSpec) -> bool:
    for option in spec.values:
        if option.__class__ is value.__class__ and option == value:
            return True  # said just as the catalogue says it
    mine = quantity(value, spec.unit)
    if mine is None:
        if unit_problem(value, spec.unit, sized=spec.unit is not None) is not None:
            return True  # a unit that nobody knows is for another rule
        return plain(value) in {plain(option) for option in spec.values}
    dimension, base, text = mine.dimension, mine.base, plain(value)
    for option in spec.values:
        theirs = quantity(option, spec.unit)
        if theirs is not None and theirs.base == base and theirs.dimension == dimension:
            return True
        if plain(option) == text:
            return True
    return False


def _say(value: object) -> str:
    return (
        f"{value['amount']} {value.get('units', '')}".strip()
        if isinstance(value, dict) and "amount" in value
        else str(value)
    )
