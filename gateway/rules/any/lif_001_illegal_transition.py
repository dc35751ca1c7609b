"""LIF-001: a state that cannot follow the one before."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gateway.canonical.judgement import Severity
from gateway.canonical.states import OrderState
from gateway.rules.rule import Problem, rule

if TYPE_CHECKING:
    from gateway.rules.context import Context

_S = OrderState
_CANCELLABLE = frozenset({_S.ASSESSING_CANCELLATION, _S.PENDING_CANCELLATION})
_FOLLOWS: dict[OrderState, frozenset[OrderState]] = {
    _S.DRAFT: frozenset({_S.ACKNOWLEDGED, _S.CANCELLED, _S.REJECTED}),
    _S.ACKNOWLEDGED: frozenset(
        {_S.ACCEPTED, _S.IN_PROGRESS, _S.REJECTED, _S.PENDING, _S.HELD, _S.ASSESSING_CANCELLATION, _S.CANCELLED}
    ),
    _S.ACCEPTED: frozenset({_S.IN_PROGRESS, _S.PENDING, _S.HELD, _S.ASSESSING_CANCELLATION, _S.FAILED}),
    _S.IN_PROGRESS: frozenset({_S.PENDING, _S.HELD, _S.COMPLETED, _S.PARTIAL, _S.FAILED}) | _CANCELLABLE,
    # What waits at intake may still be refused there.
    _S.PENDING: frozenset({_S.IN_PROGRESS, _S.HELD, _S.FAILED, _S.REJECTED}) | _CANCELLABLE,
    _S.HELD: frozenset({_S.IN_PROGRESS, _S.PENDING, _S.FAILED, _S.REJECTED}) | _CANCELLABLE,
    _S.ASSESSING_CANCELLATION: frozenset(
        {_S.PENDING_CANCELLATION, _S.ACKNOWLEDGED, _S.ACCEPTED, _S.IN_PROGRESS, _S.PENDING, _S.HELD}
    ),
    _S.PENDING_CANCELLATION: frozenset({_S.CANCELLED, _S.ASSESSING_CANCELLATION}),
}
"""State → what may follow; a state that is not here is final. Source: the state diagrams of TMF622 and TMF641."""

_STATES = {state.value: state for state in OrderState}


@rule("LIF-001", gate=None, severity=Severity.REJECT, reads=("history",), since="0.1", level=8)
def illegal_transition(ctx: "Context") -> Iterator[Problem]:
    """The history has a state that cannot follow the one before.

    What it checks: each state of the order and of its items may follow the one before by the state diagram, and is one
    that there is.
    Why it matters: orders that come back from the end are built and billed a second time.
    Passes: inProgress, held, inProgress, completed.
    Fails: completed, then inProgress.
    Harmless look-alike: a draft before the order was acknowledged; the same state told twice; back to where it was
    after a refused cancellation; items that are told to be cancelled only, with the order whose way there is told.
    How to fix: find out which of the two events is wrong, and place a new order for what comes after the end.
    """
    present: dict[str, tuple[str, OrderState]] = {}
    calls_off = any(
        entry.subject == "productOrder" and entry.state.strip() == _S.PENDING_CANCELLATION
        for entry in ctx.trace.history or ()
    )
    for number, entry in enumerate(ctx.trace.history or ()):
        path = f"history[{number}].state"
        state = _STATES.get(entry.state.strip())
        if state is None:
            yield Problem(path, f"{entry.subject}: {entry.state!r} is no state of an order")
            continue
        before = present.get(entry.subject)
        follows = _FOLLOWS.get(before[1], frozenset()) if before else frozenset()
        is_with_order = calls_off and state is _S.CANCELLED and bool(follows) and entry.subject != "productOrder"
        if before is not None and state is not before[1] and state not in follows and not is_with_order:
            words = f"{entry.subject}: {state} cannot follow {before[1]}"
            yield Problem(path, words, related=(before[0],), observed=str(state), expected=str(before[1]))
        present[entry.subject] = (path, state)
