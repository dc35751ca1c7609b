"""ACT-010: off is off."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from gateway.canonical.judgement import Gate, Severity
from gateway.canonical.states import ItemAction, OrderState
from gateway.rules.context import Context, Line
from gateway.rules.delivery import happened
from gateway.rules.facts import Statement
from gateway.rules.identifiers import identifiers_in
from gateway.rules.rule import Problem, rule
from gateway.rules.times import read_date

__all__ = ["a_cease_that_leaves_something_on"]

_STILL_ON = ("authorised", "authorized", "stillauthorised", "stillauthorized", "ontauthorised", "ontauthorized")
_RUNS = ("service.activated", "device.bound", "service.resumed")
_NETWORK = frozenset({"port", "iccid", "ipv4"})  # a box may come back later, a number may go on elsewhere
_GIVEN = ("resource.reserved", "resource.assigned", "service.activated")


@rule(
    "ACT-010",
    gate=Gate.BUILD_TO_ACTIVATION,
    severity=Severity.HOLD,
    reads=("product_order",),
    since="0.1",
    level=8,
    params=("grace_minutes", "number_quarantine_days"),
)
def a_cease_that_leaves_something_on(ctx: Context) -> Iterator[Problem]:
    """A cease is complete when nothing of the service is left on, and its resources are given back.

    What it checks: of a deleted item that is completed, the services have ended, nothing was seen running after the
        cease, the resources were released before the completion, and a number in quarantine was given to nobody. A
        number rests only where the release or the policy's numberQuarantineDays says so; without either it is free at
        once. Before the completion the gate only waits for the release. All of it is known when the cease is, so it is
        asked there and not at billing.
    Why it matters: somebody goes on using the line for nothing, or gets the calls of the one who left.
    Passes: ceased at 11:00, the port free at 11:10, completed at 12:00.
    Fails: completed, and the box is still authorised.
    Harmless look-alike: a box that the customer sends back later; an activation that is older than the cease; a number
        that goes on with the same customer; a release a few minutes after the completion.
    How to fix: shut off what still runs, release it, and complete the cease after that.
    """
    for line in ctx.live:
        if line.item.action is ItemAction.DELETE:
            yield from _services(ctx, line)
            if ctx.trace.facts:
                yield from _facts(ctx, line)
            if line.item.state is OrderState.COMPLETED:
                yield from _unsaid(ctx, line)


def _services(ctx: Context, line: Line) -> Iterator[Problem]:
    for one in ctx.services_of(line.item.id):
        service = one.item.service
        done = one.item.action is ItemAction.DELETE and one.state is OrderState.COMPLETED
        if done and service is not None and (service.state or "").strip().lower() == "active":
            reason = f"item {line.item.id} is given up and its service item {one.item.id} completed, but it is active"
            yield Problem(f"{one.path}.service.state", reason, (line.path,))


def _unsaid(ctx: Context, line: Line) -> Iterator[Problem]:
    for predicate in ("service.ceased", "resource.released"):
        if predicate not in ctx.not_yet and ctx.seen(predicate, line.item.subject) is None:
            reason = f"item {line.item.id} is completed, but {predicate} was never said of it"
            yield Problem(f"{line.path}.state", reason)


def _facts(ctx: Context, line: Line) -> Iterator[Problem]:
    subject = line.item.subject
    ceased = ctx.statements("service.ceased", subject)
    released = ctx.statements("resource.released", subject)
    for path, fact in (*ceased, *released):
        for name, value in fact.value.items():
            if name.lower().replace("_", "") in _STILL_ON and value is True:
                yield Problem(f"{path}.value.{name}", f"{fact.key}: what was given up is still authorised")
    if ceased:
        end = happened(ctx, ceased[0].fact)
        for predicate in _RUNS:
            for path, fact in ctx.statements(predicate, subject)[:1]:
                if min(ctx.instant(fact.observed_at), happened(ctx, fact)) - end > ctx.grace_for(None):
                    reason = f"{predicate} was said of {subject} after it had ceased"
                    yield Problem(path, reason, (ceased[0].path,))
    if released:
        yield from _order_of_events(ctx, line, released[0])
        yield from _left_over(ctx, line, released)
        if ctx.trace.others:
            yield from _quarantine(ctx, line, released[0])


def _order_of_events(ctx: Context, line: Line, released: Statement) -> Iterator[Problem]:
    done = _completed(ctx, line)
    if done is not None and happened(ctx, released.fact) - done[0] > ctx.grace_for(None):
        reason = f"item {line.item.id} was completed before its resources were released"
        yield Problem(released.path, reason, (done[1],))


def _completed(ctx: Context, line: Line) -> tuple[datetime, str] | None:
    """When an item was completed: its own event, else the order's date."""
    if line.item.state is not OrderState.COMPLETED:
        return None
    found = [
        (ctx.instant(entry.at), f"history[{number}].at")
        for number, entry in enumerate(ctx.trace.history or ())
        if entry.subject == line.item.subject and entry.state.strip() == OrderState.COMPLETED
    ]
    if found:
        return found[-1]
    date = ctx.order.completion_date if ctx.order is not None else None
    return None if date is None else (ctx.instant(date), "product_order.completion_date")


def _left_over(ctx: Context, line: Line, released: Sequence[Statement]) -> Iterator[Problem]:
    """What the inventory has of the product and the releases do not name, though they name something."""
    record = ctx.product(line.item)
    given = {(one.kind, one.value) for _, fact in released for one in identifiers_in(fact.value, "")}
    if record is None or not record.characteristics or not given:
        return
    kinds = {kind for kind, _ in given}
    for one in identifiers_in(record.characteristics, ""):
        if (one.kind in _NETWORK or one.kind in kinds) and (one.kind, one.value) not in given:
            reason = f"{one.kind} {one.value} of product {record.id} was not released"
            yield Problem(released[0].path, reason, (line.path,))


def _quarantine(ctx: Context, line: Line, released: Statement) -> Iterator[Problem]:
    value, at = released.fact.value, happened(ctx, released.fact)
    until = read_date(value.get("quarantineUntil", value.get("quarantinedUntil")), ctx.zone)
    if until is None and ctx.policy_for(None).number_quarantine_days:
        until = ctx.day(at) + timedelta(days=ctx.policy_for(None).number_quarantine_days)
    gone = {one.value for one in identifiers_in(value, "") if one.kind == "number"}
    if until is None or not gone:
        return
    for number, trace in enumerate(ctx.trace.others):
        order = trace.product_order
        customer = order.party("customer") if order is not None else None
        if customer is None or ctx.customer is None or customer.id == ctx.customer.id:
            continue
        for index, fact in enumerate(trace.facts):
            moment = happened(ctx, fact)
            if fact.predicate not in _GIVEN or moment < at or ctx.day(moment) >= until:
                continue
            again = next((one for one in identifiers_in(fact.value, "") if one.value in gone), None)
            if again is not None:
                reason = f"number {again.value} rests until {until}, but was given to another customer"
                yield Problem(released.path, reason, (f"others[{number}].facts[{index}]", line.path))
                return
