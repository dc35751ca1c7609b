"""Ids in a trace: where each kind of thing is known from, and where it is named."""

import re
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from gateway.canonical.common import Ref
from gateway.canonical.states import ItemAction
from gateway.rules.context import Context

__all__ = ["Named", "all_known", "folded", "known", "named"]

_ZEROS = re.compile(r"(?<![0-9.])0+(?=[0-9])")
_MEMBERS = {
    "party": "party",
    "customer": "party",
    "account": "account",
    "product": "product",
    "place": "place",
    "offering": "offering",
    "order": "order",
}


_SIMPLE = frozenset({str, int, float})


class Named(NamedTuple):
    """A place at which a thing is named: its kind, the id as it is written there, the path."""

    kind: str
    id: str
    path: str


def folded(text: str) -> str:
    """Return an id without what careless systems lose: leading zeros, case, blanks, a decimal point of no use."""
    bare = "".join(text.split()).casefold().removesuffix(".0")
    return _ZEROS.sub("", bare)


def known(ctx: Context) -> dict[str, set[str]]:
    """Return the ids that are known, by kind: from the reference, or from the order where there is none."""
    order, reference = ctx.order, ctx.reference
    ids: dict[str, set[str]] = {
        "party": {one.id for one in reference.parties or ()},
        "account": {one.id for one in reference.accounts or ()},
        "place": {one.id for one in reference.places or ()},
        "offering": {one.id for one in reference.offerings or ()},
        "product": {one.id for one in reference.products or ()},
        "bill": {one.id for one in ctx.trace.bills or ()},
        "order": set(),
    }
    if order is not None:
        ids["order"] = {order.id, *(one.value for one in order.external_ids)} - {""}
        if not ids["party"]:
            ids["party"] = {one.id for one in order.parties}
        if not ids["account"]:
            ids["account"] = {ref.id for line in ctx.lines if (ref := ctx.account(line)) is not None}
        ids["product"] |= {
            line.item.product.id
            for line in ctx.lines
            if line.item.product is not None and line.item.product.id and line.item.action is ItemAction.ADD
        }
    return ids


def all_known(ctx: Context, ids: dict[str, set[str]]) -> bool:
    """Whether nothing is named that is not known; a quick look, since in most traces nothing is."""
    order, trace = ctx.order, ctx.trace
    accounts, products, parties, bills = ids["account"], ids["product"], ids["party"], ids["bill"]
    if order is not None and not all(one.id in parties for one in order.parties):
        return False
    for rate in trace.rates or ():
        account, product, bill = rate.billing_account, rate.product, rate.bill
        strange = (account is not None and account.id not in accounts) or (bill is not None and bill.id not in bills)
        if strange or (product is not None and product.id not in products):
            return False
    for member, kind in _MEMBERS.items():
        for _, fact in ctx.members.get(member, ()):
            value = fact.value[member]
            if value.__class__ in _SIMPLE and str(value) not in ids[kind]:
                return False
    return all(name in ids[kind] for kind, name, _ in chain(_of_order(ctx), _of_services(ctx), _of_bills(ctx)))


def named(ctx: Context) -> Iterator[Named]:
    """Yield every place at which a party, account, product, place, offering, order or bill is named."""
    yield from _of_order(ctx)
    yield from _of_services(ctx)
    for number, rate in enumerate(ctx.trace.rates or ()):
        yield from _refs(
            f"rates[{number}]",
            ("account", "billing_account", rate.billing_account),
            ("product", "product", rate.product),
            ("bill", "bill", rate.bill),
        )
    yield from _of_bills(ctx)
    for number, fact in enumerate(ctx.trace.facts):
        for member, value in fact.value.items():
            kind = _MEMBERS.get(member)
            if kind is not None and value.__class__ in _SIMPLE:
                yield Named(kind, str(value), f"facts[{number}].value.{member}")


def _refs(path: str, *refs: tuple[str, str, Ref | None]) -> list[Named]:
    """The things that a part refers to: kind, member, reference."""
    return [Named(kind, ref.id, f"{path}.{member}.id") for kind, member, ref in refs if ref is not None]


def _of_order(ctx: Context) -> Iterator[Named]:
    order = ctx.order
    if order is None:
        return
    for number, party in enumerate(order.parties):
        yield Named("party", party.id, f"product_order.parties[{number}].id")
    yield from _refs("product_order", ("account", "billing_account", order.billing_account))
    for line in ctx.lines:
        yield from _refs(
            line.path,
            ("account", "billing_account", line.item.billing_account),
            ("offering", "offering", line.item.offering),
        )
        product = line.item.product
        if product is None:
            continue
        if product.id and line.item.action is not ItemAction.ADD:
            yield Named("product", product.id, f"{line.path}.product.id")
        for number, place in enumerate(product.places):
            if place.id:
                yield Named("place", place.id, f"{line.path}.product.places[{number}].id")


def _of_services(ctx: Context) -> Iterator[Named]:
    for number, built in enumerate(ctx.trace.service_orders or ()):
        path = f"service_orders[{number}]"
        for index, external in enumerate(built.external_ids):
            yield Named("order", external.value, f"{path}.external_ids[{index}]")
        if built.product_order_id:
            yield Named("order", built.product_order_id, f"{path}.product_order_id")
        for index, party in enumerate(built.parties):
            yield Named("party", party.id, f"{path}.parties[{index}].id")
    for line in ctx.services:
        for index, place in enumerate(line.item.service.places if line.item.service is not None else ()):
            if place.id:
                yield Named("place", place.id, f"{line.path}.service.places[{index}].id")


def _of_bills(ctx: Context) -> Iterator[Named]:
    for number, bill in enumerate(ctx.trace.bills or ()):
        yield from _refs(f"bills[{number}]", ("account", "billing_account", bill.billing_account))
        for index, party in enumerate(bill.parties):
            yield Named("party", party.id, f"bills[{number}].parties[{index}].id")
    for number, entry in enumerate(ctx.trace.ledger or ()):
        if entry.bill:
            yield Named("bill", entry.bill, f"ledger[{number}].bill")
        if entry.account:
            yield Named("account", entry.account, f"ledger[{number}].account")
