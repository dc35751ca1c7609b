"""Messages about fibre that is sold: what customer, field-work and billing systems are asked."""

from datetime import UTC, datetime

from adapters.simulated.plugins import CRM
from gateway.canonical.common import ExternalId, Party, Place, Ref
from gateway.canonical.fact import Fact, Source
from gateway.canonical.order import Product, ProductOrder, ProductOrderItem
from gateway.canonical.reference import Reference
from gateway.canonical.states import ItemAction
from gateway.ports.adapter import Message, Operation, Role
from gateway.vocabulary.landscape import load_landscape
from tests.adapters.rich import ORDER, SERVICE_ORDER

OFFERINGS = load_landscape(CRM.landscapes["simulated"]).offerings


def sold(
    item="1",
    offering="FIBRE-500",
    *,
    action="add",
    place="ADDR-1011",
    account="BA-1011",
    product=None,
    status=None,
    **more,
):
    """Return an item; of an added one the product is named after it."""
    return ProductOrderItem(
        id=item,
        action=ItemAction(action),
        offering=Ref(id=offering) if offering else None,
        billing_account=Ref(id=account) if account else None,
        product=Product(
            id=product or f"NEW-{item}", status=status, places=(Place(id=place, role="installation"),) if place else ()
        ),
        **more,
    )


def message(role, operation, *items, order="O-1", customer="CUST-1011", facts=(), **more):
    """Return a message about those items."""
    return Message(
        id=f"{order}:{operation}",
        role=Role(role),
        operation=Operation(operation),
        order=ProductOrder(
            id=order,
            external_ids=(ExternalId(value=f"EXT-{order}"),),
            parties=(Party(id=customer, role="customer"),),
            items=items,
        ),
        facts=tuple(facts),
        reference=Reference(offerings=OFFERINGS),
        **more,
    )


def rich(role, operation, *, order, facts=(), **more):
    """Return a message about the order that says nearly all."""
    made = message(role, operation, order=order, facts=facts, items=("1",), **more)
    said = ORDER.model_copy(update={"id": order, "external_ids": (ExternalId(value=f"EXT-{order}", issuer="shop"),)})
    return made.model_copy(update={"order": said, "service_orders": (SERVICE_ORDER,)})


def fact(predicate, subject="item:1", at=None, **value):
    """Return what an earlier stage found out."""
    return Fact(
        predicate=predicate,
        subject=subject,
        value=value,
        observed_at=at or datetime.now(UTC),
        source=Source(system="test"),
    )


def said(report, predicate, subject=None):
    """Return the facts of a predicate."""
    return [one for one in report.facts if one.predicate == predicate and subject in {None, one.subject}]
