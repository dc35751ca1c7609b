"""The lease under which a piece of work is done, as whoever is about to change something outside has to know it.

A process that freezes, or that cannot reach the database any more, learns too late that another has taken its work.
What it stores is refused by the database. What it sends to a legacy system nobody refuses, so it asks here just before:
not whether the lease is still its own, which takes time, but whether it has ended by the process's own steady clock.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from gateway.ports.errors import LeaseLost

__all__ = ["Lease", "check_may_send", "steady_seconds", "under"]

# Of the clocks that nobody sets, the one that goes on while the machine sleeps, where there is one.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


@dataclass(slots=True)
class Lease:
    """A lease on `name`. `ends` is counted from before it was asked for, so it never ends later than the database's."""

    name: str
    ends: float  # by `steady_seconds`; moved on by each renewal
    has_sent: bool = False  # whether anything that changes something may have been sent under it


_LEASE: ContextVar[Lease | None] = ContextVar("lease", default=None)


def steady_seconds() -> float:
    """Return seconds of a clock that no change of the time of day moves."""
    return time.clock_gettime(_CLOCK)


@contextmanager
def under(lease: Lease) -> Iterator[None]:
    """Let all that is sent in this context, and in tasks begun in it, be sent under a lease."""
    before = _LEASE.set(lease)
    try:
        yield
    finally:
        _LEASE.reset(before)


def check_may_send() -> None:
    """Raise LeaseLost where the lease of this context has ended; without a lease anything may be sent.

    An adapter asks right before each request that changes something. `adapters.sdk.http` does it by itself.
    """
    lease = _LEASE.get()
    if lease is None:
        return
    if steady_seconds() >= lease.ends:
        raise LeaseLost(lease.name)
    lease.has_sent = True
