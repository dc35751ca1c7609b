"""Traces in the wires of both versions, and words that a version does not have."""

import copy

import pytest

from gateway.canonical.lifecycle import Unread
from gateway.canonical.states import ItemAction, OrderState
from gateway.faces.lifecycle.paths import wire_path
from gateway.faces.lifecycle.trace import TraceProblem, answer_of, trace_from_wire
from gateway.rules.engine import Catalogue, judge_all

NOW = "2026-04-02T00:00:00Z"


def typed(word, **members):
    return {"@type": word, **members}


@pytest.fixture
def in_v5(document):
    """The same trace, said in v5."""
    said = copy.deepcopy(document)
    said["version"] = "v5"
    order = said["productOrder"]
    order["@type"] = "ProductOrder"
    order["creationDate"] = order.pop("orderDate")
    order["externalId"] = [typed("ExternalIdentifier", id=order["externalId"])]
    order["productOrderItem"] = [
        typed(
            "ProductOrderItem",
            id="1",
            action="add",
            productOffering=typed("ProductOfferingRef", id="OFF-500"),
            product=typed("Product", id="PR-1"),
        )
    ]
    characteristic = typed("StringCharacteristic", name="productOrderItemId", value="1")
    item = typed(
        "ServiceOrderItem", id="1", action="add", service=typed("Service", serviceCharacteristic=[characteristic])
    )
    reference = typed("ExternalReference", id="PO-1", externalReferenceType="externalId")
    said["serviceOrders"] = [typed("ServiceOrder", externalReference=[reference], serviceOrderItem=[item])]
    said["appliedCustomerBillingRates"][0] |= typed(
        "AppliedCustomerBillingRate", product=typed("ProductRef", id="PR-1")
    )
    said["customerBills"][0]["@type"] = "CustomerBill"
    return said


def test_both_versions_of_a_trace_are_one_trace(document, in_v5):
    old, new = trace_from_wire(document), trace_from_wire(in_v5)
    assert new.version == "v5"
    assert [other.version for other in new.others] == ["v5"]
    same = {"version": "v4", "others": old.others}
    assert new.model_copy(update=same) == old


def test_both_versions_are_judged_alike(document, in_v5):
    said = []
    for one in (document, in_v5):
        trace = trace_from_wire(one)
        answer = answer_of(judge_all(trace, Catalogue.load()), trace)
        said.append([(gate["gate"], gate["verdict"], gate["missing"], gate["failed"]) for gate in answer["gates"]])
    assert said[0] == said[1]


def test_every_trace_has_its_own_version(document, in_v5):
    mixed = trace_from_wire({**in_v5, "others": [document, {"productOrder": {"productOrderItem": []}}]})
    assert [other.version for other in mixed.others] == ["v4", "v5"]
    assert mixed.others[0].product_order.order_date == mixed.product_order.order_date
    assert wire_path("product_order.order_date", mixed) == "productOrder.creationDate"
    assert wire_path("others[0].product_order.order_date", mixed) == "others[0].productOrder.orderDate"
    assert wire_path("others[1].product_order.order_date", mixed) == "others[1].productOrder.creationDate"
    assert wire_path("rates[0].type", mixed) == "appliedCustomerBillingRates[0].appliedBillingRateType"
    assert wire_path("product_order.parties[0].id", mixed) == "productOrder.relatedParty[0].partyOrPartyRole.id"


def order(**more):
    return {"now": NOW, "productOrder": {"productOrderItem": [], **more}}


def item(**more):
    return order(productOrderItem=[{"id": "1", "action": "add", **more}])


def service(**more):
    return {"now": NOW, "serviceOrders": [{"serviceOrderItem": [{"id": "1", "action": "add", "service": {}, **more}]}]}


@pytest.mark.parametrize(
    ("version", "document", "path", "value", "target"),
    [
        ("v4", order(state="draft"), "product_order.state", "draft", "order-state"),
        ("v4", order(state="inProgress.accepted"), "product_order.state", "inProgress.accepted", "order-state"),
        ("v4", order(state="JEPX"), "product_order.state", "JEPX", "order-state"),
        ("v4", order(state="In Progress"), "product_order.state", "In Progress", "order-state"),
        ("v5", order(state="JEPX"), "product_order.state", "JEPX", "order-state"),
        ("v4", item(state="partial"), "product_order.items[0].state", "partial", "item-state"),
        ("v5", item(state="draft"), "product_order.items[0].state", "draft", "item-state"),
        ("v5", item(state="inProgress.accepted"), "product_order.items[0].state", "inProgress.accepted", "item-state"),
        ("v4", item(product={"status": "live"}), "product_order.items[0].product.status", "live", "product-status"),
        ("v5", item(product={"status": "live"}), "product_order.items[0].product.status", "live", "product-status"),
        ("v4", item(action="change"), "product_order.items[0].action", "change", "action"),
        ("v5", item(action="swap"), "product_order.items[0].action", "swap", "action"),
        (
            "v4",
            item(productOrderItem=[{"id": "1.1", "action": "move"}]),
            "product_order.items[0].items[0].action",
            "move",
            "action",
        ),
        ("v4", service(state="WIP"), "service_orders[0].items[0].state", "WIP", "item-state"),
        ("v5", service(state="WIP"), "service_orders[0].items[0].state", "WIP", "item-state"),
        ("v5", service(state={"id": "WIP"}), "service_orders[0].items[0].state", "WIP", "item-state"),
        (
            "v4",
            service(service={"state": "suspended"}),
            "service_orders[0].items[0].service.state",
            "suspended",
            "service-state",
        ),
        ("v5", service(service={"state": "up"}), "service_orders[0].items[0].service.state", "up", "service-state"),
        ("v4", {"now": NOW, "serviceOrders": [{"state": "draft", "serviceOrderItem": []}]}, "service_orders[0].state", "draft", "order-state"),
        ("v4", {"now": NOW, "customerBills": [{"state": "paid"}]}, "bills[0].state", "paid", "bill-state"),
        ("v5", {"now": NOW, "customerBills": [{"state": "paid"}]}, "bills[0].state", "paid", "bill-state"),
        ("v4", {"now": NOW, "appliedCustomerBillingRates": [{"type": "RC1"}]}, "rates[0].type", "RC1", "rate-type"),
        (
            "v5",
            {"now": NOW, "appliedCustomerBillingRates": [{"appliedBillingRateType": "RC1"}]},
            "rates[0].type",
            "RC1",
            "rate-type",
        ),
    ],
)  # fmt: skip
def test_a_word_that_the_version_lacks_is_listed_and_the_trace_is_read(version, document, path, value, target):
    trace = trace_from_wire({"version": version, **document})
    assert trace.unread == (Unread(path=path, value=value, target=target),)
    answer_of(judge_all(trace, Catalogue.load()), trace)


def test_a_word_that_cannot_be_read_leaves_its_member_empty():
    assert trace_from_wire(order(state="draft")).product_order.state is None
    assert trace_from_wire(item(product={"status": "live"})).product_order.items[0].product.status is None
    assert trace_from_wire(item(action="change")).product_order.items[0].action is ItemAction.NO_CHANGE
    rates = trace_from_wire({"now": NOW, "appliedCustomerBillingRates": [{"type": "RC1"}]}).rates
    assert rates[0].type is None


@pytest.mark.parametrize(
    ("version", "document"),
    [
        ("v5", order(state="draft")),
        ("v5", order(state="inProgress.accepted")),
        ("v5", item(state="partial")),
        ("v4", item(product={"status": "aborted "})),
        ("v4", item(product={"status": "aborted"})),
        ("v5", item(product={"status": "aborted "})),
        ("v5", service(service={"state": "suspended"})),
        ("v5", service(state={"@type": "ServiceOrderItemStateType"})),
        ("v5", service()),
        ("v4", {"now": NOW, "appliedCustomerBillingRates": [{"type": "One-Time charge"}, {"type": "appliedBillingCharge"}]}),
        ("v5", {"now": NOW, "appliedCustomerBillingRates": [{"appliedBillingRateType": "appliedBillingCredit"}]}),
    ],
)  # fmt: skip
def test_every_word_of_a_version_is_read(version, document):
    assert trace_from_wire({"version": version, **document}).unread == ()


def test_other_traces_list_their_own_words():
    trace = trace_from_wire({"now": NOW, "others": [order(state="draft"), {"version": "v5", **order(state="draft")}]})
    assert trace.unread == ()
    assert [one.path for one in trace.others[0].unread] == ["product_order.state"]
    assert trace.others[1].unread == ()
    assert trace.others[1].product_order.state is OrderState.DRAFT


@pytest.mark.parametrize(
    ("version", "document", "path"),
    [
        ("v4", item(state=7), "productOrder.productOrderItem[0].state"),
        ("v5", item(state={"id": "held"}), "productOrder.productOrderItem[0].state"),
        ("v4", item(action=7), "productOrder.productOrderItem"),
        ("v4", item(action=None), "productOrder.productOrderItem"),
        ("v5", item(quantity="many"), "productOrder.productOrderItem[0].quantity"),
        ("v5", service(state=[]), "serviceOrders[0].serviceOrderItem[0].state"),
        ("v5", item(product={"place": [{"role": 5, "place": {"id": "A"}}]}), "productOrder.productOrderItem[0].product.place[0].role"),
        ("v5", item(product={"place": [{"place": {"id": "A", "name": 5}}]}), "productOrder.productOrderItem[0].product.place[0].place.name"),
        ("v5", order(externalId=7), "productOrder.externalId"),
        ("v5", order(relatedParty=[{"role": "customer"}]), "productOrder.relatedParty"),
    ],
)  # fmt: skip
def test_a_value_of_the_wrong_kind_is_no_unknown_word(version, document, path):
    with pytest.raises(TraceProblem) as caught:
        trace_from_wire({"version": version, **document})
    assert caught.value.path == path


def test_a_service_order_of_v5_names_its_product_order_in_a_reference():
    def linked(**reference):
        document = order(id="PO-1") | {"version": "v5"}
        document["serviceOrders"] = [{"serviceOrderItem": [], "externalReference": [reference]}]
        return trace_from_wire(document).service_orders[0].product_order_id

    assert linked(id="PO-1") == "PO-1"
    assert linked(id="PO-1", externalReferenceType="commercial") == "PO-1"
    assert linked(id="PO-2", externalReferenceType="ProductOrder") == "PO-2"
    assert linked(id="PO-2", name="product order") == "PO-2"
    assert linked(id="PO-2") == "PO-2"
    assert linked(id="T-1", externalReferenceType="troubleTicket") is None


def test_a_fact_is_read_in_long_and_in_short(document):
    fact = document["facts"][0]
    fact["source"] = {"system": "aaa", "vocab": "aaa-states@7"}
    fact |= {"prev": "sha256:0", "lifecycle": "PO-1", "verifier": {"kind": "rule", "id": "ACT-006@3", "x": 1}}
    read = trace_from_wire(document).facts[0]
    assert (read.source.vocabulary, read.previous, read.order_id) == ("aaa-states@7", "sha256:0", "PO-1")
    assert (read.verifier.kind, read.verifier.id) == ("rule", "ACT-006@3")
    with pytest.raises(TraceProblem, match=r"facts\[0\].verifier"):
        trace_from_wire({**document, "facts": [{**fact, "verifier": "me"}]})
