"""The `tmforum` SDK, on its own paths and with its own models, refuses what it cannot map and knows every member."""

import dataclasses
import logging

import pytest
import tmforum as sdk

pytestmark = pytest.mark.server

JSON = {"Content-Type": "application/json", "Accept": "application/json"}


@pytest.fixture
def context(permissive):
    quiet = logging.getLogger("tests.checkers.sdk")
    return sdk.Context(api_base_url=f"{permissive}/tmf-api", strict_parsing=True, headers=dict(JSON), logger=quiet)


def unknown(value, at=""):
    """The members, anywhere in an entity, that the SDK has no name for."""
    if isinstance(value, list):
        return [found for index, one in enumerate(value) for found in unknown(one, f"{at}[{index}]")]
    if not isinstance(value, sdk.Entity):
        return []
    found = [f"{at}.{name}" for name in value.extra_attributes]
    for field in dataclasses.fields(value):
        found += unknown(getattr(value, field.name), f"{at}.{field.name}")
    return found


def known(entity, kind):
    """The entity, once it is one, and nothing in it is unknown."""
    assert isinstance(entity, kind), entity
    assert entity.id
    assert unknown(entity) == []
    return entity


def listed(kind, context, entity):
    found = kind.query_get(f"id={entity.id}", context)
    assert [known(one, kind).id for one in found] == [entity.id]
    return found[0]


def gone(kind, context, entity):
    assert entity.delete(context) == {}
    assert kind.from_id(entity.id, context) is None
    assert kind.query_get(f"id={entity.id}", context) == []


def euros(amount):
    return sdk.Money(unit="EUR", value=amount)


def customer(name="C-1"):
    return sdk.RelatedPartyRefOrPartyRoleRef(
        role="customer", partyOrPartyRole=sdk.PartyRef(id=name, name="Ada", _referred_type="Individual")
    )


def product_order():
    price = sdk.OrderPrice(
        priceType="recurring",
        recurringChargePeriod="month",
        price=sdk.Price(dutyFreeAmount=euros(40.0), taxIncludedAmount=euros(48.0), taxRate=20.0),
    )
    item = sdk.ProductOrderItem(
        id="1",
        action=sdk.ItemActionType.ADD,
        quantity=1,
        productOffering=sdk.ProductOfferingRef(id="FIBRE-500", name="Fibre 500"),
        product=sdk.Product(
            name="the new line",
            isBundle=False,
            productCharacteristic=[sdk.StringCharacteristic(name="colour", value="blue")],
        ),
        billingAccount=sdk.BillingAccountRef(id="BA-1"),
        itemPrice=[price],
        note=[sdk.Note(id="1", author="Ada", text="ring twice")],
    )
    return sdk.ProductOrder(
        category="B2C",
        description="a new line",
        requestedStartDate="2026-03-01T09:00:00Z",
        requestedCompletionDate="2026-03-08T09:00:00Z",
        relatedParty=[customer()],
        channel=[sdk.RelatedChannel(role="sold by", channel=sdk.ChannelRef(id="web"))],
        externalIdentifier=[sdk.ExternalIdentifier(id="PO-1", owner="web", externalIdentifierType="order")],
        note=[sdk.Note(id="1", author="Ada", text="in the morning")],
        productOrderItem=[item],
    )


def service_order(line="1"):
    item = sdk.ServiceOrderItem(
        id=line,
        action=sdk.ServiceOrderItemActionType.ADD,
        quantity=1,
        service=sdk.Service(
            name="access",
            serviceSpecification=sdk.ServiceSpecificationRef(id="S-1", name="access"),
            serviceCharacteristic=[sdk.StringCharacteristic(name="colour", value="blue")],
        ),
    )
    return sdk.ServiceOrder(
        description="build it",
        category="access",
        externalId="SO-1",
        requestedStartDate="2026-03-01T09:00:00Z",
        note=[sdk.Note(id="1", author="Ada", text="ring twice")],
        serviceOrderItem=[item],
    )


def test_a_product_order_lives_its_whole_life(context):
    kind = sdk.ProductOrder
    made = known(product_order().create(context), kind)
    assert made.state is sdk.ProductOrderStateType.ACKNOWLEDGED
    assert made.creationDate
    read = known(kind.from_id(made.id, context), kind)
    assert (read.to_dict(), listed(kind, context, made).to_dict()) == (made.to_dict(), made.to_dict())
    described = known(made.update({"description": "another line"}, context), kind)
    assert described.description == "another line"
    moved = known(described.update({"state": "inProgress"}, context), kind)
    assert moved.state is sdk.ProductOrderStateType.IN_PROGRESS
    step = {"op": "replace", "path": "note[?(@.author=='Ada')].text", "value": "in the evening"}
    asked = known(moved.query_update([step], context), kind)
    assert [note.text for note in asked.note] == ["in the evening"]
    ended = known(asked.update({"state": "completed"}, context), kind)
    assert ended.completionDate
    assert [item.state for item in ended.productOrderItem] == [sdk.ProductOrderItemStateType.COMPLETED]
    gone(kind, context, ended)


def test_a_service_order_lives_its_whole_life(context):
    kind = sdk.ServiceOrder
    made = known(service_order().create(context), kind)
    assert made.state is sdk.ServiceOrderStateType.ACKNOWLEDGED
    assert made.orderDate
    assert known(kind.from_id(made.id, context), kind).to_dict() == listed(kind, context, made).to_dict()
    moved = known(made.update({"state": "inProgress"}, context), kind)
    assert moved.state is sdk.ServiceOrderStateType.IN_PROGRESS
    described = known(moved.update({"description": "build it well"}, context), kind)
    assert described.description == "build it well"
    gone(kind, context, described)


@pytest.mark.parametrize(
    ("order", "kind", "task"),
    [
        (product_order, sdk.ProductOrder, lambda one: sdk.CancelProductOrder(productOrder=sdk.ProductOrderRef(id=one))),
        (service_order, sdk.ServiceOrder, lambda one: sdk.CancelServiceOrder(serviceOrder=sdk.ServiceOrderRef(id=one))),
    ],
    ids=["622", "641"],
)
def test_an_order_is_cancelled(context, order, kind, task):
    made = known(order().create(context), kind)
    asked = known(task(made.id).create(context), type(task("")))
    assert known(type(asked).from_id(asked.id, context), type(asked)).id == asked.id
    listed(type(asked), context, asked)


@pytest.mark.parametrize(
    "kind", [sdk.CustomerBill, sdk.AppliedCustomerBillingRate, sdk.BillCycle], ids=lambda kind: kind.__name__
)
def test_what_bills_are_made_of_is_listed_and_read(context, kind):
    found = kind.query_get("", context)
    assert found
    for one in found:
        assert known(kind.from_id(one.id, context), kind).to_dict() == known(one, kind).to_dict()


def test_a_bill_is_held_and_is_not_deleted(context):
    bill = sdk.CustomerBill.query_get("billNo=SAMPLE-2026-02", context)[0]
    held = known(bill.update({"state": "onHold"}, context), sdk.CustomerBill)
    assert held.state is sdk.CustomerBillStateType.ON_HOLD
    assert bill.delete(context)["code"] == "methodNotAllowed"  # the document has no such operation
    assert known(bill.read(context), sdk.CustomerBill).state is sdk.CustomerBillStateType.ON_HOLD


def test_a_bill_is_asked_for(context):
    kind = sdk.CustomerBillOnDemand
    wanted = kind(name="now", billingAccount=sdk.BillingAccountRef(id="BA-1"), relatedParty=customer())
    made = known(wanted.create(context), kind)
    assert made.billingAccount.id == "BA-1"
    known(kind.from_id(made.id, context), kind)
    listed(kind, context, made)
