"""What was sold becomes what must be built, in the units of those who build it."""

from datetime import UTC, datetime

import pytest

from gateway.canonical.common import Characteristic, Ref, Relationship
from gateway.canonical.order import Product, ProductOrder, ProductOrderItem
from gateway.canonical.reference import CharacteristicSpec, Offering, ProductRecord, Reference, ServiceTemplate
from gateway.canonical.states import ItemAction, OrderState
from gateway.lifecycle.decomposition import decompose, is_covered
from gateway.lifecycle.terms import Terms

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
ACCESS = ServiceTemplate(specification="CFS-ACCESS", name="Access", copies={"downstreamRate": "kbit/s"})
TERMS = Terms(
    {
        "FIBRE": Offering(
            id="FIBRE", characteristics=(CharacteristicSpec(name="downstreamRate", unit="Mbit/s"),), services=(ACCESS,)
        ),
        "VOICE": Offering(id="VOICE", services=(ServiceTemplate(specification="CFS-VOICE", name="Voice"),)),
        "FEE": Offering(id="FEE", no_service=True),
        "RESALE": Offering(id="RESALE", decomposition="external", services=(ACCESS,)),
    }
)


def item(item_id, offering, action="add", rate=None, **more):
    characteristics = (Characteristic(name="downstreamRate", value=rate),) if rate is not None else ()
    return ProductOrderItem(
        id=item_id,
        action=ItemAction(action),
        offering=Ref(id=offering) if offering else None,
        product=Product(characteristics=characteristics, **more.pop("product", {})),
        **more,
    )


def order(*items):
    return ProductOrder(id="O-1", items=items)


@pytest.mark.parametrize(
    "said", [500, "500 Mbit/s", {"amount": 0.5, "units": "Gbit/s"}, {"amount": 500000, "units": "kbit/s"}]
)
def test_a_rate_is_said_in_the_unit_of_the_service(said):
    (service_order,) = decompose(order(item("1", "FIBRE", rate=said)), Reference(), TERMS, NOW)
    rate = service_order.items[0].service.characteristic("downstreamRate")
    assert rate.value == {"amount": 500000, "units": "kbit/s"}


def test_a_rate_in_an_unknown_unit_is_not_guessed():
    (service_order,) = decompose(order(item("1", "FIBRE", rate="500 mbps")), Reference(), TERMS, NOW)
    assert service_order.items[0].service.characteristic("downstreamRate").value == "500 mbps"


def test_each_service_order_names_its_product_order_and_item():
    (service_order,) = decompose(order(item("7", "VOICE")), Reference(), TERMS, NOW)
    assert service_order.product_order_id == service_order.external_ids[0].value == "O-1"
    assert service_order.items[0].product_item_id == "7"
    assert service_order.state is OrderState.ACKNOWLEDGED


def test_fees_unchanged_items_and_outside_decomposition_make_no_service_order():
    items = [item("1", "FEE"), item("2", "VOICE", "noChange"), item("3", "RESALE"), item("4", "UNKNOWN")]
    assert decompose(order(*items), Reference(), TERMS, NOW) == ()


def test_a_change_takes_its_offering_from_the_product_it_changes():
    reference = Reference(products=(ProductRecord(id="PR-9", offering="FIBRE"),))
    change = item("1", None, "modify", rate=250, product={"id": "PR-9"})
    (service_order,) = decompose(order(change), reference, TERMS, NOW)
    assert service_order.items[0].action is ItemAction.MODIFY


@pytest.mark.parametrize(
    ("action", "status", "state"),
    [
        ("add", None, "active"),
        ("modify", "suspended", "inactive"),
        ("modify", "active", "active"),
        ("delete", None, "terminated"),
    ],
)
def test_the_wanted_service_state_follows_from_action_and_status(action, status, state):
    reference = Reference(products=(ProductRecord(id="PR-9", offering="FIBRE"),))
    wanted = item("1", "FIBRE", action, product={"id": "PR-9", "status": status})
    (service_order,) = decompose(order(wanted), reference, TERMS, NOW)
    assert service_order.items[0].service.state == state


def test_what_relies_on_another_item_relies_on_its_service_order():
    voice = item("2", "VOICE", relationships=(Relationship(id="1", type="reliesOn"),))
    fibre, voice_order = decompose(order(item("1", "FIBRE", rate=100), voice), Reference(), TERMS, NOW)
    assert [link.id for link in voice_order.relationships] == [fibre.id]


def test_an_order_is_covered_only_when_each_item_that_needs_a_service_has_one():
    sold = order(item("1", "FIBRE", rate=100), item("2", "RESALE", rate=100), item("3", "FEE"))
    own = decompose(sold, Reference(), TERMS, NOW)
    assert not is_covered(sold, own, Reference(), TERMS)
    outside = own[0].model_copy(
        update={"items": decompose(order(item("2", "FIBRE")), Reference(), TERMS, NOW)[0].items}
    )
    assert is_covered(sold, (*own, outside), Reference(), TERMS)
