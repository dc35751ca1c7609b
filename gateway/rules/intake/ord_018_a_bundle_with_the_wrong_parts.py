"""ORD-018: a bundle that is whole."""

from collections.abc import Iterator
from typing import Any

from gateway.canonical.judgement import Gate, Severity
from gateway.canonical.order import ProductOrderItem
from gateway.canonical.states import ItemAction
from gateway.rules.amounts import say
from gateway.rules.context import Context, Line
from gateway.rules.rule import Problem, rule

__all__ = ["a_bundle_with_the_wrong_parts"]


@rule(
    "ORD-018",
    gate=Gate.INTAKE,
    severity=Severity.HOLD,
    reads=("product_order", "reference.offerings"),
    since="0.1",
    level=6,
)
def a_bundle_with_the_wrong_parts(ctx: Context) -> Iterator[Problem]:
    """A bundle is ordered with as many of each component as its offering allows.

    What it checks: for an added item whose offering is a bundle, the components that the order adds are at least the
        lower and at most the upper limit of each; no part stands in a bundle that does not have it; a part that is
        not separately billable has no price of its own.
    Why it matters: half a bundle is sold and mended by hand.
    Passes: a bundle with its line and without the optional television.
    Fails: television without the line that the bundle has to have; two lines where one is allowed; a part with a price
        where the bundle's price is for all.
    Harmless look-alike: an optional component that is left out; a component with quantity 2 where two are allowed;
        a bundle whose limits the catalogue does not state.
    How to fix: add the component that is missing, or remove what is too much.
    """
    for line in ctx.wanted:
        offering = ctx.offering(line.item) if line.item.action is ItemAction.ADD else None
        for component, least, most in _limits(offering.extras if offering is not None else {}):
            count = _count(ctx, line, component)
            if least is not None and count < least:
                yield Problem(line.path, f"bundle {line.item.id} has {count} of {component}, it needs {least}")
            elif most is not None and count > most:
                yield Problem(
                    line.path, f"bundle {line.item.id} has {count} of {component}, at most {most} are allowed"
                )
        if offering is not None and line.parent is not None and line.item.offering is not None:
            yield from _stranger(ctx, line, line.parent)
        if offering is not None and not offering.separately_billable:
            for number, price in enumerate(line.item.prices):
                if price.net is not None and price.net.amount != 0:
                    reason = f"item {line.item.id} costs {say(price.net)}, but {offering.id} is paid with its bundle"
                    yield Problem(f"{line.path}.prices[{number}]", reason)


def _stranger(ctx: Context, line: Line, parent: ProductOrderItem) -> Iterator[Problem]:
    bundle = ctx.offering(parent)
    known = {one for one, _, _ in _limits(bundle.extras)} | set(bundle.components) if bundle is not None else set()
    if known and line.item.offering is not None and line.item.offering.id not in known:
        reason = f"item {line.item.id} is a part of bundle {parent.id}, which has no {line.item.offering.id}"
        yield Problem(f"{line.path}.offering", reason)


def _limits(extras: dict[str, Any]) -> Iterator[tuple[str, int | None, int | None]]:
    stated = extras.get("bundledProductOffering")
    for one in stated if isinstance(stated, list) else ():
        option = one.get("bundledProductOfferingOption") if isinstance(one, dict) else None
        if isinstance(option, dict) and isinstance(one.get("id"), str):
            least, most = option.get("numberRelOfferLowerLimit"), option.get("numberRelOfferUpperLimit")
            yield one["id"], _whole(least), _whole(most)


def _whole(value: Any) -> int | None:
    return int(value) if isinstance(value, int) and not isinstance(value, bool) else None


def _count(ctx: Context, bundle: Line, component: str) -> int:
    """How many of a component a bundle has: all that the order adds, where it has one bundle of its kind."""
    same = [line for line in ctx.wanted if line.item.offering and bundle.item.offering == line.item.offering]
    links = {link.id for link in bundle.item.relationships}
    return sum(
        line.item.quantity or 1
        for line in ctx.wanted
        if line.item.action in {ItemAction.ADD, ItemAction.NO_CHANGE}
        and line.item.offering is not None
        and line.item.offering.id == component
        and (
            len(same) == 1
            or line.item.id in links
            or line.parent is bundle.item
            or any(link.id == bundle.item.id for link in line.item.relationships)
        )
    )
