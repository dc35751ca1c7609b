"""LIF-009: a cancellation has one end."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from gateway.canonical.judgement import Severity
from gateway.canonical.states import FINAL_ORDER_STATES, ItemAction, OrderState
from gateway.rules.context import Context, Line, ServiceLine
from gateway.rules.delivery import happened, outcome_of
from gateway.rules.rule import Problem, rule
from gateway.rules.work import is_enabling

__all__ = ["two_ends_of_one_cancellation"]

_S = OrderState
_CANCELLING = frozenset({_S.ASSESSING_CANCELLATION.value, _S.PENDING_CANCELLATION.value})
_DONE = frozenset({_S.COMPLETED, _S.PARTIAL})
_ORDER = "productOrder"


class _Request(NamedTuple):
    path: str
    at: datetime


@rule(
    "LIF-009",
    gate=None,
    severity=Severity.REJECT,
    reads=("product_order", "history"),
    since="0.1",
    level=9,
    params=("grace_minutes",),
)
def two_ends_of_one_cancellation(ctx: Context) -> Iterator[Problem]:
    """What was being cancelled ends in one way, the same for product order, service order and network.

    What it checks: where the history has a cancellation being assessed, an item that is cancelled has no service item
        that is completed and did not begin to run after the request, unless that was undone; one that is completed has
        no service that was cancelled; and the history has one end only.
    Why it matters: the customer system says cancelled, the network says running, and both are sure.
    Passes: the completion came first, the cancellation is refused, both say completed.
    Fails: the product order is cancelled, the service order completed.
    Harmless look-alike: a service that was completed and ceased again; one whose ports were given back; a cancellation
        that is still being assessed; a service that failed and another of its kind that is completed.
    How to fix: decide which came first, and tell both systems: refuse the cancellation, or cease what was built.
    """
    order = ctx.order
    asked = _requests(ctx) if order is not None else {}
    if order is None or not asked:
        return
    yield from _ends(ctx, asked)
    for line in ctx.lines:
        request = asked.get(line.item.subject) or asked.get(_ORDER)
        state = line.item.state if line.item.state in FINAL_ORDER_STATES else order.state
        if request is None or state is None or line.item.action is ItemAction.NO_CHANGE:
            continue
        services = [one for one in ctx.services_of(line.item.id) if not is_enabling(ctx, one.item)]
        if state is _S.CANCELLED:
            yield from _went_on(ctx, line, services, request)
        elif state is _S.COMPLETED and services and all(one.state is _S.CANCELLED for one in services):
            reason = f"item {line.item.id} is completed after all, but its service item was cancelled"
            yield Problem(f"{services[0].path}.state", reason, (f"{line.path}.state", request.path))


def _requests(ctx: Context) -> dict[str, _Request]:
    """The first request to cancel of the order, and of each item."""
    found: dict[str, _Request] = {}
    for number, entry in enumerate(ctx.trace.history or ()):
        if entry.state in _CANCELLING:
            found.setdefault(entry.subject, _Request(f"history[{number}].state", ctx.instant(entry.at)))
    return found


def _ends(ctx: Context, asked: dict[str, _Request]) -> Iterator[Problem]:
    ended: dict[str, tuple[str, str]] = {}
    for number, entry in enumerate(ctx.trace.history or ()):
        if entry.subject not in asked or entry.state not in FINAL_ORDER_STATES:
            continue
        path = f"history[{number}].state"
        first, where = ended.setdefault(entry.subject, (entry.state, path))
        if first != entry.state:
            yield Problem(path, f"{entry.subject} ended as {first} and as {entry.state}", (where,))


def _went_on(ctx: Context, line: Line, services: list[ServiceLine], request: _Request) -> Iterator[Problem]:
    subject = line.item.subject
    undone = any(ctx.seen(name, subject) for name in ("service.ceased", "resource.released"))
    if line.item.action is ItemAction.ADD and (undone or any(one.item.action is ItemAction.DELETE for one in services)):
        return
    done = [one for one in services if one.state in _DONE]
    if done and len(done) == len(services):
        reason = f"item {line.item.id} was cancelled, but its service item {done[0].item.id} is {done[0].state}"
        yield Problem(f"{done[0].path}.state", reason, (f"{line.path}.state", request.path))
        return
    for path, fact in ctx.statements(outcome_of(ctx, line), subject)[:1]:
        if happened(ctx, fact) - request.at > ctx.grace_for(None):
            reason = f"item {line.item.id} was cancelled, but {fact.predicate} was said of it after that"
            yield Problem(path, reason, (f"{line.path}.state", request.path))
