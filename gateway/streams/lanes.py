"""A lane: who does its work, how many at once, and how patiently."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from gateway.streams.backoff import Backoff
from gateway.streams.message import Again, Job, Moot
from gateway.streams.systems import System

__all__ = ["GaveUp", "Handler", "Lane"]

Handler = Callable[[Job], Awaitable[Again | Moot | None]]
"""Does one job. None: done. Raises TryLater, OutcomeUnknown or anything else to be called again later, Park to stop.

It is called at least once for each work: it must look for what it did before doing it again.
"""

GaveUp = Callable[[Job, str], Awaitable[None]]
"""Told the job and the reason just before its stream is parked; perhaps more than once."""


@dataclass(frozen=True, slots=True)
class Lane:
    """Work of one sort, such as all calls to one legacy system.

    A head that keeps failing is parked `give_up_seconds` after its first attempt, and `gave_up` is told. A process that
    dies loses its jobs to the others after `lease_seconds`; a job may last longer, since its lease is renewed.
    """

    name: str
    handler: Handler
    concurrency: int = 8
    backoff: Backoff = field(default_factory=Backoff)
    give_up_seconds: float = 24 * 3600.0
    lease_seconds: float = 30.0
    gave_up: GaveUp | None = None
    system: System | None = None  # the legacy system that this lane works with; None: its work needs none
    ask_after_seconds: float = 1.0
    """How long to wait after a lost answer: by then the system has done what was sent, or will never do it."""

    def __post_init__(self) -> None:
        if not self.name or "|" in self.name:
            raise ValueError(f"lane name {self.name!r} is empty or contains '|'")
        if self.concurrency < 1 or self.lease_seconds <= 0:
            raise ValueError(f"lane {self.name}: concurrency and lease_seconds must be positive")
