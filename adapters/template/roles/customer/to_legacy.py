"""From a message to what template is asked. Pure."""

from collections.abc import Iterable, Mapping

from adapters.sdk.messages import product_items
from gateway.ports.adapter import Message

__all__ = ["wanted"]


def wanted(message: Message) -> Mapping[str, list[str]]:
    """Return the ids to look up by kind: everything that the order names, each once."""
    order = message.order
    if order is None:
        return {}
    items = list(product_items(message))
    products = [item.product for item in items if item.product]
    parties = [*order.parties, *(party for product in products for party in product.parties)]
    accounts = [order.billing_account, *(item.billing_account for item in items)]
    return {
        "customer": _distinct(party.id for party in parties),
        "account": _distinct(account.id for account in accounts if account),
        "product": _distinct(product.id for product in products),
        "address": _distinct(place.id for product in products for place in product.places),
        "offer": _distinct(item.offering.id for item in items if item.offering),
    }


def _distinct(ids: Iterable[str | None]) -> list[str]:
    return list(dict.fromkeys(one for one in ids if one))
