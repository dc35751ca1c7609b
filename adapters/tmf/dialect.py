"""How each API of each version spells what the adapter says and reads. A table, and what a site says otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from adapters.tmf.settings import Face, TmfSettings, Version

__all__ = ["DIALECTS", "Dialect", "NameForm", "dialect_of"]


class NameForm(StrEnum):
    """How an order carries our name for it."""

    TEXT = "externalId"  # a text
    LIST = "externalId[].id"
    REFERENCE = "externalReference[].name"


_NAME_TYPE = "tmf-gateway"


@dataclass(frozen=True, slots=True)
class Dialect:
    """One API of one version."""

    prefix: str
    order: str  # serviceOrder
    items: str  # serviceOrderItem
    subject: str  # service
    characteristics: str
    milestones: str
    name_form: NameForm
    filter: str
    typed: bool  # whether every part says its @type, as v5 demands

    @property
    def cancel(self) -> str:
        """The task that cancels an order."""
        return f"cancel{self.type}"

    @property
    def type(self) -> str:
        """The name of the order's class: `ServiceOrder`."""
        return self.order[0].upper() + self.order[1:]

    def named(self, reference: str) -> dict[str, Any]:
        """Return the members that carry our name for an order."""
        match self.name_form:
            case NameForm.TEXT:
                return {"externalId": reference}
            case NameForm.LIST:
                said = {"id": reference, "externalIdentifierType": "order", "owner": _NAME_TYPE}
                return {"externalId": [self.part("ExternalIdentifier", said)]}
            case NameForm.REFERENCE:
                said = {"name": reference, "externalReferenceType": _NAME_TYPE}
                return {"externalReference": [self.part("ExternalReference", said)]}

    def names_of(self, order: Mapping[str, Any]) -> frozenset[str]:
        """Return all names that others have given an order."""
        if self.name_form is NameForm.TEXT:
            said = order.get("externalId")
            return frozenset({said} if isinstance(said, str) else ())
        member, _, name = self.name_form.partition("[].")
        rows = order.get(member)
        found = [row.get(name) for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
        return frozenset(one for one in found if isinstance(one, str))

    def part(self, type_: str, members: Mapping[str, Any]) -> dict[str, Any]:
        """Return a part of an order, which in v5 says what it is; members that are None are left out."""
        said = {name: value for name, value in members.items() if value is not None}
        return {"@type": type_, **said} if self.typed else said


_SERVICE_V4 = Dialect(
    prefix="/tmf-api/serviceOrdering/v4",
    order="serviceOrder",
    items="serviceOrderItem",
    subject="service",
    characteristics="serviceCharacteristic",
    milestones="milestone",
    name_form=NameForm.TEXT,
    filter="externalId",
    typed=False,
)
_PRODUCT_V4 = Dialect(
    prefix="/tmf-api/productOrderingManagement/v4",
    order="productOrder",
    items="productOrderItem",
    subject="product",
    characteristics="productCharacteristic",
    milestones="milestone",
    name_form=NameForm.TEXT,
    filter="externalId",
    typed=False,
)
DIALECTS: Mapping[tuple[Face, Version], Dialect] = {
    (Face.TMF641, Version.V4): _SERVICE_V4,
    (Face.TMF641, Version.V5): replace(
        _SERVICE_V4,
        prefix="/tmf-api/serviceOrdering/v5",
        name_form=NameForm.REFERENCE,
        filter="externalReference.name",
        typed=True,
    ),
    (Face.TMF622, Version.V4): _PRODUCT_V4,
    (Face.TMF622, Version.V5): replace(
        _PRODUCT_V4,
        prefix="/tmf-api/productOrderingManagement/v5",
        milestones="productOrderMilestone",
        name_form=NameForm.LIST,
        filter="externalId.id",
        typed=True,
    ),
}
"""The dialect that each document demands."""


def dialect_of(settings: TmfSettings) -> Dialect:
    """Return the dialect of an upstream: the document's, with what the settings say otherwise."""
    usual = DIALECTS[settings.face, settings.version]
    return replace(
        usual,
        prefix=(settings.prefix or usual.prefix).rstrip("/"),
        items=settings.item_key or usual.items,
        filter=settings.filter or usual.filter,
    )
