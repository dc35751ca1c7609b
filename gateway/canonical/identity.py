"""Identities: which object of a legacy system is which of ours, since when, and who said so."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from gateway.canonical.base import Model
from gateway.canonical.fact import Source

__all__ = ["RESOURCE_KINDS", "Identity", "IdentityKind", "LegacyKey"]


class IdentityKind(StrEnum):
    """What the object is."""

    ORDER = "order"
    APPOINTMENT = "appointment"
    TICKET = "ticket"
    SERVICE = "service"
    CHARGE = "charge"
    BILL = "bill"
    DEVICE = "device"
    NUMBER = "number"
    PORT = "port"
    CARD = "card"
    ADDRESS = "address"


RESOURCE_KINDS = frozenset(
    {IdentityKind.DEVICE, IdentityKind.NUMBER, IdentityKind.PORT, IdentityKind.CARD, IdentityKind.ADDRESS}
)
"""Things that a product has: their id of ours is the product that has them."""


class LegacyKey(NamedTuple):
    """How a legacy system names a thing. The id is text: never parsed, its zeros and its case are kept."""

    system: str
    scheme: str
    issuer: str
    legacy_id: str


class Identity(Model):
    """One legacy object is this one of ours, from `valid_from` until `valid_to` (None: still).

    `our_id` is that of our charge, bill, service, ticket … ; for a device, number, port, card or address it is the id
    of the product that has it.
    """

    id: str
    system: str
    scheme: str
    issuer: str
    legacy_id: str
    kind: IdentityKind
    our_id: str
    order_id: str
    valid_from: datetime
    valid_to: datetime | None = None
    said_by: Source
    recorded_at: datetime

    @property
    def key(self) -> LegacyKey:
        """The legacy object that this is about."""
        return LegacyKey(self.system, self.scheme, self.issuer, self.legacy_id)

    def overlaps(self, other: "Identity") -> bool:
        """Whether both are said of one time."""
        begins_before = other.valid_to is None or self.valid_from < other.valid_to
        return begins_before and (self.valid_to is None or other.valid_from < self.valid_to)

    def is_same(self, other: "Identity") -> bool:
        """Whether both name one of ours."""
        return (self.kind, self.our_id) == (other.kind, other.our_id)
