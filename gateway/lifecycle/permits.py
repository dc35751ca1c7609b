"""What a patch may do, as tables: which members in which state, and who may ask for which state."""

from collections.abc import Mapping
from enum import StrEnum

from gateway.canonical.machines import ORDER
from gateway.canonical.states import OrderState

__all__ = ["ASPECT_OF", "DRIVER_OF", "MAY_CHANGE", "Aspect", "Driver", "Effect"]


class Aspect(StrEnum):
    """Members that may be changed alike."""

    WORDS = "words"  # how it is described
    WISHES = "wishes"  # when it is wanted, and how the client calls it
    PARTIES = "parties"  # who orders and who pays
    CONTENT = "content"  # what is ordered
    OWN = "own"  # what the gateway alone says


class Effect(StrEnum):
    """What comes of a change."""

    TAKEN = "taken"
    ANEW = "anew"  # taken, and the order is qualified anew
    REFUSED = "refused"


class Driver(StrEnum):
    """Who takes an order from one state to another."""

    CLIENT = "client"
    CANCELLATION = "cancellation"  # a cancel task
    FACTS = "facts"


_T, _A, _R = Effect.TAKEN, Effect.ANEW, Effect.REFUSED
_S = OrderState

ASPECT_OF: Mapping[str, Aspect] = {
    "category": Aspect.WORDS,
    "description": Aspect.WORDS,
    "priority": Aspect.WORDS,
    "notes": Aspect.WORDS,
    "extras": Aspect.WORDS,
    "expected_completion": Aspect.WORDS,
    "requested_start": Aspect.WISHES,
    "requested_completion": Aspect.WISHES,
    "external_ids": Aspect.WISHES,
    "parties": Aspect.PARTIES,
    "billing_account": Aspect.PARTIES,
    "items": Aspect.CONTENT,
    "relationships": Aspect.CONTENT,
    "external_references": Aspect.OWN,
    "completion_date": Aspect.OWN,
    "start_date": Aspect.OWN,
    "cancellation_date": Aspect.OWN,
    "cancellation_reason": Aspect.OWN,
    "requested_initial_state": Aspect.OWN,
    "milestones": Aspect.OWN,
    "jeopardies": Aspect.OWN,
    "errors": Aspect.OWN,
}
"""Each member of an order, but for those that no patch reaches (`id`, `revision`, …) and the state."""

_ALL = (Aspect.WORDS, Aspect.WISHES, Aspect.PARTIES, Aspect.CONTENT, Aspect.OWN)
_Row = Mapping[Aspect, tuple[Effect, Effect]]


def _row(before: tuple[Effect, ...], building: tuple[Effect, ...]) -> _Row:
    return dict(zip(_ALL, zip(before, building, strict=True), strict=True))


_WRITTEN = _row((_T, _T, _T, _T, _R), (_T, _T, _T, _T, _R))
_OPEN = _row((_T, _A, _A, _A, _R), (_T, _R, _R, _R, _R))
_LEAVING = _row((_T, _R, _R, _R, _R), (_T, _R, _R, _R, _R))
_OVER = _row((_R, _R, _R, _R, _R), (_R, _R, _R, _R, _R))

MAY_CHANGE: Mapping[OrderState, _Row] = {
    _S.DRAFT: _WRITTEN,
    _S.ACKNOWLEDGED: _OPEN,
    _S.ACCEPTED: _OPEN,
    _S.IN_PROGRESS: _OPEN,
    _S.PENDING: _OPEN,
    _S.HELD: _OPEN,
    _S.ASSESSING_CANCELLATION: _LEAVING,
    _S.PENDING_CANCELLATION: _LEAVING,
    _S.CANCELLED: _OVER,
    _S.COMPLETED: _OVER,
    _S.PARTIAL: _OVER,
    _S.FAILED: _OVER,
    _S.REJECTED: _OVER,
}
"""State → aspect → (effect while the order is qualified, effect once legacy systems build it).

What is being built may be described anew, not ordered anew: no system of the landscape takes an order in a second time.
"""

_LEAVES = frozenset({_S.ASSESSING_CANCELLATION, _S.PENDING_CANCELLATION, _S.CANCELLED})


def _driver(present: OrderState, wanted: OrderState) -> Driver:
    if present is _S.DRAFT:
        return Driver.CLIENT
    leaves = wanted in _LEAVES or present in _LEAVES
    return Driver.CANCELLATION if leaves else Driver.FACTS


DRIVER_OF: Mapping[tuple[OrderState, OrderState], Driver] = {
    (OrderState(present), wanted): _driver(OrderState(present), wanted)
    for present, following in ORDER.items()
    for wanted in following
}
"""(present state, next state) → who takes the order there, for every move that there is."""
