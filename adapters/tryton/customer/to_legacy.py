"""From a message to what Tryton is asked. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from adapters.sdk.messages import customer_reference, product_items
from gateway.ports.adapter import Message

__all__ = ["Question", "lead", "question"]


@dataclass(frozen=True, slots=True)
class Question:
    """What an order names, each once."""

    parties: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    offerings: tuple[str, ...] = ()


def question(message: Message) -> Question:
    """Return what to ask: every party, account, product, place and offering that the order names."""
    order = message.order
    if order is None:
        return Question()
    items = list(product_items(message))
    products = [item.product for item in items if item.product]
    parties = [*order.parties, *(party for product in products for party in product.parties)]
    accounts = [order.billing_account, *(item.billing_account for item in items)]
    return Question(
        parties=_distinct(party.id for party in parties),
        accounts=_distinct(account.id for account in accounts if account),
        products=_distinct(product.id for product in products),
        places=_distinct(place.id for product in products for place in product.places),
        offerings=_distinct(item.offering.id for item in items if item.offering),
    )


def lead(message: Message, party: int | None) -> Mapping[str, Any]:
    """Return the lead to open for an order."""
    return {"reference": message.reference_key, "description": customer_reference(message), "party": party}


def _distinct(ids: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for one in ids if one))
