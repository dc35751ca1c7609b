"""Reading what a trace document says of the world besides the order."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from gateway.canonical.base import Model
from gateway.canonical.reference import (
    AccountRecord,
    CharacteristicSpec,
    Offering,
    OfferingPrice,
    PartyRecord,
    PlaceRecord,
    ProductRecord,
    Reference,
    ServiceTemplate,
)
from gateway.faces.lifecycle.parts import MoneyPart, Part, SaleLimit, finite, make, read_list, read_object, read_part

__all__ = ["read_reference"]


class _Party(Part):
    id: str
    role: str | None = None
    pays_for: str | tuple[str, ...] | None = None


class _Account(Part):
    id: str
    customer: str | None = None
    status: str | None = None
    pays_for: str | tuple[str, ...] | None = None


class _Product(Part):
    id: str
    customer: str | None = None
    status: str | None = None
    offering: str | None = None
    place: str | None = None
    characteristics: dict[str, Any] | tuple[dict[str, Any], ...] = Field(default_factory=dict)


class _Place(Part):
    id: str
    location: str | None = None
    candidates: tuple[str, ...] = ()


class _Sellable(Part):
    start: SaleLimit | None = None
    end: SaleLimit | None = None


class _Price(Part):
    type: str
    period: str | None = None
    net: MoneyPart | None = None
    tax_rate: Annotated[Any, BeforeValidator(finite)] = None


class _Characteristic(Part):
    name: str
    unit: str | None = None
    values: tuple[Any, ...] = ()
    mandatory: bool = False


class _Component(Part):
    id: str


class _Service(Part):
    specification: str
    name: str = ""
    copies: dict[str, str | None] = Field(default_factory=dict)
    sets: dict[str, Any] = Field(default_factory=dict)
    enabling: bool = False


class _Offering(Part):
    id: str
    name: str | None = None
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
    resources: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    decomposition: str = "gateway"


def read_reference(value: Any, path: str) -> Reference:
    """Return what is known besides the order; a part that is absent stays unknown. Raises TraceProblem."""
    said = read_object(value, path)
    parts = {name: read_list(said[name], f"{path}.{name}", read) for name, read in _RECORDS.items() if name in said}
    active = read_object(said.get("vocabularies") or {}, f"{path}.vocabularies")
    return Reference(**parts, vocabularies={name: str(one) for name, one in active.items()} or None)


def _party(value: Any, path: str) -> PartyRecord:
    said = read_part(_Party, value, path)
    return PartyRecord(id=said.id, role=said.role, pays_for=_several(said.pays_for), extras=said.rest)


def _account(value: Any, path: str) -> AccountRecord:
    said = read_part(_Account, value, path)
    return AccountRecord(
        id=said.id, customer=said.customer, status=said.status, pays_for=_several(said.pays_for), extras=said.rest
    )


def _product(value: Any, path: str) -> ProductRecord:
    said = read_part(_Product, value, path)
    stated = said.characteristics
    if not isinstance(stated, dict):
        stated = {str(one["name"]): one.get("value") for one in stated if "name" in one}
    return ProductRecord(
        id=said.id,
        customer=said.customer,
        status=said.status,
        offering=said.offering,
        place=said.place,
        characteristics=stated,
        extras=said.rest,
    )


def _place(value: Any, path: str) -> PlaceRecord:
    said = read_part(_Place, value, path)
    return PlaceRecord(id=said.id, location=said.location, candidates=said.candidates, extras=said.rest)


def _offering(value: Any, path: str) -> Offering:
    said = read_part(_Offering, value, path)
    own = {"sellable", "price", "characteristics", "bundled_product_offering", "services"}
    bundled = value.get("bundledProductOffering")
    price = said.price
    members = {
        **said.model_dump(exclude=set(said.rest) | own),
        "sellable_start": said.sellable.start,
        "sellable_end": said.sellable.end,
        "price": price
        and OfferingPrice(
            type=price.type,
            period=price.period,
            net=price.net.money if price.net else None,
            tax_rate=price.tax_rate,
            extras=price.rest,
        ),
        "characteristics": tuple(
            CharacteristicSpec(
                name=one.name, unit=one.unit, values=one.values, mandatory=one.mandatory, extras=one.rest
            )
            for one in said.characteristics
        ),
        "components": tuple(one.id for one in said.bundled_product_offering),
        "services": tuple(ServiceTemplate(**one.model_dump(exclude=set(one.rest))) for one in said.services),
        "extras": {**said.rest, **({"bundledProductOffering": bundled} if bundled else {})},
    }
    return make(Offering, members, path)


_RECORDS: Mapping[str, Callable[[Any, str], Model]] = {
    "parties": _party,
    "accounts": _account,
    "offerings": _offering,
    "products": _product,
    "places": _place,
}


def _several(value: str | tuple[str, ...] | None) -> tuple[str, ...]:
    return () if value is None else (value,) if isinstance(value, str) else value
