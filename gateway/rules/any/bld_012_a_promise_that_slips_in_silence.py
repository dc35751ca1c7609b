"""BLD-012: a date that was promised can be kept, or its change is explained."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from gateway.canonical.judgement import Severity
from gateway.canonical.order import ProductOrder
from gateway.rules.context import Context, Line
from gateway.rules.delivery import blank
from gateway.rules.rule import Problem, rule
from gateway.rules.times import read_date

__all__ = ["a_promise_that_slips_in_silence"]

_EARLIEST = frozenset(
    {"earliestinstallation", "earliestinstallationdate", "earliestdate", "earliestfeasible", "earliestfeasibledate"}
    | {"earlieststart", "availablefrom", "feasiblefrom", "earliestcompletion", "earliestcompletiondate"}
)
_SOURCES = ("site.qualified", "resource.reserved", "permit.granted")


@rule("BLD-012", gate=None, severity=Severity.WARN, reads=("product_order",), since="0.1", level=8)
def a_promise_that_slips_in_silence(ctx: Context) -> Iterator[Problem]:
    """The date that is promised is not before the work can be done, and when it changes, somebody says why.

    What it checks: the expected completion is not before the visit that is booked, nor before the first day that
        qualification, reservation or permit name; an expected date or a visit that moved to a later day has a note or
        a reason; so has a completion after the expected day. What the customer only wished for is no promise, nor is an
        expected date that repeats the wish.
    Why it matters: a promise that breaks without a word is the first reason for which customers leave.
    Passes: a new date, and the note "moved by the customer".
    Fails: promised for the 5th, the crew comes on the 9th; a visit that moved by a week, and nobody says why.
    Harmless look-alike: a date that moved to an earlier day; delivery after the wish of the customer; a visit on the
        promised day.
    How to fix: promise the first day that can be kept, and note the reason when it changes.
    """
    order = ctx.order
    if order is None or (order.expected_completion is None and not ctx.trace.facts):
        return
    noted = any(not blank(note.text) for note in order.notes)
    if order.expected_completion is not None:
        promised = ctx.day(order.expected_completion)
        wished = order.requested_completion is not None and ctx.day(order.requested_completion) == promised
        if not wished:
            yield from _too_early(ctx, promised)
            yield from _broken(ctx, order, promised) if not noted else ()
        if not noted:
            yield from _slipped(ctx, order, promised)
    if not noted:
        yield from _moved_visits(ctx)


def _too_early(ctx: Context, promised: date) -> Iterator[Problem]:
    for line in ctx.live if ctx.trace.facts else ():
        for day, path in _feasible(ctx, line):
            if promised < day:
                reason = f"the order is promised for {promised}, but item {line.item.id} cannot be done before {day}"
                yield Problem("product_order.expected_completion", reason, (path,))
                break


def _feasible(ctx: Context, line: Line) -> Iterator[tuple[date, str]]:
    for path, fact in ctx.statements("appointment.booked", line.item.subject)[:1]:
        day = read_date(fact.value.get("start"), ctx.zone)
        if day is not None:
            yield day, f"{path}.value.start"
    for predicate in _SOURCES:
        for path, fact in ctx.statements(predicate, line.item.subject)[:1]:
            for name, value in fact.value.items():
                day = read_date(value, ctx.zone) if name.lower() in _EARLIEST else None
                if day is not None:
                    yield day, f"{path}.value.{name}"


def _broken(ctx: Context, order: ProductOrder, promised: date) -> Iterator[Problem]:
    done = order.completion_date
    if done is not None and ctx.day(done) > promised:
        reason = f"promised for {promised}, completed on {ctx.day(done)}, and nobody says why"
        yield Problem("product_order.completion_date", reason, ("product_order.expected_completion",))


def _slipped(ctx: Context, order: ProductOrder, promised: date) -> Iterator[Problem]:
    """Yield the day for which the promise was before, where that is an earlier one."""
    for number, trace in enumerate(ctx.trace.others):
        other = trace.product_order
        if other is None or not order.id or other.id != order.id or other.expected_completion is None:
            continue
        before = ctx.day(other.expected_completion)
        if before < promised and not any(not blank(note.text) for note in other.notes):
            reason = f"the promise moved from {before} to {promised}, and nobody says why"
            yield Problem("product_order.expected_completion", reason, (f"others[{number}].product_order",))
    for number, entry in enumerate(ctx.trace.history or ()):
        said = _expected(ctx, entry.extras) if entry.extras and entry.subject == "productOrder" else None
        if (
            said is not None
            and said < promised
            and blank(str(entry.extras.get("reason", entry.extras.get("note", ""))))
        ):
            reason = f"the promise was {said} on {ctx.day(entry.at)} and is {promised} now, and nobody says why"
            yield Problem("product_order.expected_completion", reason, (f"history[{number}]",))
            return


def _expected(ctx: Context, said: dict[str, Any]) -> date | None:
    stated = said.get("expectedCompletionDate", said.get("expectedCompletion"))
    return read_date(stated, ctx.zone)


def _moved_visits(ctx: Context) -> Iterator[Problem]:
    for number, fact in enumerate(ctx.trace.facts):
        if fact.predicate != "appointment.booked" or not fact.supersedes or not blank(fact.reason):
            continue
        old = ctx.index.by_id(fact.supersedes)
        if old is None or not blank(_reason(fact.value)):
            continue
        before, after = (_start(ctx, one.value) for one in (old.fact, fact))
        if before is not None and after is not None and after > before:
            reason = f"the visit for {fact.subject} moved from {before} to {after}, and nobody says why"
            yield Problem(f"facts[{number}].value.start", reason, (old.path,))


def _reason(said: dict[str, Any]) -> str:
    return str(said.get("reason") or said.get("note") or "")


def _start(ctx: Context, said: dict[str, Any]) -> date | None:
    stated = said.get("start")
    return ctx.day(stated) if isinstance(stated, datetime) else read_date(stated, ctx.zone)
