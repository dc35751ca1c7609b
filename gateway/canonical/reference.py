"""Reference data that rules may look at: the landscape's catalogue and what the systems said of parties and places."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pydantic import Field

from gateway.canonical.base import Extended, Model
from gateway.canonical.money import Money

__all__ = [
    "AccountRecord",
    "CharacteristicSpec",
    "Offering",
    "OfferingPrice",
    "PartyRecord",
    "PlaceRecord",
    "Policy",
    "ProductRecord",
    "Reference",
    "ServiceTemplate",
]


class PartyRecord(Extended):
    """A party that some system knows."""

    id: str
    role: str | None = None
    pays_for: tuple[str, ...] = ()


class AccountRecord(Extended):
    """A billing account: whose it is and whether it can be charged."""

    id: str
    customer: str | None = None
    status: str | None = None
    pays_for: tuple[str, ...] = ()


class ProductRecord(Extended):
    """A product of the inventory as it was before the order."""

    id: str
    customer: str | None = None
    status: str | None = None
    offering: str | None = None
    place: str | None = None
    characteristics: dict[str, Any] = Field(default_factory=dict)


class PlaceRecord(Extended):
    """A place and the one location it resolves to; `candidates` when it does not resolve to one."""

    id: str
    location: str | None = None
    candidates: tuple[str, ...] = ()


class OfferingPrice(Extended):
    """The catalogue's price. `tax_rate` is a percentage."""

    type: str
    period: str | None = None
    net: Money | None = None
    tax_rate: Decimal | None = None


class CharacteristicSpec(Extended):
    """A characteristic that an offering has: its unit, its value set, whether it must be stated."""

    name: str
    unit: str | None = None
    values: tuple[Any, ...] = ()
    mandatory: bool = False


class ServiceTemplate(Model):
    """One service that an offering is made of: characteristics to copy, with the unit to say them in."""

    specification: str
    name: str
    copies: dict[str, str | None] = Field(default_factory=dict)  # characteristic → unit of the service, None as it is
    sets: dict[str, Any] = Field(default_factory=dict)  # characteristic → fixed value
    enabling: bool = False


class Offering(Extended):
    """What can be sold. `decomposition` is `gateway` or `external`: who makes its service orders."""

    id: str
    name: str | None = None
    sellable_start: date | datetime | None = None
    sellable_end: date | datetime | None = None
    site_bound: bool = False
    needs_visit: bool = False
    needs_permit: bool = False
    needs_credit_check: bool = False
    needs_acceptance: bool = False
    separately_billable: bool = True
    no_service: bool = False
    price: OfferingPrice | None = None
    characteristics: tuple[CharacteristicSpec, ...] = ()
    components: tuple[str, ...] = ()
    services: tuple[ServiceTemplate, ...] = ()
    resources: tuple[str, ...] = ()  # kinds to reserve: port, number, iccid, ipv4
    devices: tuple[str, ...] = ()  # kinds to bind: ont, stb
    decomposition: str = "gateway"


class Reference(Model):
    """What is known besides the order. None is *unknown*; empty is *known to be none*."""

    parties: tuple[PartyRecord, ...] | None = None
    accounts: tuple[AccountRecord, ...] | None = None
    offerings: tuple[Offering, ...] | None = None
    products: tuple[ProductRecord, ...] | None = None
    places: tuple[PlaceRecord, ...] | None = None
    vocabularies: dict[str, str] | None = None  # vocabulary → the version that is in force

    def offering(self, offering_id: str | None) -> Offering | None:
        """Return the offering of that id, or None."""
        return next((o for o in self.offerings or () if o.id == offering_id), None)

    def account(self, account_id: str | None) -> AccountRecord | None:
        """Return the account of that id, or None."""
        return next((a for a in self.accounts or () if a.id == account_id), None)

    def party(self, party_id: str | None) -> PartyRecord | None:
        """Return the party of that id, or None."""
        return next((p for p in self.parties or () if p.id == party_id), None)

    def product(self, product_id: str | None) -> ProductRecord | None:
        """Return the product of that id, or None."""
        return next((p for p in self.products or () if p.id == product_id), None)

    def place(self, place_id: str | None) -> PlaceRecord | None:
        """Return the place of that id, or None."""
        return next((p for p in self.places or () if p.id == place_id), None)

    def merged(self, other: "Reference") -> "Reference":
        """Return both together; what `other` says of the same id stands instead."""
        parts: dict[str, Any] = {"vocabularies": self.vocabularies}
        if other.vocabularies is not None:
            parts["vocabularies"] = (self.vocabularies or {}) | other.vocabularies
        for name in type(self).model_fields.keys() - parts.keys():
            mine, theirs = getattr(self, name), getattr(other, name)
            known = {record.id: record for record in (*(mine or ()), *(theirs or ()))}
            parts[name] = None if mine is None and theirs is None else tuple(known.values())
        return Reference(**parts)


class Policy(Model):
    """The parameters an operator sets; the defaults are those of the trace document."""

    proration: str = "actual"  # actual | 30-day | none
    rate_tolerance_percent: Decimal = Decimal(10)
    backdate_days: int = 30
    bill_lag_days: int = 7
    grace_minutes: int = 60
    roll_up: str = "partial"
    move_gap_days: int = 2  # from the end at the old to the start at the new place, both days as dates
    number_quarantine_days: int = 0  # 0: a number that was released is free at once
    magnitude_factor: int = 50  # an amount that is so many times its own history is a slip
    accepted_relations: tuple[str, ...] = ("equivalent",)  # of a source code to the code that it became
