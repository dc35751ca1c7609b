from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from gateway.canonical.common import Price, Ref
from gateway.canonical.judgement import Finding, Gate, Hold, Judgement, Severity, Verdict
from gateway.canonical.lifecycle import Checkpoint, Lifecycle, ResourceKind
from gateway.canonical.money import Money
from gateway.canonical.order import ProductOrder, ProductOrderItem
from gateway.canonical.reference import Offering, OfferingPrice, ServiceTemplate
from gateway.canonical.states import ItemAction, OrderState
from gateway.lifecycle.draft import Draft
from gateway.lifecycle.terms import Terms
from gateway.ports.repository import Aggregate

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)


def _service(specification, *, enabling=False):
    return ServiceTemplate(specification=specification, name=specification, enabling=enabling)


@pytest.fixture
def terms():
    monthly = OfferingPrice(type="recurring", period="month", net=Money(amount=Decimal("29.99"), currency="EUR"))
    services = (_service("CFS-FTTH"), _service("RFS-LINE", enabling=True))
    offerings = [
        Offering(id="FIBRE-100", services=services, price=monthly),
        Offering(id="FIBRE-500", services=services),
        Offering(id="VOICE", services=(_service("CFS-VOICE"),)),
        Offering(id="BUNDLE", components=("FIBRE-500", "VOICE")),
    ]
    return Terms({offering.id: offering for offering in offerings})


@pytest.fixture
def an_order():
    def make(order_id="order-1", offering="FIBRE-100", **item):
        one = ProductOrderItem(id="7", action=ItemAction.ADD, offering=Ref(id=offering), **item)
        return ProductOrder(id=order_id, state=OrderState.IN_PROGRESS, items=(one,))

    return make


@pytest.fixture
def a_finding():
    def make(code="BIL-008", **more):
        said = {
            "severity": Severity.HOLD,
            "gate": Gate.ACTIVATION_TO_BILLING,
            "path": "rates[3].net",
            "fix": "",
            "reason": "",
        }
        return Finding(code=code, **(said | more))

    return make


@pytest.fixture
def a_hold():
    def make(*findings, missing=(), **more):
        said = {
            "id": "h",
            "order_id": "order-1",
            "gate": Gate.ACTIVATION_TO_BILLING,
            "checkpoint": "charged",
            "since": T0,
        }
        return Hold(findings=findings, missing=missing, **(said | more))

    return make


@pytest.fixture
def a_draft(terms, an_order):
    def make(holds=(), minutes=0, order=None):
        order = order or an_order()
        lifecycle = Lifecycle(id=order.id, root=ResourceKind.PRODUCT_ORDER, checkpoint=Checkpoint.CHARGED, version=3)
        aggregate = Aggregate(lifecycle=lifecycle, product_order=order, holds=tuple(holds))
        return Draft(aggregate, T0 + timedelta(minutes=minutes), terms)

    return make


@pytest.fixture
def a_judgement():
    def make(*findings, missing=(), **more):
        gate = Gate.ACTIVATION_TO_BILLING
        return Judgement(gate=gate, verdict=Verdict.HOLD, findings=findings, missing=missing, **more)

    return make


def price(amount, currency="EUR", period="month", kind="recurring"):
    return Price(price_type=kind, period=period, net=Money(amount=Decimal(amount), currency=currency))
