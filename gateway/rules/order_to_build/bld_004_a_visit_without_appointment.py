"""BLD-004: somebody is at home."""

from collections.abc import Iterator

from gateway.canonical.judgement import Gate, Severity
from gateway.canonical.states import BlockedBy
from gateway.rules.context import Context
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
        item or on its service item, or says that the customer installs it.
    Why it matters: the crew stands before a closed door.
    Passes: appointment AP-1.
    Fails: no appointment and no word of self-installation.
    Harmless look-alike: an item that the customer installs; an offering without a visit; an item whose field work is
        already done; a moment at which the visit cannot have been booked yet.
    How to fix: book the visit and send appointment.booked, or selfinstall.chosen where the customer installs it.
    """
    if "appointment.booked" in ctx.not_yet:
        return
    for line in ctx.live:
        subject = line.item.subject
        if not needs_visit(ctx, line) or ctx.seen("appointment.booked", subject) is not None:
            continue
        stated = line.item.appointment or any(one.item.appointment for one in ctx.services_of(line.item.id))
        if not stated and ctx.seen("field.completed", subject) is None:
            yield Problem(f"{line.path}.appointment", f"item {line.item.id} needs a visit but has no appointment")
