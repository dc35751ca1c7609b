"""Reading a landscape's catalogue: what can be sold, for how much, and of which services it is made."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from gateway.canonical.money import CURRENCY_EXPONENTS, Money
from gateway.canonical.quantity import UNITS
from gateway.canonical.reference import CharacteristicSpec, Offering, OfferingPrice, ServiceTemplate
from gateway.vocabulary.document import Document, read_document

__all__ = ["load_catalogue"]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=True)


class _Sellable(_File):
    start: date | None = None
    end: date | None = None


class _Money(_File):
    unit: str
    value: Decimal


class _Price(_File):
    type: Literal["recurring", "nonRecurring", "usage"]
    period: str | None = None
    net: _Money
    tax_rate: Decimal = Field(ge=0, lt=100)

    @model_validator(mode="after")
    def _period_fits(self) -> "_Price":
        if (self.period is not None) != (self.type == "recurring"):
            raise ValueError("a recurring price has a period, any other has none")
        return self


class _Characteristic(_File):
    name: str
    unit: str | None = None
    values: tuple[Any, ...] = ()
    mandatory: bool = False


class _Limits(_File):
    number_rel_offer_lower_limit: int = 0
    number_rel_offer_upper_limit: int = 1


class _Component(_File):
    id: str
    bundled_product_offering_option: _Limits = _Limits()


class _Service(_File):
    specification: str
    name: str
    copies: dict[str, str | None] = {}
    sets: dict[str, Any] = {}
    enabling: bool = False


class _Offering(_File):
    id: str
    name: str
    sellable: _Sellable = _Sellable()
    site_bound: bool = False
    needs_visit: bool = False
    needs_permit: bool = False
    needs_credit_check: bool = False
    needs_acceptance: bool = False
    separately_billable: bool = True
    no_service: bool = False
    price: _Price | None = None
    characteristics: tuple[_Characteristic, ...] = ()
    bundled_product_offering: tuple[_Component, ...] = ()
    services: tuple[_Service, ...] = ()
    resources: tuple[Literal["port", "number", "iccid", "ipv4"], ...] = ()
    devices: tuple[Literal["ont", "stb", "router"], ...] = ()
    decomposition: Literal["gateway", "external"] = "gateway"


class _Catalogue(_File):
    offerings: tuple[_Offering, ...]


def load_catalogue(path: Path) -> tuple[Offering, ...]:
    """Return the offerings of a catalogue file. Raises SetupError with file and line."""
    document = read_document(path)
    catalogue = document.read(_Catalogue)
    _check(document, catalogue)
    return tuple(_offering(offering) for offering in catalogue.offerings)


def _check(document: Document, catalogue: _Catalogue) -> None:
    known: set[str] = set()
    ids = {offering.id for offering in catalogue.offerings}
    for index, offering in enumerate(catalogue.offerings):
        here = ("offerings", index)
        if offering.id in known:
            raise document.wrong(f"offering {offering.id!r} stands twice", "give each its own id", *here, "id")
        known.add(offering.id)
        if offering.price and offering.price.net.unit not in CURRENCY_EXPONENTS:
            said = offering.price.net.unit
            raise document.wrong(
                f"currency {said!r} is not known", "use an ISO 4217 code", *here, "price", "net", "unit"
            )
        if not offering.no_service and not offering.services:
            fix = "give it services, or say noService: true"
            raise document.wrong(f"offering {offering.id!r} is made of nothing", fix, *here)
        _check_units(document, offering, index)
        for number, part in enumerate(offering.bundled_product_offering):
            if part.id not in ids:
                reason = f"offering {offering.id!r} bundles {part.id!r}, which is not in the catalogue"
                raise document.wrong(reason, "name an offering", *here, "bundledProductOffering", number)


def _check_units(document: Document, offering: _Offering, index: int) -> None:
    sold = {spec.name: spec.unit for spec in offering.characteristics}
    for number, spec in enumerate(offering.characteristics):
        if spec.unit is not None and spec.unit not in UNITS:
            where: tuple[str | int, ...] = ("offerings", index, "characteristics", number, "unit")
            raise document.wrong(f"unit {spec.unit!r} is not known", f"use one of {', '.join(UNITS)}", *where)
    for number, service in enumerate(offering.services):
        for name, unit in service.copies.items():
            where = ("offerings", index, "services", number, "copies", name)
            if name not in sold:
                raise document.wrong(f"{name!r} is no characteristic of {offering.id}", "copy one that it has", *where)
            if unit is None:
                continue
            if unit not in UNITS:
                raise document.wrong(f"unit {unit!r} is not known", f"use one of {', '.join(UNITS)}", *where)
            if UNITS[unit][0] != UNITS.get(sold[name] or "", ("", 0))[0]:
                raise document.wrong(f"{name} is sold in {sold[name]}, not in {unit}", "use a unit of its kind", *where)


def _offering(said: _Offering) -> Offering:
    bundled = [part.model_dump(mode="json", by_alias=True) for part in said.bundled_product_offering]
    return Offering(
        **said.model_dump(
            include={
                "id",
                "name",
                "site_bound",
                "needs_visit",
                "needs_permit",
                "needs_credit_check",
                "needs_acceptance",
                "separately_billable",
                "no_service",
                "resources",
                "devices",
                "decomposition",
            }
        ),
        sellable_start=said.sellable.start,
        sellable_end=said.sellable.end,
        price=_price(said.price) if said.price else None,
        characteristics=tuple(CharacteristicSpec(**spec.model_dump()) for spec in said.characteristics),
        components=tuple(part.id for part in said.bundled_product_offering),
        services=tuple(ServiceTemplate(**service.model_dump()) for service in said.services),
        extras={"bundledProductOffering": bundled} if bundled else {},
    )


def _price(said: _Price) -> OfferingPrice:
    net = Money(amount=said.net.value, currency=said.net.unit)
    return OfferingPrice(type=said.type, period=said.period, net=net, tax_rate=said.tax_rate)
