"""When an item began to run, or stopped: what its facts say, with what clocks may be apart taken into account."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from gateway.canonical.fact import Fact
from gateway.canonical.states import ItemAction
from gateway.rules.kept import kept
from gateway.rules.work import has_service, is_resumption, is_suspension, needs_visit, service_offering

if TYPE_CHECKING:
    from gateway.rules.context import Context, Line

__all__ = ["Start", "Visit", "activation", "blank", "happened", "has_to_run", "outcome_of", "visits"]


class Start(NamedTuple):
    """The days on which an item may be said to have begun, and where the best statement of it stands."""

    path: str
    first: date
    last: date


class Visit(NamedTuple):
    """Something that somebody has to go out for: the subject of its facts and the path of the item."""

    path: str
    subject: str


def blank(text: str | None) -> bool:
    """Whether a text says nothing."""
    return text is None or not text.strip()


def happened(ctx: "Context", fact: Fact) -> datetime:
    """Return the instant from which a fact holds."""
    moment = fact.valid_from or fact.observed_at
    return moment if moment.tzinfo is not None else ctx.instant(moment)


@kept
def outcome_of(ctx: "Context", line: "Line") -> str:
    """Return the predicate that says that an item's work is done."""
    item = line.item
    if item.action is ItemAction.DELETE:
        return "service.ceased"
    if is_suspension(item):
        return "service.suspended"
    return "service.resumed" if is_resumption(ctx, item) else "service.activated"


def has_to_run(ctx: "Context", line: "Line") -> bool:
    """Whether an added item is a service of its own, which somebody can see running."""
    return line.item.action is ItemAction.ADD and line.item.id not in ctx.bundles and has_service(ctx, line)


def activation(ctx: "Context", line: "Line") -> Start | None:
    """Return the days on which an item's service began, or None where nobody says so.

    Only statements within the policy's grace of the best one count: two clocks may be on both sides of midnight.
    """
    return _activation(ctx, line) if ctx.overrides is None else _started(ctx, line, ctx.grace_for(line))


@kept
def _activation(ctx: "Context", line: "Line") -> Start | None:
    """The same for every rule, where no rule set gives one of them a grace of its own."""
    return _started(ctx, line, ctx.grace_for(None))


def _started(ctx: "Context", line: "Line", grace: timedelta) -> Start | None:
    found = ctx.statements("service.activated", line.subject)
    if not found:
        return None
    best = happened(ctx, found[0].fact)
    moments = [happened(ctx, one.fact) for one in found]
    days = [ctx.day(moment) for moment in moments if abs(moment - best) <= grace]
    return Start(found[0].path, min(days), max(days))


def visits(ctx: "Context") -> Iterator[Visit]:
    """Yield the items, of the product order or of one from outside, for which somebody has to go out."""
    for line in ctx.live:
        if needs_visit(ctx, line):
            yield Visit(line.path, line.subject)
    for service in ctx.outside:
        offering = service_offering(ctx, service.item)
        if service.item.action is ItemAction.ADD and offering is not None and offering.needs_visit:
            yield Visit(service.path, service.item.subject)
