"""Small orders of fibre for adapters of activation, and how to send them."""

from datetime import UTC, datetime

from adapters.simulated.plugins import ACTIVATION
from gateway.canonical.common import Characteristic, ExternalId, Party, Place, Ref
from gateway.canonical.fact import Fact, Source
from gateway.canonical.order import Product, ProductOrder, ProductOrderItem
from gateway.canonical.reference import ProductRecord, Reference
from gateway.canonical.service_order import PRODUCT_ITEM, Service, ServiceOrder, ServiceOrderItem
from gateway.canonical.states import ItemAction
from gateway.ports.adapter import Message, Operation, Outcome, Role
from gateway.vocabulary.landscape import load_landscape

OFFERINGS = load_landscape(ACTIVATION.landscapes["simulated"]).offerings
NOW = datetime.now(UTC)
FIBRE = "CFS-FTTH"


def rates(down=500000, up=50000):
    """Both rates of a service, in kbit/s; None is left out."""
    said = {"downstreamRate": down, "upstreamRate": up}
    return tuple(
        Characteristic(name=name, value={"amount": one, "units": "kbit/s"}) for name, one in said.items() if one
    )


USUAL = rates()


def fibre(
    operation="activate",
    *,
    order="O-1",
    item="1",
    action="add",
    state="active",
    characteristics=USUAL,
    facts=(),
    product=None,
    was=None,
    resources=("ipv4",),
    specification=FIBRE,
    offering="FIBRE-500",
    place=None,
    **more,
):
    """Return a message about one fibre. `was` is the status that the customer system shows of the product."""
    product = product or f"PR-{order}-{item}"
    action = ItemAction(action)
    wanted = {"inactive": "suspended", "active": "active"}.get(state)
    sold = ProductOrderItem(
        id=item,
        action=action,
        offering=Ref(id=offering),
        product=Product(
            id=product,
            status=wanted if action is ItemAction.MODIFY else None,
            places=(Place(id=place, role="installation"),) if place else (),
        ),
    )
    named = Characteristic(name=PRODUCT_ITEM, value=item)
    service = Service(state=state, specification=Ref(id=specification), characteristics=(named, *characteristics))
    held = (ProductRecord(id=product, status=was, offering=offering),) if was else None
    return Message(
        id=f"{order}:{operation}:{item}",
        role=Role.ACTIVATION,
        operation=Operation(operation),
        order=ProductOrder(
            id=order,
            external_ids=(ExternalId(value=f"EXT-{order}"),),
            parties=(Party(id="CUST-1001", role="customer"),),
            items=(sold,),
        ),
        service_orders=(
            ServiceOrder(
                id=f"S{order}",
                product_order_id=order,
                items=(ServiceOrderItem(id="1", action=action, service=service),),
            ),
        ),
        items=(item,),
        facts=tuple(facts),
        reference=Reference(
            offerings=tuple(one.model_copy(update={"resources": resources}) for one in OFFERINGS), products=held
        ),
        **more,
    )


def fact(predicate, subject="item:1", **value):
    """Return what an earlier stage found out."""
    return Fact(predicate=predicate, subject=subject, value=value, observed_at=NOW, source=Source(system="test"))


async def done(adapter, message):
    """Send a message and look until it is done."""
    report = await adapter.submit(message)
    while report.outcome is Outcome.WORKING:
        report = await adapter.fetch(message)
    return report


def said(report, predicate, system=None):
    """Return the facts of a predicate, of one system or of all."""
    return [one for one in report.facts if one.predicate == predicate and system in {None, one.source.system}]
