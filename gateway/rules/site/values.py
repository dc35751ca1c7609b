"""A trace as site rules see it: pure JSON, money in minor units, instants as RFC 3339 texts, ids instead of references.

What is not known is left out, so that an expression that needs it says *unknown* instead of something wrong.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from gateway.canonical.common import Characteristic, Party, Place, Price, Relationship
from gateway.canonical.money import CURRENCY_EXPONENTS, Money, exact
from gateway.canonical.order import ProductOrder, ProductOrderItem
from gateway.canonical.reference import Policy
from gateway.rules.bindings.places import offering_id

if TYPE_CHECKING:
    from gateway.rules.context import Context, Line, ServiceLine

__all__ = ["instant_json", "item_json", "order_json", "plain_json", "policy_json", "service_json"]

_LARGEST = 2**63 - 1
_HUGE = 10**300
_DIGITS = 19


def item_json(ctx: "Context", line: "Line") -> dict[str, Any]:
    """Return a product order item, in the members of `names.ITEM`."""
    item = line.item
    return _item(item, offering_id(ctx, item), line.parent.id if line.parent is not None else None)


def _item(item: ProductOrderItem, offering: str | None, parent: str | None) -> dict[str, Any]:
    product = item.product
    wanted = None
    if product is not None:
        wanted = _known(
            id=product.id,
            name=product.name,
            status=product.status,
            serial=product.serial,
            characteristics=_characteristics(product.characteristics),
            places=_named(product.places),
        )
    places = [one.id for one in product.places if one.id] if product is not None else []
    return _known(
        id=item.id,
        action=item.action.value,
        quantity=item.quantity,
        state=item.state.value if item.state else None,
        offering=offering,
        parent=parent,
        place=places[0] if len(places) == 1 else None,
        billingAccount=item.billing_account.id if item.billing_account else None,
        appointment=item.appointment.id if item.appointment else None,
        product=wanted,
        prices=[_price(one) for one in item.prices],
        relationships=_links(item.relationships),
    )


def order_json(ctx: "Context", order: ProductOrder) -> dict[str, Any]:
    """Return the product order, in the members of `names.ORDER`."""
    customer = order.party("customer")
    return _known(
        id=order.id,
        state=order.state.value if order.state else None,
        category=order.category,
        description=order.description,
        priority=order.priority,
        orderDate=instant_json(ctx, order.order_date),
        requestedStart=instant_json(ctx, order.requested_start),
        requestedCompletion=instant_json(ctx, order.requested_completion),
        expectedCompletion=instant_json(ctx, order.expected_completion),
        completionDate=instant_json(ctx, order.completion_date),
        customer=customer.id if customer else None,
        billingAccount=order.billing_account.id if order.billing_account else None,
        parties=_named(order.parties),
        externalIds=[_known(value=one.value, issuer=one.issuer) for one in order.external_ids],
        notes=[_known(text=one.text, author=one.author) for one in order.notes],
        items=[item_json(ctx, line) for line in ctx.lines],
    )


def service_json(line: "ServiceLine") -> dict[str, Any]:
    """Return a service order item, in the members of `names.SERVICE`."""
    item, service = line.item, line.item.service
    said = _known(
        id=item.id,
        action=item.action.value,
        state=line.state.value if line.state else None,
        quantity=item.quantity,
        order=line.order.id or None,
        productItem=line.product_item,
        relationships=_links(item.relationships),
    )
    if service is None:
        return said
    return said | _known(
        service=service.id,
        serviceState=service.state,
        specification=service.specification.id if service.specification else None,
        name=service.name,
        category=service.category,
        characteristics=_characteristics(service.characteristics),
        places=_named(service.places),
    )


def policy_json(policy: Policy) -> dict[str, Any]:
    """Return the parameters of the landscape, in the members of `names.POLICY`."""
    said = {
        "proration": policy.proration,
        "rateTolerancePercent": policy.rate_tolerance_percent,
        "backdateDays": policy.backdate_days,
        "billLagDays": policy.bill_lag_days,
        "graceMinutes": policy.grace_minutes,
        "rollUp": policy.roll_up,
    }
    return {name: plain_json(value) for name, value in said.items()}


def instant_json(ctx: "Context", moment: datetime | None) -> str | None:
    """Return an instant as text with its offset: one without is read in the trace's zone."""
    return None if moment is None else ctx.instant(moment).astimezone(UTC).isoformat().replace("+00:00", "Z")


def plain_json(value: Any) -> Any:
    """Return any value as JSON that CEL takes: `{unit: EUR, value: 30.00}` is `{minor: 3000, currency: EUR}`."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, Mapping):
        money = _money_in(value)
        return {str(name): plain_json(one) for name, one in value.items()} if money is None else money
    if isinstance(value, list | tuple | set | frozenset):
        return [plain_json(one) for one in value]
    read = _READ.get(type(value))
    return read(value) if read is not None else _other(value)


def _other(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return plain_json(value.model_dump(exclude_none=True))
    return value.isoformat() if isinstance(value, date) else str(value)


def _whole(value: int) -> int | str:
    """Return a whole number as it is; beyond 64 bits, where CEL ends, as text, so that a comparison is an error."""
    return value if -_LARGEST <= value <= _LARGEST else f"{value:.17e}" if abs(value) < _HUGE else "out of range"


def _number(value: Decimal) -> int | float | str:
    if not value.is_finite() or value.adjusted() >= _DIGITS:
        return str(value)
    return _whole(int(value)) if value == value.to_integral_value() else float(value)


_READ: dict[type, Callable[[Any], Any]] = {int: _whole, float: lambda value: value, Decimal: _number}


def _money_in(value: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return an amount of a known currency, as TM Forum's wires write it, in minor units; None where it is none."""
    if set(value) != {"unit", "value"} or value["unit"] not in CURRENCY_EXPONENTS:
        return None
    amount = value["value"]
    if isinstance(amount, bool) or not isinstance(amount, int | float | Decimal):
        return None
    return _money(Money(amount=exact(Decimal(amount) if isinstance(amount, int) else amount), currency=value["unit"]))


def _money(money: Money | None) -> dict[str, Any] | None:
    if money is None or not money.amount.is_finite():
        return None
    return {"minor": money.minor, "currency": money.currency} if money.is_postable else {"currency": money.currency}


def _price(price: Price) -> dict[str, Any]:
    return _known(
        type=price.price_type,
        period=price.period,
        net=_money(price.net),
        gross=_money(price.gross),
        taxRate=None if price.tax_rate is None else plain_json(price.tax_rate),
    )


def _characteristics(these: Iterable[Characteristic]) -> dict[str, Any]:
    return {one.name: plain_json(one.value) for one in these if one.value is not None}


def _named(these: Iterable[Party | Place]) -> list[dict[str, Any]]:
    return [_known(id=one.id, role=one.role) for one in these]


def _links(these: Iterable[Relationship]) -> list[dict[str, Any]]:
    return [_known(id=one.id, type=one.type) for one in these]


def _known(**members: Any) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
