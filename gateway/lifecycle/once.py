"""What is sent twice is taken once: the first answer again for the same content, a conflict for another."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

from gateway.canonical.difference import differences
from gateway.canonical.lifecycle import ResourceKind
from gateway.lifecycle.claims import KEY, claims_of, content_of, is_given_up
from gateway.ports.claims import Claim, Claimed, Sending
from gateway.ports.clock import Clock
from gateway.ports.errors import ClaimTaken, GatewayError, OtherContent, StoreUnavailable, TakenBefore
from gateway.ports.repository import Repository, Resource

__all__ = ["Once"]

T = TypeVar("T")

_TRIES = 4
_MOST_SHOWN = 60
_AT_ONCE, _MOST_AT_A_TIME = 500, 500_000


class Once:
    """Knows what was sent before. Most things are new, so it looks only where taking one in fails.

    The transaction that stores a resource stores its claims, so that of two who send the same at one time one is first
    and the other finds out. What is refused leaves no claim: corrected, it may be sent again under the same key.
    """

    def __init__(self, repository: Repository, clock: Clock, tenant: str = "", key_days: float = 7.0) -> None:
        self._repository, self._clock, self._tenant = repository, clock, tenant
        self._lifetime = timedelta(days=key_days)

    def claims(self, kind: ResourceKind, resource: Resource, sending: Sending) -> tuple[Claim, ...]:
        """Return the claims of a resource under the id that it will have."""
        return claims_of(self._tenant, kind, resource, sending, self._clock.now() + self._lifetime)

    async def take(
        self, wanted: Resource, claims: tuple[Claim, ...], take: Callable[[tuple[Claim, ...]], Awaitable[T]]
    ) -> T:
        """Take something in with its claims. Raises TakenBefore, OtherContent, and what `take` raises."""
        for _ in range(_TRIES):
            try:
                return await take(claims)
            except StoreUnavailable:
                raise
            except GatewayError as error:
                is_taken = isinstance(error, ClaimTaken)
                try:
                    free = await self._free(wanted, claims) if claims else ()
                except StoreUnavailable:
                    if is_taken:
                        raise
                    raise error from None  # what the sender has to correct is true all the same
                if not is_taken:
                    raise
                claims = free
        raise ClaimTaken(claims[0].name)

    async def forget(self) -> None:
        """Remove the keys that have expired: enough at a time to keep up, never so many that others wait."""
        for _ in range(_MOST_AT_A_TIME // _AT_ONCE):
            if await self._repository.forget_claims(self._clock.now(), _AT_ONCE) < _AT_ONCE:
                return

    async def is_known(self, claims: tuple[Claim, ...]) -> bool:
        """Whether any of the claims stands for something."""
        return bool(claims) and bool(await self._found(claims))

    async def _free(self, wanted: Resource, claims: tuple[Claim, ...]) -> tuple[Claim, ...]:
        """Return the claims, each with the resource that has given it up. Raises TakenBefore, OtherContent."""
        found = await self._found(claims)
        free = []
        for claim in claims:
            known = found.get(claim.key)
            former = "" if known is None else await self._given_up(wanted, claim, known)
            free.append(replace(claim, instead_of=former))
        return tuple(free)

    async def _given_up(self, wanted: Resource, claim: Claim, known: Claimed) -> str:
        """Return the id of what a claim stood for, where that has given it up. Raises TakenBefore, OtherContent."""
        present = None if claim.name == KEY else await self._repository.get(known.kind, known.resource_id)
        if claim.name != KEY and present is None:
            return known.resource_id
        name, what = _called(claim), f"{known.kind.value} {known.resource_id}"
        if known.kind is not claim.kind or known.first is None:
            raise OtherContent(name, what, None, wanted)
        first, mine = content_of(known.first), content_of(wanted)
        if next(differences(first, mine), None) is None:
            raise TakenBefore(name, known.first)
        if claim.name != KEY and is_given_up(present):
            return known.resource_id
        raise OtherContent(name, what, first, mine)

    async def _found(self, claims: tuple[Claim, ...]) -> dict[str, Claimed]:
        keys = [claim.key for claim in claims]
        return {one.key: one for one in await self._repository.claimed(self._tenant, keys, self._clock.now())}


def _called(claim: Claim) -> str:
    """Return a claim as an answer names it. A sender's key is nobody else's to read."""
    return claim.name if claim.name == KEY else f"{claim.name} {claim.value[:_MOST_SHOWN]}"
