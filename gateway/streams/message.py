"""What goes in and out of a lane's handler, and what an operator sees."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

__all__ = ["Again", "Job", "LaneStatistics", "Moot", "Park", "ParkedStream", "Unbegun", "stream_id"]


def stream_id(lane: str, key: str) -> str:
    """Return the id of a stream: its lane, which has no `|`, and its key."""
    return f"{lane}|{key}"


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work under a lease. `id` is the same on every attempt; `payload` is as it was enqueued."""

    lane: str
    key: str
    seq: int  # rises by one with each work of a busy stream
    id: str
    payload: bytes
    attempt: int  # 1 for the first; a claim whose process died counts
    first_try: datetime
    rounds: int = 0  # how often the handler has answered Again
    token: str = ""  # of the lease
    in_doubt: bool = False  # an earlier attempt may have done something, and nobody knows
    tried_seconds: float = 0.0  # since the first attempt, by the database's clock when it was claimed

    @property
    def stream(self) -> str:
        """The id of its stream."""
        return stream_id(self.lane, self.key)


@dataclass(frozen=True, slots=True)
class Again:
    """A handler's answer: all is well, call me again in so many seconds. Counts as no attempt."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Moot:
    """A handler's answer: nobody wanted this any more, and the legacy system was not asked. The job is done."""


class Unbegun(Exception):
    """Raised by a handler that could not even begin: nothing was sent, so the attempt leaves no doubt."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Park(Exception):
    """Raised by a handler: trying again is of no use, an operator has to look. `reason` is shown to them."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class ParkedStream:
    """A stream that waits for an operator: its head failed for good, `waiting` works stand in all."""

    lane: str
    key: str
    seq: int
    id: str
    payload: bytes
    reason: str
    attempts: int
    since: datetime
    waiting: int


@dataclass(frozen=True, slots=True)
class LaneStatistics:
    """One lane at one moment. `oldest_due_seconds` is how late the latest stream is, 0.0 where none is late."""

    lane: str
    works: int = 0
    streams: int = 0
    running: int = 0  # under a lease that has not ended
    parked: int = 0
    retrying: int = 0  # failed at least once
    oldest_due_seconds: float = 0.0
    due: int = 0  # streams that could be claimed now
    attempts: Mapping[int, int] = field(default_factory=dict)  # how many streams' heads were tried so often
