"""VER-002: one order in two versions."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from gateway.canonical.judgement import Severity
from gateway.canonical.order import ProductOrder, ProductOrderItem
from gateway.rules.context import Context
from gateway.rules.rule import Problem, rule
from gateway.rules.versions import RENAMED

__all__ = ["not_the_same_in_both_versions"]


@rule("VER-002", gate=None, severity=Severity.REJECT, reads=("product_order|rates",), since="0.1", level=5)
def not_the_same_in_both_versions(ctx: Context) -> Iterator[Problem]:
    """An order says the same in v4 and in v5, member by member.

    What it checks: no member stands under the name that only the other version has for it; where the order is there in
        the other version too, dates, external id, customer, items with offering, product, characteristics, account and
        quantity are the same. States may differ as the map has it. An order of v5 without any date is warned of.
    Why it matters: a member that was renamed is dropped on the way, and nobody misses it until it is needed.
    Passes: orderDate in v4, creationDate in v5, one instant.
    Fails: orderDate in a v5 order, which no v5 consumer reads; the external id gone in v5.
    Harmless look-alike: an earlier state of the order in the other version; a second external id that v4 has no place
        for; both names with one value.
    How to fix: send the member under the name that the version has for it.
    """
    order, version = ctx.order, ctx.trace.version
    if order is not None:
        if order.extras:
            yield from _misnamed(order.extras, order.order_date, RENAMED["product_order"].get(version), "product_order")
        if version == "v5" and order.order_date is None and order.id and "orderDate" not in order.extras:
            reason = "the order has no date: was it lost when it was renamed?"
            yield Problem("product_order.order_date", reason, severity=Severity.WARN)
        for number, trace in enumerate(ctx.trace.others):
            other = trace.product_order
            if other is not None and trace.version != version and order.id and order.id == other.id:
                yield from _compare(ctx, order, other, f"others[{number}].product_order")
        for name, value in ctx.trace.extras.items():
            yield from _beside(ctx, order, name, value)
    for number, rate in enumerate(ctx.trace.rates or ()):
        if rate.extras:
            yield from _misnamed(rate.extras, rate.type, RENAMED["rates"].get(version), f"rates[{number}]")


def _misnamed(extras: Mapping[str, Any], mine: Any, names: tuple[str, str] | None, path: str) -> Iterator[Problem]:
    """Whether a member stands under the other version's name, where its own is absent or says something else."""
    if names is None or names[0] not in extras:
        return
    theirs = _instant(extras[names[0]]) if isinstance(mine, datetime) else extras[names[0]]
    if mine is None or theirs != mine:
        yield Problem(f"{path}.{names[1]}", f"{names[0]} is the name of another version: what it says is lost")


def _instant(value: Any) -> Any:
    try:
        return datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return value


def _compare(ctx: Context, order: ProductOrder, other: ProductOrder, path: str) -> Iterator[Problem]:
    for name, mine, theirs in _members(ctx, order, other):
        if mine != theirs:
            reason = f"{name} is {_said(mine)} here and {_said(theirs)} in the other version"
            yield Problem(f"product_order.{name}", reason, (path,))
    items = {item.id: item for _, item in other.all_items()}
    for line in ctx.lines:
        twin = items.pop(line.item.id, None)
        if twin is None:
            yield Problem(line.path, f"item {line.item.id} is not there in the other version", (path,))
            continue
        for (name, mine), (_, theirs) in zip(_wish(line.item), _wish(twin), strict=True):
            if mine != theirs:
                reason = f"item {line.item.id}: {name} is {_said(mine)} here and {_said(theirs)} in the other version"
                yield Problem(f"{line.path}.{name}", reason, (path,))
    for missing in items:
        yield Problem("product_order.items", f"item {missing} is there in the other version only", (path,))


def _members(ctx: Context, order: ProductOrder, other: ProductOrder) -> Iterator[tuple[str, Any, Any]]:
    for name in ("order_date", "requested_start", "requested_completion"):
        mine, theirs = getattr(order, name), getattr(other, name)
        yield name, mine and ctx.instant(mine), theirs and ctx.instant(theirs)
    yield "external_ids", _first_id(order), _first_id(other)
    yield "parties", _customer(order), _customer(other)


def _first_id(order: ProductOrder) -> str | None:
    return order.external_ids[0].value if order.external_ids else None


def _customer(order: ProductOrder) -> str | None:
    customer = order.party("customer")
    return customer.id if customer is not None else None


def _wish(item: ProductOrderItem) -> Iterator[tuple[str, Any]]:
    product = item.product
    yield "action", item.action
    yield "quantity", item.quantity or 1
    yield "offering", item.offering.id if item.offering is not None else None
    yield "billing_account", item.billing_account.id if item.billing_account is not None else None
    yield "product", product.id if product is not None else None
    stated = product.characteristics if product is not None else ()
    yield "product.characteristics", sorted((one.name, str(one.value)) for one in stated)


def _said(value: Any) -> str:
    return "absent" if value in (None, [], ()) else str(value)


def _beside(ctx: Context, order: ProductOrder, name: str, value: Any) -> Iterator[Problem]:
    """Compare with the wire of the other version, where the trace carries it as it is."""
    if not isinstance(value, dict):
        return
    items = value.get("productOrderItem")
    if not isinstance(items, list):
        for inner, one in value.items():
            if isinstance(one, dict) and isinstance(one.get("productOrderItem"), list):
                yield from _beside(ctx, order, f"{name}.{inner}", one)
        return
    if value.get("id") not in {None, order.id}:
        return
    date = value.get("orderDate", value.get("creationDate"))
    stated = _instant(date) if date is not None else None
    mine = ctx.instant(order.order_date) if order.order_date is not None else None
    theirs = ctx.instant(stated) if isinstance(stated, datetime) else stated
    if mine != theirs:
        reason = f"the date is {_said(mine)} here and {_said(theirs)} in the other version"
        yield Problem("product_order.order_date", reason, (name,))
    told = {str(one.get("id")): one for one in items if isinstance(one, dict)}
    for line in ctx.lines if not any(line.parent for line in ctx.lines) else ():
        twin = told.get(line.item.id)
        offering = (twin.get("productOffering") or {}).get("id") if twin is not None else None
        known = line.item.offering.id if line.item.offering is not None else None
        if twin is None or twin.get("action") != line.item.action or offering != known:
            yield Problem(line.path, f"item {line.item.id} is another one in the other version", (name,))
