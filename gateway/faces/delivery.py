"""How patiently listeners are served. All of it is the operator's to set."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gateway.canonical.listening import ListenerState, ListenerStatus
from gateway.faces.callbacks import Callbacks
from gateway.faces.poster import Answered
from gateway.streams.backoff import Backoff

__all__ = ["DeliverySettings", "after_failure", "after_success"]

_LONGEST_WISH_SECONDS = 24 * 3600.0
"""How long a listener may ask to be left alone."""


@dataclass(frozen=True, slots=True)
class DeliverySettings:
    """How notifications are sent; the defaults are fit for production.

    `public_url` stands before addresses in notifications. A listener gets `answer_seconds` for its answer, of which
    `answer_bytes` are read, and `at_once` notifications at the same time, of different orders. One that takes longer
    than `slow_seconds`, that has no room for `patience_seconds`, or that fails is served from the history instead,
    `batch` events at a time, in a lane of its own. Between failures it is left alone ever longer (`backoff`); after
    `give_up_seconds` it is parked, and then probed every `probe_seconds` (0: never).
    """

    public_url: str = ""
    answer_seconds: float = 10.0
    answer_bytes: int = 64 * 1024
    at_once: int = 8
    patience_seconds: float = 0.25
    slow_seconds: float = 2.0
    batch: int = 50
    batch_seconds: float = 5.0
    backoff: Backoff = field(default_factory=lambda: Backoff(first_seconds=1.0, cap_seconds=3600.0))
    give_up_seconds: float = 72 * 3600.0
    probe_seconds: float = 3600.0
    callbacks: Callbacks = field(default_factory=Callbacks)


def after_success(state: ListenerState) -> ListenerState:
    """Return the state of a listener that took what it was sent and is still served from the history."""
    return state.well(ListenerStatus.BEHIND)


def after_failure(
    state: ListenerState,
    answered: Answered,
    now: datetime,
    settings: DeliverySettings,
    *,
    went_on: bool = False,
) -> ListenerState:
    """Return the state of a listener that did not take what it was sent; `went_on`: it took something just before.

    It is tried again with pauses that double, at random below their length, and is parked once it has failed for too
    long. One that answers 410 is parked at once and left alone: it says itself that it is no more.
    """
    is_fresh = went_on or not state.attempts
    attempts = 1 if is_fresh else state.attempts + 1
    since = now if is_fresh or state.failing_since is None else state.failing_since
    update = {"attempts": attempts, "failing_since": since, "last_error": answered.said, "last_error_at": now}
    parked_at = None if went_on else state.parked_at
    if answered.is_gone:
        update |= {"status": ListenerStatus.PARKED, "is_gone": True, "parked_at": parked_at or now, "retry_at": None}
    elif parked_at or (now - since).total_seconds() >= settings.give_up_seconds:
        probe = now + timedelta(seconds=settings.probe_seconds) if settings.probe_seconds else None
        update |= {"status": ListenerStatus.PARKED, "parked_at": parked_at or now, "retry_at": probe}
    else:
        wished = min(answered.retry_after_seconds or 0.0, _LONGEST_WISH_SECONDS)
        pause = max(settings.backoff.pause(attempts), wished)
        update |= {"status": ListenerStatus.FAILING, "parked_at": None, "retry_at": now + timedelta(seconds=pause)}
    return state.model_copy(update=update)
