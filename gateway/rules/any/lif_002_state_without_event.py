"""LIF-002: a present state that the history does not know."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gateway.canonical.judgement import Severity
from gateway.canonical.lifecycle import HistoryEntry
from gateway.canonical.states import OrderState
from gateway.rules.events import newest
from gateway.rules.rule import Problem, rule

if TYPE_CHECKING:
    from gateway.rules.context import Context

_ORDER = "productOrder"
_FIRST = frozenset({OrderState.ACKNOWLEDGED, OrderState.REJECTED, OrderState.DRAFT})


@rule("LIF-002", gate=None, severity=Severity.HOLD, reads=("product_order", "history"), since="0.1", level=8)
def state_without_event(ctx: "Context") -> Iterator[Problem]:
    """The present state is not the last one of the history.

    What it checks: the last event of the order, and of each item where any is told of, is its present state; the
        order's first one is a state in which orders begin.
    Why it matters: an event was lost, and what hangs on it never happens.
    Passes: the last event says completed, and so does the order.
    Fails: the order is completed, and its last event says inProgress.
    Harmless look-alike: no history at all, which is unknown; a history of the order only, or without the parts of a
        bundle; an event that came late and is older than the present state by its sequence.
    How to fix: ask the system whose event is missing to send it again.
    """
    order = ctx.order
    if order is None:
        return
    told: dict[str, list[tuple[int, HistoryEntry]]] = {}
    first: HistoryEntry | None = None
    for number, entry in enumerate(ctx.trace.history or ()):
        told.setdefault(entry.subject, []).append((number, entry))
        if first is None and entry.subject == _ORDER:
            first = entry
    last = {subject: newest(entries) for subject, entries in told.items()}
    if first is not None and first.state.strip() not in _FIRST:
        number = next(n for n, entry in enumerate(ctx.trace.history or ()) if entry is first)
        yield Problem(f"history[{number}].state", f"the history begins with {first.state}: what came before is missing")
    yield from _compare(last, _ORDER, order.state, "product_order.state")
    known = {_ORDER, *(line.subject for line in ctx.lines)}
    for subject in last.keys() - known:
        if subject.startswith("item:"):
            yield Problem(f"history[{last[subject][0]}].subject", f"{subject} is no item of the order")
    tells_items = any(subject.startswith("item:") for subject in last)
    for line in ctx.lines:
        if line.subject not in last and (not tells_items or line.parent is not None):
            continue
        yield from _compare(last, line.subject, line.item.state, f"{line.path}.state")


def _compare(
    last: dict[str, tuple[int, HistoryEntry]], subject: str, state: OrderState | None, path: str
) -> Iterator[Problem]:
    found = last.get(subject)
    if state is None:
        return
    if found is None:
        if state not in _FIRST:
            yield Problem(path, f"{subject} is {state}, but the history has no event of it")
    elif found[1].state.strip() != state:
        words = f"{subject} is {state}, but its last event says {found[1].state}"
        yield Problem(path, words, related=(f"history[{found[0]}].state",))
