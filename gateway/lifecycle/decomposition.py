"""From what was sold to what must be built: product order items become service orders, by the catalogue."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from gateway.canonical.common import Characteristic, ExternalId, Ref, Relationship
from gateway.canonical.ids import new_id
from gateway.canonical.order import ProductOrder, ProductOrderItem
from gateway.canonical.quantity import UnknownUnit, read_quantity
from gateway.canonical.reference import Offering, Reference, ServiceTemplate
from gateway.canonical.service_order import PRODUCT_ITEM, Service, ServiceOrder, ServiceOrderItem
from gateway.canonical.states import ItemAction, OrderState, ProductStatus, ServiceState
from gateway.lifecycle.terms import Terms

__all__ = ["decompose", "is_covered", "needs_service"]

_WANTED_STATE = {
    ItemAction.ADD: ServiceState.ACTIVE,
    ItemAction.MODIFY: ServiceState.ACTIVE,
    ItemAction.DELETE: ServiceState.TERMINATED,
}


def needs_service(item: ProductOrderItem, offering: Offering | None) -> bool:
    """Whether something must be built for an item. An offering that the catalogue lacks is never taken for nothing."""
    if item.action is ItemAction.NO_CHANGE:
        return False
    return offering is None or not offering.no_service


def decompose(order: ProductOrder, reference: Reference, terms: Terms, now: datetime) -> tuple[ServiceOrder, ...]:
    """Return one service order for each item that the gateway decomposes, with its relations to the others.

    Items whose offering is decomposed elsewhere (`decomposition: external`), or that need no service, get none.
    """
    orders: dict[str, ServiceOrder] = {}
    for _, item in order.all_items():
        offering = terms.offering_of(item, reference)
        if offering is None or not needs_service(item, offering) or offering.decomposition != "gateway":
            continue
        if offering.services:
            orders[item.id] = _service_order(order, item, offering, now)
    return tuple(_related(order, orders))


def is_covered(
    order: ProductOrder, service_orders: tuple[ServiceOrder, ...], reference: Reference, terms: Terms
) -> bool:
    """Whether every item that needs a service has one, whoever decomposed it."""
    served = {item.product_item_id for so in service_orders for _, item in so.all_items()}
    wanted = [item for _, item in order.all_items() if item.state is not OrderState.FAILED]
    return all(item.id in served or not needs_service(item, terms.offering_of(item, reference)) for item in wanted)


def _service_order(order: ProductOrder, item: ProductOrderItem, offering: Offering, now: datetime) -> ServiceOrder:
    services = tuple(
        ServiceOrderItem(
            id=str(number),
            action=item.action,
            quantity=item.quantity,
            state=OrderState.ACKNOWLEDGED,
            service=_service(item, offering, template),
            appointment=item.appointment,
        )
        for number, template in enumerate(offering.services, 1)
    )
    return ServiceOrder(
        id=new_id(),
        state=OrderState.ACKNOWLEDGED,
        external_ids=(ExternalId(value=order.id, issuer="tmf-gateway"),),
        product_order_id=order.id,
        category=order.category,
        description=f"{offering.name or offering.id}, item {item.id} of product order {order.id}",
        priority=order.priority,
        order_date=now,
        requested_start=order.requested_start,
        requested_completion=order.requested_completion,
        parties=order.parties,
        items=services,
    )


def _service(item: ProductOrderItem, offering: Offering, template: ServiceTemplate) -> Service:
    product = item.product
    state = _WANTED_STATE[item.action]
    if item.action is ItemAction.MODIFY and product and product.status == ProductStatus.SUSPENDED:
        state = ServiceState.INACTIVE
    return Service(
        id=None,
        name=template.name,
        state=state,
        specification=Ref(id=template.specification, name=template.name),
        characteristics=(
            Characteristic(name=PRODUCT_ITEM, value=item.id, value_type="string"),
            *_copied(item, offering, template),
            *(Characteristic(name=name, value=value) for name, value in template.sets.items()),
        ),
        places=product.places if product else (),
    )


def _copied(item: ProductOrderItem, offering: Offering, template: ServiceTemplate) -> Iterator[Characteristic]:
    units = {spec.name: spec.unit for spec in offering.characteristics}
    for name, unit in template.copies.items():
        found = item.product.characteristic(name) if item.product else None
        if found is not None:
            value = _in_unit(found.value, units.get(name), unit)
            yield found.model_copy(update={"value": value, "id": None})


def _in_unit(value: Any, sold_unit: str | None, wanted_unit: str | None) -> Any:
    """Say a quantity in the unit of the service. What is no quantity, or has no known unit, stays as it was said."""
    if wanted_unit is None:
        return value
    try:
        quantity = read_quantity(value, sold_unit)
        said = quantity.to(wanted_unit) if quantity else None
    except UnknownUnit:
        return value
    if said is None:
        return value
    amount = int(said.amount) if said.amount == int(said.amount) else float(said.amount)
    return {"amount": amount, "units": said.unit}


def _related(order: ProductOrder, orders: dict[str, ServiceOrder]) -> Iterator[ServiceOrder]:
    for _, item in order.all_items():
        if item.id in orders:
            links = tuple(
                Relationship(id=orders[link.id].id, type="reliesOn")
                for link in item.relationships
                if link.id in orders and (link.type or "").lower() in {"relieson", "dependson"}
            )
            yield orders[item.id].model_copy(update={"relationships": links})
