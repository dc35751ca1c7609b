"""Whose lease a transaction is under: what a handler stores is stored only while its lease is its own.

A process that froze for longer than its lease, and wakes up, would otherwise finish what another has begun anew.
The dispatcher says which job a handler works for; whoever stores something of an order asks inside its transaction.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from gateway.ports.errors import LeaseLost
from gateway.streams import queue
from gateway.streams.message import Job
from gateway.streams.sql import Connection

__all__ = ["check_lease", "job_in_hand", "working_for"]

_IN_HAND: ContextVar[Job | None] = ContextVar("job_in_hand", default=None)


@contextmanager
def working_for(job: Job) -> Iterator[None]:
    """Let all that is stored in this context, and in tasks begun in it, be under the job's lease."""
    before = _IN_HAND.set(job)
    try:
        yield
    finally:
        _IN_HAND.reset(before)


def job_in_hand() -> Job | None:
    """Return the job that this context works for, or None. Ask where the transaction is made, not in its thread."""
    return _IN_HAND.get()


def check_lease(conn: Connection, job: Job | None) -> None:
    """Raise LeaseLost where the job's lease is another's by now. Nobody can take it before the transaction ends."""
    if job is not None and not queue.is_held(conn, job):
        raise LeaseLost(job.stream)
