"""LIF-010: an amendment reaches the crew or does not happen."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from gateway.canonical.fact import Fact
from gateway.canonical.judgement import Severity
from gateway.canonical.lifecycle import Trace
from gateway.canonical.order import ProductOrder
from gateway.canonical.service_order import ServiceOrder
from gateway.canonical.states import FINAL_ORDER_STATES, OrderState
from gateway.rules.amounts import number_in
from gateway.rules.context import Context
from gateway.rules.delivery import happened
from gateway.rules.related import links
from gateway.rules.rule import Problem, rule

__all__ = ["built_to_an_old_order"]

_OWN = frozenset({"version", "orderversion", "productorderversion", "amendment", "revision", "amendmentnumber"})
_THEIRS = frozenset({"productorderversion", "orderversion", "builtagainst", "basedonversion", "poversion"})
_WHEN = frozenset({"amendedat", "amendmentdate", "amendeddate", "versiondate", "lastamended", "revisedat"})
_FREEZE = ("field.completed", "service.activated")
_AMENDS = ("amend", "supersed", "revis", "replaces")
_UNBUILT = frozenset({OrderState.CANCELLED, OrderState.REJECTED, OrderState.FAILED})


class _Amended(NamedTuple):
    at: datetime
    path: str


@rule(
    "LIF-010",
    gate=None,
    severity=Severity.REJECT,
    reads=("product_order",),
    since="0.1",
    level=8,
    params=("grace_minutes",),
)
def built_to_an_old_order(ctx: Context) -> Iterator[Problem]:
    """An order is amended before its field work is done, its version rises, and the build follows the last version.

    What it checks: no amendment (a second order.accepted, a note, a date of the order, an order that amends another
        one) is later than the field work of what it amends; service orders and the release to build name the version
        that the order has; another state of the same order under the same version says the same, and none is newer.
        What has been built already holds instead of being refused.
    Why it matters: the crew builds what the customer no longer wants, and comes a second time.
    Passes: version 2 a day before the crew leaves, built as version 2.
    Fails: a service order of version 1 that is completed after version 2 was accepted.
    Harmless look-alike: the service order of the old version, cancelled beside its successor; a note that only
        mentions an amendment of the contract before the visit; an order whose version nobody names.
    How to fix: send the build the new version; past the freeze, complete the order and change it by a new one.
    """
    order = ctx.order
    if order is None:
        return
    mine = _version(order.extras, _OWN)
    accepted = ctx.index.of("order.accepted")
    for _, fact in accepted:
        mine = max(filter(None, (mine, _version(fact.value, _OWN))), default=None)
    if mine is not None and mine > 1:
        yield from _built_before(ctx, mine)
    if ctx.trace.facts:
        yield from _too_late(ctx, order)
    for number, trace in enumerate(ctx.trace.others):
        other = trace.product_order
        if other is None:
            continue
        if order.id and other.id == order.id:
            yield from _same_order(ctx, order, other, f"others[{number}].product_order")
        elif trace.facts and _amends(order, other.id):
            yield from _amends_too_late(ctx, order, trace, f"others[{number}]")


def _version(said: Mapping[str, Any], names: frozenset[str]) -> Decimal | None:
    for name, value in said.items():
        if name.lower().replace("_", "") in names:
            return number_in(str(value).strip().lower().removeprefix("v"))
    return None


def _service_version(order: ServiceOrder) -> Decimal | None:
    said = _version(order.extras, _THEIRS)
    if said is not None:
        return said
    for _, item in order.all_items():
        named = {one.name: one.value for one in item.service.characteristics} if item.service is not None else {}
        found = _version(named, _THEIRS)
        if found is not None:
            return found
    return None


def _built_before(ctx: Context, mine: Decimal) -> Iterator[Problem]:
    """What is built, or released to be built, to a version before the present one."""
    stated = [(number, built, _service_version(built)) for number, built in enumerate(ctx.trace.service_orders or ())]
    for number, built, version in stated:
        if version is not None and version < mine and built.state not in _UNBUILT:
            path = f"service_orders[{number}]"
            severity = Severity.HOLD if built.state in FINAL_ORDER_STATES else None
            reason = f"service order {built.id} is built to version {version}, the order is at version {mine}"
            yield Problem(path, reason, ("product_order",), severity=severity)
    for path, fact in ctx.index.of("build.released"):
        released = _version(fact.value, _THEIRS | _OWN)
        if released is not None and released < mine and not any(version == mine for _, _, version in stated):
            yield Problem(path, f"version {released} was released to build, the order is at version {mine}")


def _too_late(ctx: Context, order: ProductOrder) -> Iterator[Problem]:
    amendments = list(_amendments(ctx, order))
    done: list[tuple[datetime, str]] = []
    for line in ctx.live if amendments else ():
        for predicate in _FREEZE:
            done += [(happened(ctx, fact), path) for path, fact in ctx.statements(predicate, line.item.subject)[:1]]
    if not done:
        return
    frozen, where = min(done)
    for amended in amendments:
        if amended.at - frozen > ctx.grace_for(None):
            yield Problem(
                amended.path, "the order was amended after its field work was done", (where,), severity=Severity.HOLD
            )
            return


def _amendments(ctx: Context, order: ProductOrder) -> Iterator[_Amended]:
    for path, fact in ctx.index.of("order.accepted"):
        before = ctx.index.by_id(fact.supersedes) if fact.supersedes else None
        if _is_amendment(fact, before.fact if before is not None else None):
            yield _Amended(happened(ctx, fact), path)
    for number, note in enumerate(order.notes):
        words = (note.text or "").lower()
        if note.date is not None and "amend" in words and "order" in words:
            yield _Amended(ctx.instant(note.date), f"product_order.notes[{number}]")
    for name, value in order.extras.items():
        if name.lower().replace("_", "") in _WHEN and isinstance(value, str):
            try:
                yield _Amended(ctx.instant(datetime.fromisoformat(value)), f"product_order.{name}")
            except ValueError:
                continue


def _is_amendment(fact: Fact, before: Fact | None) -> bool:
    """Whether an acceptance is that of another version of the order, and no mere correction of the statement."""
    version = _version(fact.value, _OWN)
    if version is not None and version > 1:
        return True
    return before is not None and ("amend" in (fact.reason or "").lower() or "version" in (fact.reason or "").lower())


def _same_order(ctx: Context, order: ProductOrder, other: ProductOrder, path: str) -> Iterator[Problem]:
    mine, theirs = _version(order.extras, _OWN), _version(other.extras, _OWN)
    if mine is None or theirs is None:
        return
    if theirs > mine and ctx.trace.service_orders:
        reason = f"the order is at version {mine}, but version {theirs} of it is known"
        yield Problem("product_order", reason, (path, "service_orders"))
    elif theirs == mine and _wishes(order) != _wishes(other):
        yield Problem("product_order", f"version {mine} of the order stands for two different wishes", (path,))


def _wishes(order: ProductOrder) -> list[tuple[Any, ...]]:
    """What an order asks for, to be compared: not its states, nor what was learnt since."""
    return sorted(
        (
            item.id,
            item.action.value,
            item.offering.id if item.offering is not None else "",
            item.quantity or 1,
            sorted((one.name, str(one.value)) for one in (item.product.characteristics if item.product else ())),
        )
        for _, item in order.all_items()
    )


def _amends(order: ProductOrder, other_id: str) -> bool:
    if any(known == other_id and any(word in kind for word in _AMENDS) for known, kind in links(order)):
        return True
    return any(
        link.id == other_id and any(word in (link.type or "").lower() for word in _AMENDS)
        for _, item in order.all_items()
        for link in item.relationships
    )


def _amends_too_late(ctx: Context, order: ProductOrder, trace: Trace, path: str) -> Iterator[Problem]:
    if order.order_date is None:
        return
    taken = ctx.instant(order.order_date)
    for number, fact in enumerate(trace.facts):
        if fact.predicate in _FREEZE and taken - happened(ctx, fact) > ctx.grace_for(None):
            other = trace.product_order.id if trace.product_order is not None else ""
            reason = f"the order amends {other}, whose field work was done before"
            yield Problem("product_order", reason, (f"{path}.facts[{number}]",))
            return
