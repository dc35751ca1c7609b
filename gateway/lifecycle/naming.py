"""Which legacy objects a report names, as entries of the map of identities. Pure on a draft."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from gateway.canonical.fact import Fact, Source
from gateway.canonical.identity import RESOURCE_KINDS, Identity, IdentityKind
from gateway.canonical.ids import new_id
from gateway.canonical.lifecycle import ResourceKind
from gateway.canonical.service_order import ServiceOrder, ServiceOrderItem
from gateway.lifecycle.draft import Draft
from gateway.lifecycle.identity import our_id
from gateway.ports.adapter import Report

__all__ = ["Claim", "Ending", "endings", "holder_of", "named_in", "scheme_of"]

_KIND_OF_SCHEME = {
    "appointment": IdentityKind.APPOINTMENT,
    "ticket": IdentityKind.TICKET,
    "activation": IdentityKind.SERVICE,
    "service": IdentityKind.SERVICE,
    "charge": IdentityKind.CHARGE,
    "bill": IdentityKind.BILL,
    "invoice": IdentityKind.BILL,
    "case": IdentityKind.TICKET,
}
"""What an adapter calls its objects in `Report.legacy_ids`, before the blank. Anything else is an order over there."""

_RESOURCES = {
    "serial": ("serial", IdentityKind.DEVICE),
    "serials": ("serial", IdentityKind.DEVICE),
    "port": ("port", IdentityKind.PORT),
    "number": ("E.164", IdentityKind.NUMBER),
    "iccid": ("iccid", IdentityKind.CARD),
    "ipv4": ("ipv4", IdentityKind.ADDRESS),
}
_HAVING = frozenset({"device.bound", "resource.assigned"})
_WORLD = {"E.164": "ITU-T", "iccid": "ITU-T", "ipv4": "IANA"}
"""Schemes whose values one body gives out for all systems; every other is issued by the system that says it."""

_ENDS = {
    "field.completed": frozenset({IdentityKind.APPOINTMENT, IdentityKind.TICKET}),
    "service.ceased": frozenset({IdentityKind.SERVICE}),
    "resource.released": RESOURCE_KINDS,
}
"""After such a fact the system may give the id to something else."""


class Claim(NamedTuple):
    """What a report says of one legacy object, and the service item that it was said about."""

    identity: Identity
    service: tuple[ServiceOrder, ServiceOrderItem] | None = None


class Ending(NamedTuple):
    """What a fact ends: the identities of these kinds of a holder, or those that carry one of the legacy ids.

    Where the fact says which of a holder's things were given back, `values` are these, and devices end as well.
    """

    at: datetime
    kinds: frozenset[IdentityKind]
    holder: str
    legacy_ids: frozenset[str] = frozenset()
    values: frozenset[str] = frozenset()

    def ends(self, one: Identity) -> bool:
        """Whether an identity is over from then on."""
        if one.valid_to is not None or one.kind not in self.kinds:
            return False
        if one.kind not in RESOURCE_KINDS:
            return one.legacy_id in self.legacy_ids
        given_back = not self.values or one.legacy_id in self.values or one.kind is IdentityKind.DEVICE
        return one.our_id == self.holder and given_back


def scheme_of(name: str) -> tuple[str, str]:
    """Return the scheme that a name in `Report.legacy_ids` means, and what of the order it is about (or nothing)."""
    first, _, rest = name.partition(" ")
    return (rest, "") if rest in _KIND_OF_SCHEME else (first, rest)


def named_in(draft: Draft, said: Source, report: Report) -> Iterator[Claim]:
    """Yield what a report says of identities for the first time, each holding from now, or from when its fact holds."""
    order_id = draft.lifecycle.id
    for name, legacy_id in report.legacy_ids.items():
        if draft.lifecycle.legacy_ids.get(name) == legacy_id:
            continue
        scheme, about = scheme_of(name)
        kind = _KIND_OF_SCHEME.get(scheme, IdentityKind.ORDER)
        item = _service_item(draft, about) if kind is IdentityKind.SERVICE else None
        ours = _service_id(*item, legacy_id) if item is not None else our_id(order_id, scheme, legacy_id)
        yield Claim(_identity(draft, said, scheme, legacy_id, kind, ours), item)
    for rate in report.rates:
        ours = our_id(order_id, "rate", rate.id)
        if draft.get(ResourceKind.APPLIED_RATE, ours) is None:
            yield Claim(_identity(draft, said, "charge", rate.id, IdentityKind.CHARGE, ours))
    for bill in report.bills:
        ours = our_id(order_id, "bill", bill.id)
        if draft.get(ResourceKind.CUSTOMER_BILL, ours) is None:
            yield Claim(_identity(draft, said, "bill", bill.id, IdentityKind.BILL, ours))
    for fact in report.facts:
        if fact.predicate in _HAVING:
            yield from _resources(draft, fact)


def endings(draft: Draft, report: Report) -> Iterator[Ending]:
    """Yield what the facts of a report end."""
    names = {**draft.lifecycle.legacy_ids, **report.legacy_ids}
    for fact in report.facts:
        kinds = _ENDS.get(fact.predicate)
        if kinds is None:
            continue
        item_id = fact.subject.removeprefix("item:")
        about = {item_id, *(name for name in _services_of(draft, fact.subject))}
        ids = frozenset(legacy_id for name, legacy_id in names.items() if scheme_of(name)[1] in about)
        values = frozenset(one for member in _RESOURCES for one in _texts(fact.value, member))
        yield Ending(fact.valid_from or fact.observed_at, kinds, holder_of(draft, fact.subject), ids, values)


def holder_of(draft: Draft, subject: str) -> str:
    """Return the id of the product that an item is about; of an outside order, that of its service."""
    item_id = subject.removeprefix("item:")
    item = draft.product_order.item(item_id) if draft.product_order else None
    if item is not None and item.product is not None and item.product.id:
        return item.product.id
    served = _service_item(draft, item_id) if draft.product_order is None else None
    return _service_id(*served, "") if served is not None else our_id(draft.lifecycle.id, "product", item_id)


def _service_item(draft: Draft, about: str) -> tuple[ServiceOrder, ServiceOrderItem] | None:
    """Return the service item that `<product item>.<service item>`, or the service item's own id, stands for."""
    for order in draft.service_orders:
        for _, item in order.all_items():
            if about == _reference(item):
                return order, item
    return None


def _services_of(draft: Draft, subject: str) -> Iterator[str]:
    for order in draft.service_orders:
        for _, item in order.all_items():
            if item.subject == subject:
                yield _reference(item)


def _reference(item: ServiceOrderItem) -> str:
    return f"{item.product_item_id}.{item.id}" if item.product_item_id else item.id


def _resources(draft: Draft, fact: Fact) -> Iterator[Claim]:
    holder = holder_of(draft, fact.subject)
    begins = fact.valid_from or fact.observed_at
    for member, (scheme, kind) in _RESOURCES.items():
        for value in _texts(fact.value, member):
            made = _identity(draft, fact.source, scheme, value, kind, holder)
            yield Claim(made.model_copy(update={"valid_from": begins}))


def _texts(value: Mapping[str, Any], member: str) -> Iterator[str]:
    said = value.get(member)
    yield from (one for one in (said if isinstance(said, list | tuple) else [said]) if isinstance(one, str) and one)


def _service_id(order: ServiceOrder, item: ServiceOrderItem, legacy_id: str) -> str:
    """Return our id of a service: the one it has, unless that is the legacy system's own word."""
    known = item.service.id if item.service is not None else None
    return known if known and known != legacy_id else our_id(order.id, "service", item.id)


def _identity(  # noqa: PLR0913, PLR0917 - an identity in its parts
    draft: Draft, said: Source, scheme: str, legacy_id: str, kind: IdentityKind, ours: str
) -> Identity:
    return Identity(
        id=new_id(),
        system=said.system,
        scheme=scheme,
        issuer=_WORLD.get(scheme, said.system),
        legacy_id=legacy_id,
        kind=kind,
        our_id=ours,
        order_id=draft.lifecycle.id,
        valid_from=draft.now,
        said_by=said,
        recorded_at=draft.now,
    )
