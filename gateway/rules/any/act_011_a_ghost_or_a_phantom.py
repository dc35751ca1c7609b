"""ACT-011: every service has its product, every product its service."""

from collections.abc import Iterator

from gateway.canonical.judgement import Severity
from gateway.canonical.states import ItemAction, OrderState
from gateway.rules.context import Context, Line, ServiceLine
from gateway.rules.rule import Problem, rule
from gateway.rules.work import is_enabling, is_suspension, status_of

__all__ = ["a_ghost_or_a_phantom"]

_ON = frozenset({"active"})
_OFF = frozenset({"inactive", "suspended", "terminated"})
_GONE = frozenset({"terminated", "cancelled", "aborted"})
_SEEN = ("service.activated", "service.resumed")


@rule("ACT-011", gate=None, severity=Severity.WARN, reads=("product_order",), since="0.1", level=9)
def a_ghost_or_a_phantom(ctx: Context) -> Iterator[Problem]:
    """No service runs without a product, and no product is active without a service.

    What it checks: what is said to run belongs to an item of the order; where an item is completed, its product and
        its services agree: active with active, suspended or terminated with a service that is off.
    Why it matters: a ghost uses the network for nothing; a phantom is paid and dead.
    Passes: the product is active and its service too.
    Fails: a box is online for item 9, which the order does not have; the product is active, its service terminated.
    Harmless look-alike: a service that has not been started yet; an enabling service that is off; a product that is
        still pending; an item that has no service at all.
    How to fix: find the product of the service, or the service of the product, and correct the inventory that is wrong.
    """
    for predicate in _SEEN if ctx.trace.facts else ():
        for path, fact in ctx.index.of(predicate):
            item_id = fact.subject.removeprefix("item:")
            if fact.subject.startswith("item:") and item_id not in ctx.by_id and not _serves(ctx, item_id):
                yield Problem(path, f"{fact.subject} runs, but the order has no such item")
    for line in ctx.live if ctx.trace.service_orders else ():
        if line.item.state is OrderState.COMPLETED:
            yield from _compare(ctx, line, status_of(line.item))


def _serves(ctx: Context, item_id: str) -> bool:
    """Whether an id is that of a service order item, under which some systems report."""
    return any(one.item.id == item_id for one in ctx.services)


def _compare(ctx: Context, line: Line, wanted: str) -> Iterator[Problem]:
    services = [one for one in ctx.services_of(line.item.id) if _counts(ctx, one)]
    states = [(one.item.service.state or "").strip().lower() for one in services if one.item.service is not None]
    if not states:
        return
    place = f"{services[0].path}.service.state"
    if not wanted and line.item.action is ItemAction.ADD and set(states) == {"terminated"}:
        yield Problem(place, f"item {line.item.id} is completed, its service is terminated", (line.path,))
    if wanted == "active" and not _ON & set(states) and set(states) <= _OFF:
        yield Problem(place, f"product of item {line.item.id} is active, its service is {states[0]}", (line.path,))
    off = wanted in _GONE or is_suspension(line.item)
    if off and line.item.action is not ItemAction.ADD and set(states) <= _ON:
        yield Problem(place, f"product of item {line.item.id} is {wanted}, its service is active", (line.path,))


def _counts(ctx: Context, one: ServiceLine) -> bool:
    return one.state is OrderState.COMPLETED and one.item.service is not None and not is_enabling(ctx, one.item)
