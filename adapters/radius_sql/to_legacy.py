"""From canonical to rows. Pure, but for a new password, which nobody else knows."""

import re
import secrets
from ipaddress import AddressValueError, IPv4Address

from adapters.radius_sql.faults import refused
from adapters.radius_sql.rows import ADDRESS, RATE_LIMIT, SERVICE_TYPE, Attribute, Change, Mark, Subscriber
from adapters.radius_sql.words import Words
from adapters.sdk.messages import offering_of, stated
from adapters.sdk.services import RATES, item_reference, product_of, rates_of, sold_item, verb_of
from gateway.canonical.order import ProductOrderItem
from gateway.canonical.quantity import Quantity
from gateway.canonical.service_order import ServiceOrderItem
from gateway.canonical.states import ServiceState
from gateway.ports.adapter import Message

__all__ = ["address_item", "change_for", "identity_name", "new_username", "undoing"]

# What FreeRADIUS's `safe_characters` lets through as it stands, without blank and slash.
_NAME = re.compile(r"[A-Za-z0-9@._:-]{1,253}")


def identity_name(item: ServiceOrderItem) -> str:
    """Return the name under which the gateway keeps an item's subscriber."""
    return f"service {item_reference(item)}"


def address_item(item: ProductOrderItem | ServiceOrderItem) -> str:
    """Return the item for which an address is reserved: the product item that a service item serves, else itself."""
    return (item.product_item_id if isinstance(item, ServiceOrderItem) else None) or item.id


def new_username(message: Message, item: ServiceOrderItem, realm: str | None) -> str:
    """Return the name of a new subscriber: its product's, else the order's and the item's. Raises Refused."""
    name = product_of(message, item) or f"{message.reference_key}.{item_reference(item)}"
    name = f"{name}@{realm}" if realm else name
    if _NAME.fullmatch(name) is None:
        raise refused("BadName")
    return name


def change_for(message: Message, item: ServiceOrderItem, username: str, words: Words) -> Change:
    """Return what is to be written for an item. Raises Refused, UnknownCode."""
    verb, sold = verb_of(message, item), sold_item(message, item)
    offering = offering_of(message, sold) if sold else None
    spec = item.service.specification.id if item.service and item.service.specification else None
    address = _address(message, item) if verb == "add" else None
    mark = Mark(
        reference=message.reference_key,
        item=item_reference(item),
        verb=verb,
        username=username,
        specification=spec,
        product=product_of(message, item),
        offering=offering.id if offering else None,
        address=address,
    )
    if verb == "suspend":
        return Change(mark, auth_type=words.states.inverse(ServiceState.INACTIVE))
    if verb not in {"add", "modify"}:
        return Change(mark)
    group, replies = _rates(item, words)
    if verb == "modify":
        return Change(mark, group=group, replies=replies)
    replies += (Attribute(SERVICE_TYPE, ":=", words.types.inverse(spec or "")),)
    if address is not None:
        replies += (Attribute(ADDRESS, ":=", address),)
    return Change(mark, secrets.token_urlsafe(12), group, replies, address_item=address_item(item))


def undoing(message: Message, item: ServiceOrderItem, subscriber: Subscriber) -> Change:
    """Return what takes away again what an item added."""
    mark = Mark(
        reference=message.reference_key,
        item=f"cancel {item_reference(item)}",
        verb="delete",
        username=subscriber.username,
        product=product_of(message, item),
    )
    return Change(mark)


def _rates(item: ServiceOrderItem, words: Words) -> tuple[str | None, tuple[Attribute, ...]]:
    """Return the group that has the rates, else the subscriber's own row of them."""
    wanted = rates_of(item)
    if not wanted:
        raise refused("NoRate")
    both = _complete(wanted, words)
    group = words.groups.profile_for(both)
    if group is not None:
        return group, ()
    if set(both) != set(RATES):
        raise refused("HalfRate")
    return None, (Attribute(RATE_LIMIT, ":=", words.limit(both)),)


def _complete(rates: dict[str, Quantity], words: Words) -> dict[str, Quantity]:
    """Return the rates with the upstream that the only group of that downstream has, where none was ordered."""
    if set(rates) != {"downstreamRate"}:
        return rates
    profiles = map(words.groups.profile, words.groups.codes)
    same = [both for both in profiles if both["downstreamRate"].base == rates["downstreamRate"].base]
    return dict(same[0]) if len(same) == 1 else rates


def _address(message: Message, item: ServiceOrderItem) -> str | None:
    reserved = stated(message.facts, "resource.reserved", item.subject)
    said = reserved.value.get("ipv4") if reserved else None
    if not said:
        return None
    try:
        return str(IPv4Address(said[0] if isinstance(said, list | tuple) else said))
    except AddressValueError:
        raise refused("NoAddress") from None
