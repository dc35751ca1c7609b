"""What becomes of drifts when something was looked at again: new, seen again, closed. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from gateway.canonical.drift import Drift
from gateway.canonical.ids import new_id

__all__ = ["Sightings", "settle"]


class Sightings(NamedTuple):
    """Drifts to store, and how many of them are new and how many are over."""

    drifts: tuple[Drift, ...]
    opened: int
    closed: int


def settle(present: Sequence[Drift], found: Iterable[Drift], looked_at: Iterable[str], now: datetime) -> Sightings:
    """Return what to store: `present` are the open ones, `looked_at` the aspects that could be read this time.

    What was not read stays open: nobody knows better.
    """
    by_key = {one.key: one for one in present}
    stored: list[Drift] = []
    opened = 0
    aspects = set(looked_at)
    for one in found:
        known = by_key.pop(one.key, None)
        opened += known is None
        update = {"id": new_id()} if known is None else {"id": known.id, "opened_at": known.opened_at}
        stored.append(one.model_copy(update={**update, "seen_at": now}))
    over = [one.model_copy(update={"closed_at": now}) for one in by_key.values() if one.aspect in aspects]
    return Sightings((*stored, *over), opened, len(over))
