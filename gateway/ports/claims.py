"""What makes a new resource known as one that was sent before: its sender's key, and the numbers it carries."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from gateway.canonical.lifecycle import ResourceKind

__all__ = ["NOBODY", "Claim", "ClaimStore", "Claimed", "Sending"]


@dataclass(frozen=True, slots=True)
class Sending:
    """How a new resource was sent: by which client, '' where clients are not told apart, and under which key."""

    client: str = ""
    key: str | None = None


NOBODY = Sending()
"""A sending of which nothing is known."""


@dataclass(frozen=True, slots=True)
class Claim:
    """That a key stands for one resource; stored with the resource, or neither is.

    `key` is a digest; `name` and `value` are what it was made of, as the sender calls it. `instead_of` is the resource
    that has given the key up. Without `expires` it stands for as long as the resource does.
    """

    tenant: str
    key: str
    name: str
    value: str = field(repr=False)
    kind: ResourceKind
    resource_id: str
    order_id: str
    expires: datetime | None = None
    instead_of: str = ""


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a key stands for: a resource as it was first stored, None where that is not known any more."""

    key: str
    kind: ResourceKind
    resource_id: str
    first: Any | None


class ClaimStore(Protocol):
    """Durable storage of claims. They are written by `Repository.save`, in the transaction of their resource."""

    async def claimed(self, tenant: str, keys: Sequence[str], now: datetime) -> tuple[Claimed, ...]:
        """Return what keys stand for now; those that stand for nothing are left out."""

    async def forget_claims(self, now: datetime, limit: int = 1000) -> int:
        """Remove keys that have expired, at most so many; return how many."""
