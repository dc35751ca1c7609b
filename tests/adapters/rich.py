"""An order that says nearly all that an order can say, to see what becomes of it on its way through an adapter."""

from datetime import UTC, datetime
from decimal import Decimal

from gateway.canonical.common import Alteration, Characteristic, ExternalId, Note, Party, Place, Price, Ref
from gateway.canonical.money import Money
from gateway.canonical.order import Product, ProductOrder, ProductOrderItem
from gateway.canonical.service_order import PRODUCT_ITEM, Service, ServiceOrder, ServiceOrderItem
from gateway.canonical.states import ItemAction

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
