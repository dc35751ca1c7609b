"""The lanes of work by name, and how an operator may set each of them."""

from collections.abc import Mapping

from pydantic import Field

from gateway.canonical.base import Model
from gateway.ports.adapter import Role

__all__ = ["LANES", "CircuitTerms", "LaneTerms"]

LANES: Mapping[str, str] = {
    **{role.value: f"messages to the system that plays {role.value}" for role in Role},
    "lifecycle": "judgements that need no legacy system",
    "replay": "members of exception groups on their way again",
    "hub": "notifications to listeners",
    "hub-recovery": "listeners that failed or fell behind, served from the history; and what is kept no longer",
    "heard": "notifications that others sent here",
    "poll": "asking systems what has changed, so that it is fetched at once",
    "agreement": "reading the systems back",
    "relay": "events on their way to a message broker",
}
"""What each lane carries."""


class CircuitTerms(Model):
    """How much failure of its system a lane endures, and how often it then looks whether it is back."""

    failures: int | None = Field(default=None, ge=1, le=1000)
    first_seconds: float | None = Field(default=None, gt=0, le=86_400)
    cap_seconds: float | None = Field(default=None, gt=0, le=86_400)
    probe_seconds: float | None = Field(default=None, gt=0, le=86_400)


class LaneTerms(Model):
    """What is set for one lane; None leaves it as the process's settings say."""

    concurrency: int | None = Field(default=None, ge=1, le=256)
    per_second: float | None = Field(default=None, gt=0, le=100_000)
    burst: int | None = Field(default=None, ge=1, le=100_000)
    backoff_first_seconds: float | None = Field(default=None, gt=0, le=86_400)
    backoff_cap_seconds: float | None = Field(default=None, gt=0, le=86_400)
    backoff_jitter: float | None = Field(default=None, ge=0, le=1)
    give_up_seconds: float | None = Field(default=None, gt=0)
    lease_seconds: float | None = Field(default=None, ge=0.5, le=3600)
    ask_after_seconds: float | None = Field(default=None, ge=0, le=86_400)
    circuit: CircuitTerms = CircuitTerms()
