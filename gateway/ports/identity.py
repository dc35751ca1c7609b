"""What the lifecycle and the faces ask of the store of identities."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.canonical.identity import Identity, LegacyKey

__all__ = ["IdentityQuery", "IdentityStore"]


@dataclass(frozen=True, slots=True)
class IdentityQuery:
    """A page of identities; what is None is not asked for. Texts are compared as they are."""

    system: str | None = None
    scheme: str | None = None
    legacy_id: str | None = None
    our_id: str | None = None
    order_id: str | None = None
    kind: str | None = None
    at: datetime | None = None
    offset: int = 0
    limit: int = 100


class IdentityStore(Protocol):
    """The map of identities. Every method may raise StoreUnavailable."""

    async def find_identities(self, query: IdentityQuery) -> tuple[Sequence[Identity], int]:
        """Return a page of identities, oldest first, and how many match in all."""

    async def identities_named(self, keys: Sequence[LegacyKey], ours: Sequence[str] = ()) -> tuple[Identity, ...]:
        """Return everything that was ever said of some legacy objects, and of some of ours."""
