"""What a new resource is known by when it comes again: its sender's key, and the numbers that others gave it.

A number is one sale's only where it is said who gave it: the client that sent it and the owner that it names, else the
party that asks. Without a scheme it is moreover one customer's, since two customers may count alike.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any

import orjson

from gateway.canonical.common import ExternalId, Party
from gateway.canonical.lifecycle import ResourceKind
from gateway.canonical.states import OrderState
from gateway.ports.claims import Claim, Sending
from gateway.ports.repository import Resource

__all__ = ["KEY", "NUMBER", "claims_of", "content_of", "external_claims", "is_given_up"]

KEY, NUMBER = "Idempotency-Key", "externalId"

_ASKING = ("requester", "seller", "dealer", "partner", "customer")
"""Roles of the party that asks, the likeliest first."""

_GIVEN: dict[str, Any] = {
    "id": "",
    "state": None,
    "order_date": None,
    "creation_date": None,
    "last_update": None,
    "product_order_id": None,
    "revision": 0,
}
"""Members that the gateway sets when it takes something in, and what stands there before."""


def claims_of(
    tenant: str, kind: ResourceKind, resource: Resource, sending: Sending, expires: datetime
) -> tuple[Claim, ...]:
    """Return the claims of a resource that starts a lifecycle of its own; that of the sender's key comes first."""
    numbers = external_claims(tenant, kind, resource, sending)
    if sending.key is None:
        return numbers
    parts = (KEY, sending.client, sending.key)
    return _claim(tenant, kind, resource, KEY, sending.key, parts, expires), *numbers


def external_claims(tenant: str, kind: ResourceKind, resource: Resource, sending: Sending) -> tuple[Claim, ...]:
    """Return the claims of the numbers that a resource carries. They do not expire."""
    found: Sequence[ExternalId] = getattr(resource, "external_ids", ())
    claims: dict[str, Claim] = {}
    for one in found:
        parts = _identity(one, resource, sending)
        if parts is not None:
            claim = _claim(tenant, kind, resource, NUMBER, one.value, (NUMBER, kind.value, *parts), None)
            claims[claim.key] = claim
    return tuple(claims.values())


def content_of(resource: Resource) -> Any:
    """Return a resource as its sender wrote it: without what the gateway sets when it takes it in."""
    given = {name: value for name, value in _GIVEN.items() if name in type(resource).model_fields}
    items = getattr(resource, "items", None)
    if items is not None:
        given["items"] = tuple(_unset(items))
    return resource.model_copy(update=given)


def is_given_up(present: Any) -> bool:
    """Whether a resource, as it stands now, lets its number stand for another one: a sale sent again, corrected."""
    return present is None or getattr(present, "state", None) in {OrderState.REJECTED, OrderState.CANCELLED}


def _identity(one: ExternalId, resource: Any, sending: Sending) -> tuple[str, ...] | None:
    """Return what a number is unique with, None where nobody is known to have given it."""
    asking = next((found.id for role in _ASKING if (found := _party(resource, role)) is not None), "")
    customer = _party(resource, "customer")
    issuer = one.issuer or ("" if sending.client else asking)
    if not issuer and not sending.client:
        return None
    scheme = one.scheme or ""
    return sending.client, issuer, scheme, "" if scheme or customer is None else customer.id, one.value


def _party(resource: Any, role: str) -> Party | None:
    return next((party for party in resource.parties if (party.role or "").lower() == role), None)


def _claim(  # noqa: PLR0913, PLR0917 - the parts of a claim
    tenant: str,
    kind: ResourceKind,
    resource: Resource,
    name: str,
    value: str,
    parts: tuple[str, ...],
    expires: datetime | None,
) -> Claim:
    key = blake2b(orjson.dumps(parts), digest_size=16).hexdigest()
    return Claim(tenant, key, name, value, kind, resource.id, resource.id, expires)


def _unset(items: Sequence[Any]) -> Iterator[Any]:
    for item in items:
        yield item.model_copy(update={"state": None, "items": tuple(_unset(item.items))})
