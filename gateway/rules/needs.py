"""Which facts each gate requires, and of which items. One row a predicate; what applies is for `work` to say."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from gateway.canonical.common import Characteristic
from gateway.canonical.fact import PREDICATES, FactKey
from gateway.canonical.judgement import Gate
from gateway.canonical.states import ItemAction, OrderState
from gateway.rules.context import Context, Line
from gateway.rules.derive import derived
from gateway.rules.quantities import quantity
from gateway.rules.work import (
    carries_box,
    carries_resource,
    changes_price,
    changes_rate,
    has_service,
    installs_itself,
    is_charged,
    is_resumption,
    is_suspension,
    needs_visit,
    service_offering,
)

__all__ = ["NEEDS", "Need", "missing", "required"]

Applies = Callable[[Context, Line], bool]
_Key = tuple[str, str]  # predicate and subject


class Need(NamedTuple):
    """A fact about each live item to which it applies."""

    predicate: str
    applies: Applies


def _adds(_: Context, line: Line) -> bool:
    return line.item.action is ItemAction.ADD


def _offered(_: Context, line: Line) -> bool:
    return line.item.action is ItemAction.ADD and line.item.offering is not None


def _site_bound(ctx: Context, line: Line) -> bool:
    offering = ctx.offering(line.item) if line.item.action is ItemAction.ADD else None
    return offering is not None and offering.site_bound


def _located(ctx: Context, line: Line) -> bool:
    return _site_bound(ctx, line) or _is_qualified_anew(ctx, line, "site.qualified")


def _qualified(ctx: Context, line: Line) -> bool:
    return _site_bound(ctx, line) or _is_qualified_anew(ctx, line, "address.resolved")


def _priced(ctx: Context, line: Line) -> bool:
    if line.item.action is ItemAction.MODIFY:
        return changes_price(ctx, line.item) and _is_qualified_anew(ctx, line, *_ANEW)
    return is_charged(ctx, line)


_ANEW = ("offer.valid", "address.resolved", "site.qualified")


def _is_qualified_anew(ctx: Context, line: Line, *predicates: str) -> bool:
    """Whether somebody took a changed speed through qualification; it may do without, but not with half of it."""
    if not changes_rate(ctx, line.item):
        return False
    return any(ctx.seen(predicate, line.subject) for predicate in predicates)


def _self_installed(ctx: Context, line: Line) -> bool:
    offering = ctx.offering(line.item)
    return (
        _site_bound(ctx, line)
        and offering is not None
        and not offering.needs_visit
        and line.item.id not in ctx.bundles
        and not installs_itself(ctx, line)
    )


def _permitted(ctx: Context, line: Line) -> bool:
    offering = ctx.offering(line.item)
    return _adds(ctx, line) and offering is not None and offering.needs_permit


def _reserves(ctx: Context, line: Line) -> bool:
    return _adds(ctx, line) and carries_resource(ctx, line)


def _assigns(ctx: Context, line: Line) -> bool:
    return _adds(ctx, line) and (
        ctx.seen("resource.reserved", line.subject) is not None or carries_resource(ctx, line, assigned=True)
    )


def _binds(ctx: Context, line: Line) -> bool:
    return _adds(ctx, line) and carries_box(ctx, line)


def _serves(ctx: Context, line: Line) -> bool:
    return _adds(ctx, line) and has_service(ctx, line)


def _activates(ctx: Context, line: Line) -> bool:
    return _serves(ctx, line) or (changes_rate(ctx, line.item) and not is_suspension(line.item))


def _suspends(_: Context, line: Line) -> bool:
    return is_suspension(line.item)


def _resumes(ctx: Context, line: Line) -> bool:
    return is_resumption(ctx, line.item)


def _ceases(_: Context, line: Line) -> bool:
    return line.item.action is ItemAction.DELETE


def _starts_charge(ctx: Context, line: Line) -> bool:
    if line.item.action is not ItemAction.MODIFY:
        return is_charged(ctx, line)
    is_new = changes_price(ctx, line.item) or is_resumption(ctx, line.item)
    return is_new and ctx.seen("rate.created", line.subject) is not None


def _accepts(ctx: Context, line: Line) -> bool:
    offering = ctx.offering(line.item)
    return _adds(ctx, line) and offering is not None and offering.needs_acceptance


NEEDS: dict[Gate, tuple[Need, ...]] = {
    Gate.INTAKE: (
        Need("offer.valid", _offered),
        Need("address.resolved", _located),
        Need("site.qualified", _qualified),
        Need("price.agreed", _priced),
    ),
    Gate.ORDER_TO_BUILD: (
        Need("resource.reserved", _reserves),
        Need("appointment.booked", needs_visit),
        Need("selfinstall.chosen", _self_installed),
        Need("permit.granted", _permitted),
    ),
    Gate.BUILD_TO_ACTIVATION: (
        Need("field.completed", needs_visit),
        Need("device.bound", _binds),
        Need("resource.assigned", _assigns),
        Need("service.ready", _serves),
        Need("service.activated", _activates),
        Need("service.suspended", _suspends),
        Need("service.resumed", _resumes),
        Need("service.ceased", _ceases),
        Need("resource.released", _ceases),
    ),
    Gate.ACTIVATION_TO_BILLING: (
        Need("acceptance.given", _accepts),
        Need("charge.started", _starts_charge),
        Need("rate.created", is_charged),
    ),
    Gate.BILLING_TO_CLOSE: (),
}
"""What each gate requires of live items. Cancelled, rejected and failed items need nothing further."""


def _order_intake(ctx: Context) -> Iterator[str]:
    if not ctx.live:
        return
    yield "party.identified"
    if any(line.item.action is ItemAction.ADD or ctx.account(line) is not None for line in ctx.live):
        yield "account.open"
    if any((offering := ctx.offering(line.item)) and offering.needs_credit_check for line in ctx.live):
        yield "credit.ok"
    yield "order.accepted"


def _order_build(ctx: Context) -> Iterator[str]:
    if any(line.item.action is not ItemAction.NO_CHANGE and has_service(ctx, line) for line in ctx.live):
        yield "decomposition.complete"
        yield "build.released"


_ORDER_NEEDS: dict[Gate, Callable[[Context], Iterator[str]]] = {
    Gate.INTAKE: _order_intake,
    Gate.ORDER_TO_BUILD: _order_build,
}

_BILL_NEEDS = ("bill.balanced", "bill.sent", "ledger.posted")


def required(ctx: Context, gate: Gate) -> Iterator[_Key]:
    """Yield every key that a gate requires of this trace, stated or not: as plain pairs, since few are missing."""
    if ctx.order is None:
        yield from _outside(ctx, gate)
    else:
        whole = _ORDER_NEEDS.get(gate)
        if whole is not None:
            for predicate in whole(ctx):
                yield predicate, "productOrder"
        yield from _of_items(ctx, gate)
        if gate is Gate.BUILD_TO_ACTIVATION:
            yield from _compensation(ctx)
    if gate is Gate.BILLING_TO_CLOSE:
        for bill_id in _bills(ctx):
            for predicate in _BILL_NEEDS:
                yield predicate, f"bill:{bill_id}"


def _bills(ctx: Context) -> Iterator[str]:
    """The bills of the trace; where it is known to have none, those that its charges name, or one that nobody knows."""
    if ctx.trace.bills == () and ctx.live:
        costly = [rate for rate in ctx.trace.rates or () if rate.net is not None and rate.net.amount != 0]
        yield from dict.fromkeys(rate.bill.id if rate.bill is not None and rate.bill.id else "?" for rate in costly)
    yield from (bill.id for bill in ctx.trace.bills or ())


def _of_items(ctx: Context, gate: Gate) -> Iterator[_Key]:
    needs = [need for need in NEEDS[gate] if need.predicate not in ctx.not_yet]
    for line in ctx.live if needs else ():
        subject = line.subject
        for predicate, applies in needs:
            if applies(ctx, line):
                yield predicate, subject


def missing(ctx: Context, gate: Gate) -> list[FactKey]:
    """Return the required keys that nobody stated and nothing proves."""
    if ctx.not_yet >= PREDICATES:
        return []
    stated, not_yet = ctx.index.by_key, ctx.not_yet
    return [
        FactKey(*key)
        for key in required(ctx, gate)
        if key[0] not in not_yet and key not in stated and derived(ctx, *key) is None
    ]


def _compensation(ctx: Context) -> Iterator[_Key]:
    """A cancelled item has to give back what it had already been given."""
    for line in ctx.lines:
        cancelled = OrderState.CANCELLED in {line.item.state, ctx.order.state if ctx.order else None}
        if not cancelled or line.item.action is not ItemAction.ADD:
            continue
        subject = line.subject
        if ctx.seen("service.activated", subject):
            yield "service.ceased", subject
        if ctx.seen("resource.assigned", subject):
            yield "resource.released", subject


_OUTSIDE_STOPS = frozenset({"inactive", "suspended"})


def _outside(ctx: Context, gate: Gate) -> Iterator[_Key]:
    """What an order from outside needs: only what its services show."""
    for line in ctx.outside:
        subject, action, service = line.subject, line.item.action, line.item.service
        offering = service_offering(ctx, line.item)
        added = action is ItemAction.ADD
        if gate is Gate.ORDER_TO_BUILD and offering is not None and added:
            if offering.resources:
                yield "resource.reserved", subject
            if offering.needs_visit:
                yield "appointment.booked", subject
        if gate is Gate.BUILD_TO_ACTIVATION:
            if offering is not None and added and offering.needs_visit:
                yield "field.completed", subject
            if action is ItemAction.DELETE:
                yield "service.ceased", subject
            elif action is ItemAction.MODIFY and service and (service.state or "").lower() in _OUTSIDE_STOPS:
                yield "service.suspended", subject
            elif added or (action is ItemAction.MODIFY and service and _sizes(service.characteristics)):
                yield "service.activated", subject


def _sizes(characteristics: tuple[Characteristic, ...]) -> bool:
    return any(quantity(one.value) is not None for one in characteristics)
