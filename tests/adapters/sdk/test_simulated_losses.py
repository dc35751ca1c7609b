"""What the four simulated adapters carry of a rich order and of their systems' answers, and what they say they leave."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from adapters.simulated.plugins import ACTIVATION, BILLING, CRM, FIELD
from gateway.canonical.common import Alteration, Characteristic, ExternalId, Note, Party, Place, Price, Ref
from gateway.canonical.money import Money
from gateway.canonical.order import Product, ProductOrder, ProductOrderItem
from gateway.canonical.reference import Reference
from gateway.canonical.service_order import PRODUCT_ITEM, Service, ServiceOrder, ServiceOrderItem
from gateway.canonical.states import ItemAction
from gateway.ports.adapter import Message, Operation, Outcome, Role
from gateway.ports.loss import Direction, Fate, losses_of

RATE = Characteristic(name="downstreamRate", value={"amount": 500000, "units": "kbit/s"})
PRICE = Price(
    name="monthly",
    price_type="recurring",
    period="month",
    net=Money(amount=Decimal("39.90"), currency="EUR"),
    tax_rate=Decimal(20),
    alterations=(Alteration(name="Welcome", percentage=Decimal(10), duration=3),),
)
ITEM = ProductOrderItem(
    id="1",
    action=ItemAction.ADD,
    quantity=1,
    offering=Ref(id="FIBRE-500"),
    billing_account=Ref(id="BA-1001"),
    appointment=Ref(id="SLOT-7"),
    product=Product(
        id="PR-1", characteristics=(RATE,), places=(Place(id="ADDR-1001", role="installation"),), serial=None
    ),
    prices=(PRICE,),
)
ORDER = ProductOrder(
    id="O-1",
    external_ids=(ExternalId(value="EXT-1", issuer="shop"),),
    category="B2C",
    description="Fibre for the flat",
    priority="1",
    requested_start=datetime(2026, 3, 1, tzinfo=UTC),
    parties=(Party(id="CUST-1001", role="customer"),),
    billing_account=Ref(id="BA-1001"),
    notes=(Note(text="ring twice", author="shop"),),
    items=(ITEM,),
)
SERVICE_ORDER = ServiceOrder(
    id="SO-1",
    items=(
        ServiceOrderItem(
            id="1",
            action=ItemAction.ADD,
            service=Service(
                state="active",
                specification=Ref(id="CFS-FTTH"),
                characteristics=(Characteristic(name=PRODUCT_ITEM, value="1"), RATE),
                places=(Place(id="ADDR-1001", role="installation"),),
            ),
        ),
    ),
)
STEPS = (
    (CRM, Role.CUSTOMER, (Operation.GATHER,)),
    (FIELD, Role.FIELD_WORK, (Operation.BOOK, Operation.BUILD)),
    (ACTIVATION, Role.ACTIVATION, (Operation.RESERVE, Operation.ACTIVATE)),
    (BILLING, Role.BILLING, (Operation.CHARGE, Operation.BILL)),
)


async def carried(simulation, offerings):
    """Take the order through all four systems and return the adapters by role."""
    made, facts, known = {}, (), Reference(offerings=offerings)
    for plugin, role, operations in STEPS:
        adapter = made[role] = plugin.create(role, plugin.settings(**simulation.settings[role]), Path())
        for operation in operations:
            message = Message(
                id=f"O-1:{operation}",
                role=role,
                operation=operation,
                order=ORDER,
                service_orders=(SERVICE_ORDER,),
                items=("1",),
                facts=facts,
                reference=known,
            )
            report = await adapter.submit(message)
            while report.outcome is Outcome.WORKING:
                report = await adapter.fetch(message)
            assert not report.refusals
            facts = (*facts, *report.facts)
            known = known.merged(report.reference) if report.reference else known
        await adapter.close()
    return made


async def test_nothing_is_lost_that_nobody_declared(simulation, offerings):
    adapters = await carried(simulation, offerings)
    for adapter in adapters.values():
        book = losses_of(adapter)
        assert book is not None
        assert [str(one) for one in book.findings] == []
    charged = adapters[Role.BILLING].losses.report("O-1:charge")
    fates = {one.member: one.fate for one in charged.members if one.direction is Direction.TO_LEGACY}
    assert fates["order.items.prices.net"] is fates["order.items.prices.alterations.duration"] is Fate.MAPPED
    assert fates["order.items.prices.period"] is Fate.DROPPED
    assert all(one.note for one in charged.members if one.fate is Fate.DROPPED)
    seen = {one.member for one in adapters[Role.FIELD_WORK].losses.report("O-1:build").members}
    assert {"ticket.Visit.Documents.Sha256", "ticket._url", "order.items.appointment.id"} <= seen
