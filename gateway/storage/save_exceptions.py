"""The part of a change that is exceptions, as rows for the same transaction."""

from collections.abc import Iterator
from typing import Any

from gateway.canonical.exceptions import Case
from gateway.canonical.ids import new_id, shard_of
from gateway.ports.repository import Change
from gateway.storage import statements_exceptions as sql
from gateway.streams.sql import Statement, micros

__all__ = ["exception_rows"]


def exception_rows(change: Change) -> Iterator[tuple[Statement, dict[str, Any]]]:
    """Yield statements with their values: what ends first, since the same may begin anew."""
    for ended in change.closed:
        yield (
            sql.CLOSE_CASE,
            {
                "of_order": ended.order_id,
                "of_print": ended.fingerprint,
                "new_closed": micros(ended.at),
                "new_cause": ended.cause,
            },
        )
    for case in change.opened:
        yield from _opened(case)
    for mark in change.replayed:
        yield sql.MARK_ASKED, {"of_fix": mark.fix, "of_order": mark.order_id, "new_at": micros(mark.at)}


def _opened(case: Case) -> Iterator[tuple[Statement, dict[str, Any]]]:
    opened = micros(case.opened_at)
    shard = shard_of(case.order_id)
    earns = list(case.monthly.items())
    currency, monthly = earns[0] if earns else (None, None)
    yield (
        sql.ADD_GROUP,
        {
            "fingerprint": case.fingerprint,
            "first": opened,
            "gate": case.signature.gate.value,
            "fault_class": case.fault_class.value,
            "known_at": case.known_at.value,
            "signature": case.signature.model_dump_json(),
            "status": "open",
            "owner": None,
            "suspected_cause": None,
            "note": None,
            "fix": None,
            "reopened": 0,
        },
    )
    # Both find no row but for a group that was thought to be done with.
    yield sql.NOTE_RECURRENCE, {"new_id": new_id(), "of_print": case.fingerprint, "new_at": opened}
    yield sql.REOPEN, {"of_print": case.fingerprint}
    yield (
        sql.ADD_CASE,
        {
            "id": case.id,
            "shard": shard,
            "order_id": case.order_id,
            "fingerprint": case.fingerprint,
            "opened": opened,
            "closed": None if case.closed_at is None else micros(case.closed_at),
            "cause": case.cause,
            "origin": case.origin.value,
            "blocked_by": case.blocked_by.value,
            "currency": currency,
            "monthly": monthly,
            "doc": case.model_dump_json(exclude={"closed_at", "cause"}),
        },
    )
    for currency, monthly in earns[1:]:
        yield sql.ADD_STAKE, {"case_id": case.id, "currency": currency, "shard": shard, "monthly": monthly}
