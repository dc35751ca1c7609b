"""TIM-003: events whose times go backwards."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from gateway.canonical.judgement import Severity
from gateway.canonical.lifecycle import HistoryEntry
from gateway.canonical.order import ProductOrder
from gateway.canonical.service_order import ServiceOrder
from gateway.canonical.states import ItemAction
from gateway.rules.delivery import happened, outcome_of
from gateway.rules.events import is_late
from gateway.rules.rule import Problem, rule

if TYPE_CHECKING:
    from gateway.rules.context import Context


_FOLLOWS = (
    ("credit.ok", "build.released"),
    ("service.activated", "acceptance.given"),
    ("service.activated", "service.ceased"),
)
"""Facts of which the second cannot come before the first."""


_WORK = ("field.completed", "service.activated")


@rule(
    "TIM-003",
    gate=None,
    severity=Severity.HOLD,
    reads=("product_order|history|facts",),
    since="0.1",
    level=8,
    params=("grace_minutes", "backdate_days"),
)
def time_runs_backwards(ctx: "Context") -> Iterator[Problem]:
    """An event is earlier than the one before it.

    What it checks: the times of the events of the order, and of each item, do not go backwards; nothing is accepted, or
    ceased, before it was activated, and no build is released before the credit is checked, give or take the grace; no
    order is completed before its own date, and no visit or activation is older than the order by more than
    backdateDays.
    Why it matters: durations and deadlines that are counted from them are wrong.
    Passes: 09:00, then 09:05.
    Fails: 09:05, then 09:00; accepted on Monday, activated on Tuesday.
    Harmless look-alike: two events at the same time; the same instant in two zones; another item's earlier event;
        an event that came late, as its sequence says.
    How to fix: find the event with the wrong time, or the one that is in the wrong place.
    """
    latest: dict[str, tuple[str, datetime, HistoryEntry]] = {}
    for number, entry in enumerate(ctx.trace.history or ()):
        path, moment = f"history[{number}].at", ctx.instant(entry.at)
        before = latest.get(entry.subject)
        if before is not None and moment < before[1]:
            if is_late(entry, before[2]):
                continue
            words = f"{entry.subject}: {entry.state} at {moment.isoformat()} comes after {before[1].isoformat()}"
            yield Problem(path, words, related=(before[0],))
        else:
            latest[entry.subject] = path, moment, entry
    yield from _orders(ctx)
    yield from _old_work(ctx)
    for earlier, later in _FOLLOWS:
        for path, fact in ctx.facts_of(later):
            first = ctx.statements(earlier, "productOrder" if earlier == "credit.ok" else fact.subject)
            explained = (fact.reason or "").strip() or fact.supersedes
            if first and not explained and happened(ctx, fact) < happened(ctx, first[0].fact) - ctx.grace_for(None):
                words = f"{fact.key} is of {happened(ctx, fact).isoformat()}, before {earlier}"
                yield Problem(path, words, related=(first[0].path,))


def _orders(ctx: "Context") -> Iterator[Problem]:
    orders: list[tuple[str, ProductOrder | ServiceOrder]] = []
    runs = any(ctx.seen(outcome_of(ctx, line), line.item.subject) for line in ctx.live)
    if ctx.order is not None and not runs:  # what is completed before it ran is another rule's
        orders.append(("product_order", ctx.order))
    orders += [(f"service_orders[{number}]", one) for number, one in enumerate(ctx.trace.service_orders or ())]
    for path, order in orders:
        made, done = order.order_date, order.completion_date
        if made is not None and done is not None and ctx.instant(done) + ctx.grace_for(None) < ctx.instant(made):
            words = f"it was completed at {done.isoformat()}, before it was ordered at {made.isoformat()}"
            yield Problem(f"{path}.completion_date", words, related=(f"{path}.order_date",))


def _old_work(ctx: "Context") -> Iterator[Problem]:
    taken = ctx.order.order_date if ctx.order is not None else None
    if taken is None:
        return
    added = {line.item.subject for line in ctx.live if line.item.action is ItemAction.ADD}
    earliest = ctx.instant(taken) - timedelta(days=ctx.policy_for(None).backdate_days + 1)
    for predicate in _WORK:
        for path, fact in ctx.facts_of(predicate):
            if fact.subject in added and happened(ctx, fact) < earliest and not (fact.reason or "").strip():
                words = f"{fact.key} is of {happened(ctx, fact).isoformat()}, the order of {taken.isoformat()}"
                yield Problem(path, words, related=("product_order.order_date",))
