"""TIM-003: events whose times go backwards."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from gateway.canonical.judgement import Severity
from gateway.canonical.lifecycle import HistoryEntry
from gateway.rules.events import is_late
from gateway.rules.rule import Problem, rule

if TYPE_CHECKING:
    from gateway.rules.context import Context


@rule("TIM-003", gate=None, severity=Severity.HOLD, reads=("history",), since="0.1", level=8)
def time_runs_backwards(ctx: "Context") -> Iterator[Problem]:
    """An event is earlier than the one before it.

    What it checks: the times of the events of the order, and of each item, do not go backwards.
    Why it matters: durations and deadlines that are counted from them are wrong.
    Passes: 09:00, then 09:05.
    Fails: 09:05, then 09:00.
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
