"""TIM-003: events whose times go backwards."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from gateway.canonical.judgement import Severity
from gateway.rules.delivery import happened
from gateway.rules.rule import Problem, rule

if TYPE_CHECKING:
    from gateway.rules.context import Context


_FOLLOWS = (
    ("credit.ok", "build.released"),
    ("service.activated", "acceptance.given"),
    ("service.activated", "service.ceased"),
)
"""Facts of which the second cannot come before the first."""


@rule(
    "TIM-003",
    gate=None,
    severity=Severity.HOLD,
    reads=("history|facts",),
    since="0.1",
    level=8,
    params=("grace_minutes",),
)
def time_runs_backwards(ctx: "Context") -> Iterator[Problem]:
    """An event is earlier than the one before it.

    What it checks: the times of the events of the order, and of each item, do not go backwards; nothing is accepted, or
    ceased, before it was activated, and no build is released before the credit is checked, give or take the grace.
    Why it matters: durations and deadlines that are counted from them are wrong.
    Passes: 09:00, then 09:05.
    Fails: 09:05, then 09:00; accepted on Monday, activated on Tuesday.
    Harmless look-alike: two events at the same time; the same instant in two zones; another item's earlier event.
    How to fix: find the event with the wrong time, or the one that is in the wrong place.
    """
    latest: dict[str, tuple[str, datetime]] = {}
    for number, entry in enumerate(ctx.trace.history or ()):
        path, moment = f"history[{number}].at", ctx.instant(entry.at)
        before = latest.get(entry.subject)
        if before is not None and moment < before[1]:
            words = f"{entry.subject}: {entry.state} at {moment.isoformat()} comes after {before[1].isoformat()}"
            yield Problem(path, words, related=(before[0],))
        else:
            latest[entry.subject] = path, moment
    for earlier, later in _FOLLOWS:
        for path, fact in ctx.facts_of(later):
            first = ctx.statements(earlier, "productOrder" if earlier == "credit.ok" else fact.subject)
            explained = (fact.reason or "").strip() or fact.supersedes
            if first and not explained and happened(ctx, fact) < happened(ctx, first[0].fact) - ctx.grace:
                words = f"{fact.key} is of {happened(ctx, fact).isoformat()}, before {earlier}"
                yield Problem(path, words, related=(first[0].path,))
