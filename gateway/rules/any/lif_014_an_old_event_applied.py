"""LIF-014: what comes late is recorded, not applied."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from gateway.canonical.judgement import Severity
from gateway.canonical.lifecycle import HistoryEntry
from gateway.rules.context import Context
from gateway.rules.events import sequence
from gateway.rules.facts import Statement
from gateway.rules.rule import Problem, rule

__all__ = ["an_old_event_applied"]

_KNOWN = ("recordedAt", "receivedAt", "appliedAt", "arrivedAt")
_ORDER = "productOrder"


class _Told(NamedTuple):
    """An event: its place in the history, when it happened, when it was recorded, its sequence."""

    number: int
    state: str
    at: datetime
    recorded: datetime | None
    sequence: Decimal | None


@rule(
    "LIF-014",
    gate=None,
    severity=Severity.HOLD,
    reads=("history|facts",),
    since="0.1",
    level=8,
    params=("grace_minutes",),
)
def an_old_event_applied(ctx: Context) -> Iterator[Problem]:
    """An event that is older than the last one does not change what the last one said.

    What it checks: where events say their sequence, or when they were recorded, the present state is that of the newest
        event and not that of an older one which came later; a fact of an earlier time or sequence does not supersede a
        newer one in silence.
    Why it matters: a message that was delayed for an hour undoes what happened in that hour.
    Passes: event 8 after event 7.
    Fails: event 5 after event 7, and the order is what event 5 said.
    Harmless look-alike: event 5 after event 7, recorded while the order stays as it was; a correction that names its
        reason; an earlier fact that stands beside the newer one.
    How to fix: set the state of the newest event again, and keep the late one as history.
    """
    if ctx.trace.history and _is_out_of_order(ctx):
        yield from _events(ctx)
    for number, fact in ctx.corrections:
        old = ctx.index.by_id(fact.supersedes or "")
        if old is not None:
            yield from _replaced(ctx, Statement(f"facts[{number}]", fact), old)


def _is_out_of_order(ctx: Context) -> bool:
    """Whether an event says more than its time, or is earlier than the one before it."""
    latest: dict[str, datetime] = {}
    for entry in ctx.trace.history or ():
        before = latest.get(entry.subject)
        if entry.extras or (before is not None and ctx.instant(entry.at) < before):
            return True
        latest[entry.subject] = ctx.instant(entry.at)
    return False


def _events(ctx: Context) -> Iterator[Problem]:
    told: dict[str, list[_Told]] = {}
    for number, entry in enumerate(ctx.trace.history or ()):
        if str(entry.extras.get("applied", "")).lower() not in {"false", "no"}:
            told.setdefault(entry.subject, []).append(_told(ctx, number, entry))
    for subject, events in told.items():
        numbers = [one.sequence for one in events]
        numbered = None not in numbers
        dated = any(one.recorded is not None for one in events)
        newest = max(events, key=lambda one: (one.sequence or 0, one.number) if numbered else (one.at, one.number))
        last = max(events, key=lambda one: (one.recorded or one.at, one.number) if dated else one.number)
        older = last.sequence != newest.sequence if numbered else last.at < newest.at
        state, path = _present(ctx, subject)
        if older and state == last.state != newest.state:
            reason = f"{subject} is {state} by an event that is older than the one that said {newest.state}"
            yield Problem(f"history[{last.number}].state", reason, (f"history[{newest.number}].state", path))


def _told(ctx: Context, number: int, entry: HistoryEntry) -> _Told:
    recorded = next((moment for name in _KNOWN if (moment := _moment(ctx, entry.extras.get(name))) is not None), None)
    return _Told(number, entry.state.strip(), ctx.instant(entry.at), recorded, sequence(entry.extras))


def _moment(ctx: Context, value: Any) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        return ctx.instant(datetime.fromisoformat(value))
    except ValueError:
        return None


def _present(ctx: Context, subject: str) -> tuple[str | None, str]:
    if subject == _ORDER:
        return (ctx.order.state if ctx.order is not None else None), "product_order.state"
    line = ctx.by_id.get(subject.removeprefix("item:"))
    return (None, "") if line is None else (line.item.state, f"{line.path}.state")


def _replaced(ctx: Context, new: Statement, old: Statement) -> Iterator[Problem]:
    """Whether a fact replaces one that is newer, and says something else without a reason."""
    if new.fact.key != old.fact.key or new.fact.value == old.fact.value or (new.fact.reason or "").strip():
        return
    mine, theirs = sequence(new.fact.value), sequence(old.fact.value)
    if mine is not None and theirs is not None:
        late = mine < theirs
    else:
        late = ctx.instant(old.fact.observed_at) - ctx.instant(new.fact.observed_at) > ctx.grace_for(None)
    if late:
        yield Problem(new.path, f"{new.fact.key} replaces a newer statement and gives no reason", (old.path,))
