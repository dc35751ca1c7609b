"""Where a site rule's findings point: `/productOrderItem/{i}/product` becomes the canonical path of that item."""

import re
from collections.abc import Mapping

__all__ = ["Where", "where_of"]

_ITEM: Mapping[str, str] = {
    "action": "action",
    "appointment": "appointment",
    "billingAccount": "billing_account",
    "itemPrice": "prices",
    "orderItemRelationship": "relationships",
    "product": "product",
    "product/place": "product.places",
    "product/productCharacteristic": "product.characteristics",
    "product/status": "product.status",
    "productOffering": "offering",
    "productOrderItemRelationship": "relationships",
    "quantity": "quantity",
    "state": "state",
}
_SERVICE: Mapping[str, str] = {
    "action": "action",
    "service": "service",
    "service/place": "service.places",
    "service/serviceCharacteristic": "service.characteristics",
    "service/serviceSpecification": "service.specification",
    "service/state": "service.state",
    "state": "state",
}
_ORDER: Mapping[str, str] = {
    "billingAccount": "billing_account",
    "category": "category",
    "completionDate": "completion_date",
    "description": "description",
    "expectedCompletionDate": "expected_completion",
    "externalId": "external_ids",
    "note": "notes",
    "priority": "priority",
    "relatedParty": "parties",
    "requestedCompletionDate": "requested_completion",
    "requestedStartDate": "requested_start",
    "state": "state",
}
_ROOM = {"item": ("productOrderItem", _ITEM), "service": ("serviceOrderItem", _SERVICE)}
_HEAD = re.compile(r"(productOrderItem|serviceOrderItem)/\{i\}(?:/(.*))?")

Where = tuple[str, str]
"""`item`, `service` or `order`, and the canonical rest of the path; empty for the thing itself."""


def where_of(path: str) -> Where:
    """Return what a path means. Raises ValueError for one that there is not."""
    bare = path.strip().removeprefix("/").removeprefix("productOrder/").removeprefix("serviceOrder/").rstrip("/")
    head = _HEAD.fullmatch(bare)
    if head is None:
        return "order", _member(bare, _ORDER, "")
    scope = next(name for name, (word, _) in _ROOM.items() if word == head[1])
    return scope, _member(head[2] or "", _ROOM[scope][1], f"{head[1]}/{{i}}/")


def _member(rest: str, members: Mapping[str, str], before: str) -> str:
    if not rest:
        return ""
    if rest not in members:
        raise ValueError(f"there is no /{before}{rest}; there are {', '.join(f'/{before}{one}' for one in members)}")
    return members[rest]
