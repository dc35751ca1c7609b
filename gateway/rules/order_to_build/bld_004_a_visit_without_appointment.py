"""BLD-004: somebody is at home."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from gateway.canonical.judgement import Gate, Severity
from gateway.canonical.states import BlockedBy
from gateway.rules.context import Context, Line
from gateway.rules.facts import Statement
from gateway.rules.rule import Problem, rule
from gateway.rules.work import needs_visit

__all__ = ["a_visit_without_appointment"]


@rule(
    "BLD-004",
    gate=Gate.ORDER_TO_BUILD,
    severity=Severity.HOLD,
    reads=("product_order", "service_orders", "reference.offerings"),
    since="0.1",
    level=6,
    blocked_by=BlockedBy.PROVIDER,
)
def a_visit_without_appointment(ctx: Context) -> Iterator[Problem]:
    """An item that needs a visit has an appointment, or the customer installs it.

    What it checks: an added item whose offering needs a visit has the fact appointment.booked, an appointment on the
        item or on its service item, or says that the customer installs it. What is booked ends after it begins, and is
        the appointment that the item names.
    Why it matters: the crew stands before a closed door.
    Passes: appointment AP-1.
    Fails: no appointment and no word of self-installation; AP-1 is named and AP-9 is booked.
    Harmless look-alike: an item that the customer installs; an offering without a visit; an item whose field work is
        already done; a moment at which the visit cannot have been booked yet; a visit that was moved, with a reason.
    How to fix: book the visit and send appointment.booked, or selfinstall.chosen where the customer installs it.
    """
    if "appointment.booked" in ctx.not_yet:
        return
    for line in ctx.live:
        subject = line.item.subject
        if not needs_visit(ctx, line):
            continue
        booked = ctx.statements("appointment.booked", subject)
        if booked:
            yield from _faults(ctx, line, booked[0])
            continue
        stated = line.item.appointment or any(one.item.appointment for one in ctx.services_of(line.item.id))
        if not stated and ctx.seen("field.completed", subject) is None:
            yield Problem(f"{line.path}.appointment", f"item {line.item.id} needs a visit but has no appointment")


def _faults(ctx: Context, line: Line, booked: Statement) -> Iterator[Problem]:
    value = booked.fact.value
    start, end = _instant(ctx, value.get("start")), _instant(ctx, value.get("end"))
    if start is not None and end is not None and end <= start:
        yield Problem(f"{booked.path}.value.end", f"item {line.item.id}: the visit ends before it begins", (line.path,))
    named, stated = line.item.appointment, value.get("appointment")
    moved = bool((booked.fact.reason or "").strip() or booked.fact.supersedes)
    if named is not None and isinstance(stated, str) and stated != named.id and not moved:
        reason = f"item {line.item.id} names appointment {named.id}, but {stated} is booked"
        yield Problem(f"{booked.path}.value.appointment", reason, (f"{line.path}.appointment",))


def _instant(ctx: Context, value: Any) -> datetime | None:
    try:
        return ctx.instant(datetime.fromisoformat(value)) if isinstance(value, str) and "T" in value else None
    except ValueError:
        return None
