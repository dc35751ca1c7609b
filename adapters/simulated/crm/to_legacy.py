"""From a message to the customer system's questions. Pure."""

from collections.abc import Iterable
from typing import Any

from adapters.sdk.messages import customer_reference, product_items
from gateway.ports.adapter import Message

__all__ = ["case", "question"]


def case(message: Message) -> dict[str, Any]:
    """Return the case to open for an order."""
    return {"REFERENZ": message.reference_key, "KD_REFERENZ": customer_reference(message) or "", "ART": "AUSKUNFT"}


def question(message: Message) -> dict[str, list[str]]:
    """Return what to ask: every party, account, product, place and offering that the order names, each once."""
    order = message.order
    if order is None:
        return {}
    items = list(product_items(message))
    products = [item.product for item in items if item.product]
    parties = [*order.parties, *(party for product in products for party in product.parties)]
    accounts = [order.billing_account, *(item.billing_account for item in items)]
    return {
        "KUNDEN": _distinct(party.id for party in parties),
        "KONTEN": _distinct(account.id for account in accounts if account),
        "PRODUKTE": _distinct(product.id for product in products),
        "ANSCHRIFTEN": _distinct(place.id for product in products for place in product.places),
        "ANGEBOTE": _distinct(item.offering.id for item in items if item.offering),
    }


def _distinct(ids: Iterable[str | None]) -> list[str]:
    return list(dict.fromkeys(one for one in ids if one))
