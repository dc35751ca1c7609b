"""From an order to what the simulated customer system is asked."""

from typing import Any

from adapters.sdk.messages import customer_reference, offering_of, place_of, product_items
from gateway.canonical.reference import Reference
from gateway.canonical.states import ItemAction
from gateway.ports.adapter import Message

__all__ = ["case_to_legacy", "first_question", "second_question"]


def case_to_legacy(message: Message) -> dict[str, Any]:
    """Return the case to open: our order id to find it again, and what the customer calls the order."""
    return {"REFERENZ": message.reference_key, "KD_REFERENZ": customer_reference(message), "ART": "BESTELLUNG"}


def first_question(message: Message) -> dict[str, Any]:
    """Ask who and on which account, and what is there already. Lists hold ids without repetition."""
    order = message.order
    parties = [party.id for party in order.parties] if order else []
    accounts = [order.billing_account.id] if order and order.billing_account else []
    products = []
    for item in product_items(message):
        if item.billing_account is not None:
            accounts.append(item.billing_account.id)
        if item.action is not ItemAction.ADD and item.product is not None and item.product.id is not None:
            products.append(item.product.id)
    return {"KUNDEN": _once(parties), "KONTEN": _once(accounts), "PRODUKTE": _once(products)}


def second_question(message: Message, known: Reference) -> dict[str, Any]:
    """Ask about places and prices, of existing products too, which `known` has from the first answer."""
    asked = message.model_copy(update={"reference": message.reference.merged(known)})
    places, offers = [], []
    for item in product_items(asked):
        place, offering = place_of(asked, item), offering_of(asked, item)
        if place is not None:
            places.append(place)
        wanted = item.offering.id if item.offering else offering.id if offering else None
        if wanted is not None and item.action is not ItemAction.DELETE:
            offers.append(wanted)
    return {"ANSCHRIFTEN": _once(places), "ANGEBOTE": _once(offers)}


def _once(ids: list[str]) -> list[str]:
    return list(dict.fromkeys(ids))
