"""Events of a history: their sequence where they say one, and which one is the newest."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from gateway.canonical.lifecycle import HistoryEntry
from gateway.rules.amounts import number_in

__all__ = ["is_late", "newest", "sequence"]

_SEQ = ("seq", "sequence", "sequenceNumber", "eventSeq", "seqNo", "sequenceNo")


def sequence(said: Mapping[str, Any]) -> Decimal | None:
    """Return the sequence number among the members of an event or a fact, or None."""
    return next((number_in(said[name]) for name in _SEQ if name in said), None) if said else None


def is_late(entry: HistoryEntry, before: HistoryEntry) -> bool:
    """Whether an event came after another one that is newer by its sequence: recorded, but nothing follows from it."""
    mine, theirs = sequence(entry.extras), sequence(before.extras)
    return mine is not None and theirs is not None and mine < theirs


def newest(entries: Sequence[tuple[int, HistoryEntry]]) -> tuple[int, HistoryEntry]:
    """Return the newest event of one subject: by sequence where all have one, else the last."""
    best = entries[0]
    for one in entries[1:]:
        if not is_late(one[1], best[1]):
            best = one
    return best
