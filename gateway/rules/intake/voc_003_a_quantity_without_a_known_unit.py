"""VOC-003: units."""

from collections.abc import Iterator
from typing import Any

from gateway.canonical.judgement import Severity
from gateway.canonical.order import ProductOrderItem
from gateway.canonical.quantity import UNITS
from gateway.canonical.states import ItemAction
from gateway.rules.context import Context
from gateway.rules.quantities import SIZED, unit_problem
from gateway.rules.rule import Problem, rule
from gateway.rules.work import ordered, service_offering

__all__ = ["a_quantity_without_a_known_unit"]

Found = tuple[ProductOrderItem | None, str, str, Any]  # the item it is about, its path, name and value

_RUNS = ("service.ready", "service.activated")
_SURVEY = "site.qualified"


@rule("VOC-003", gate=None, severity=Severity.REJECT, reads=("product_order|service_orders",), since="0.1", level=2)
def a_quantity_without_a_known_unit(ctx: Context) -> Iterator[Problem]:
    """No quantity is without a known unit.

    What it checks: rates and volumes of orders, service orders, qualifications and what runs state a unit of the
        table of units; a bare number takes the unit of the offering's characteristic, where the catalogue has one.
    Why it matters: kbit/s read as Mbit/s is a thousand times wrong.
    Passes: 500 Mbit/s.
    Fails: 500, where the catalogue names no unit; 500 furlongs.
    Harmless look-alike: a bare number whose unit the catalogue has; a plain number that measures nothing, such as a
        count of set-top boxes; any bare number while the catalogue is not given.
    How to fix: state the amount with its unit, for example amount 500 and units Mbit/s.
    """
    for item, path, name, value in (*_sold(ctx), *_built(ctx), *_stated(ctx)):
        fault = _fault(ctx, item, name, value)
        if fault is not None:
            yield Problem(path, f"{name}: {fault}")


def _sold(ctx: Context) -> Iterator[Found]:
    for line in ctx.wanted:
        if line.item.action is not ItemAction.NO_CHANGE:
            for number, one in enumerate(ordered(line.item)):
                yield line.item, f"{line.path}.product.characteristics[{number}].value", one.name, one.value


def _built(ctx: Context) -> Iterator[Found]:
    for service in ctx.live_services:
        product = ctx.by_id.get(service.product_item or "")
        planned = product is None and service_offering(ctx, service.item) is not None
        for number, one in enumerate(service.item.service.characteristics if service.item.service else ()):
            if not planned or isinstance(one.value, dict):  # the unit of a bare number is that of the template
                path = f"{service.path}.service.characteristics[{number}].value"
                yield product.item if product else None, path, one.name, one.value


def _stated(ctx: Context) -> Iterator[Found]:
    for predicate in _RUNS:
        for path, fact in ctx.facts_of(predicate):
            product = ctx.by_id.get(fact.subject.removeprefix("item:"))
            for name, value in fact.value.items():
                yield product.item if product else None, f"{path}.value.{name}", name, value
    for path, fact in ctx.facts_of(_SURVEY):
        for name, value in fact.value.items():
            if isinstance(value, dict):  # a bare number is in the unit in which the offering has its speed
                yield None, f"{path}.value.{name}", name, value


def _fault(ctx: Context, item: ProductOrderItem | None, name: str, value: Any) -> str | None:
    if isinstance(value, str) and not value.lstrip()[:1].isdigit():
        return None  # no figure, so no quantity
    if isinstance(value, dict) and str(value.get("units", value.get("unit"))) in UNITS:
        return None
    spec = ctx.spec(item, name) if item is not None else None
    unit = spec.unit if spec is not None else None
    if unit is None and ctx.reference.offerings is None and not _states_unit(value):
        return None  # the catalogue may have the unit
    return unit_problem(value, unit, sized=unit is not None or name.lower() in SIZED)


def _states_unit(value: Any) -> bool:
    if isinstance(value, dict):
        return True  # it has to: an amount is no bare number
    return isinstance(value, str) and " " in value.strip()
