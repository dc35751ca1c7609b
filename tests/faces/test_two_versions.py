"""The same resource in v4 and in v5: read as one, changed through either, and nothing lost."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.canonical.common import ErrorMessage, ExternalId, ItemRef, JeopardyAlert, Milestone, Relationship
from gateway.canonical.lifecycle import Event, ResourceKind
from gateway.canonical.states import OrderState, TaskState
from gateway.faces.documents import load_document
from gateway.faces.patch import changed
from gateway.faces.tmf622 import v4 as tmf622_v4
from gateway.faces.tmf622 import v5 as tmf622_v5
from gateway.faces.tmf641 import v4 as tmf641_v4
from gateway.faces.tmf641 import v5 as tmf641_v5
from gateway.faces.tmf678 import v4 as tmf678_v4
from gateway.faces.tmf678 import v5 as tmf678_v5
from gateway.ports.errors import FaceError

PAIRS = Path(__file__).parent / "pairs"
FILES = {
    "product_order": (tmf622_v4, tmf622_v5, ResourceKind.PRODUCT_ORDER),
    "cancel_product_order": (tmf622_v4, tmf622_v5, ResourceKind.CANCEL_PRODUCT_ORDER),
    "service_order": (tmf641_v4, tmf641_v5, ResourceKind.SERVICE_ORDER),
    "cancel_service_order": (tmf641_v4, tmf641_v5, ResourceKind.CANCEL_SERVICE_ORDER),
    "bill": (tmf678_v4, tmf678_v5, ResourceKind.CUSTOMER_BILL),
    "rate": (tmf678_v4, tmf678_v5, ResourceKind.APPLIED_RATE),
    "on_demand": (tmf678_v4, tmf678_v5, ResourceKind.ON_DEMAND_BILL),
}
AT = datetime(2026, 3, 1, 9, tzinfo=UTC)


def pair(name):
    """Both bodies of a file, and what both versions know of the resource."""
    bodies = load_document(PAIRS / f"{name}.yaml")
    v4, v5, kind = FILES[name]
    return bodies["v4"], bodies["v5"], v4.SPOKE.resource(kind), v5.SPOKE.resource(kind)


every_pair = pytest.mark.parametrize("name", FILES)


def said(spoke, resource):
    wire = spoke.to_wire(resource, "")
    del wire["href"]
    return wire


@every_pair
def test_both_versions_read_the_same(name):
    old, new, v4, v5 = pair(name)
    assert v4.from_wire(old) == v5.from_wire(new)


@every_pair
def test_each_version_says_what_the_other_read(name):
    old, new, v4, v5 = pair(name)
    assert said(v5, v4.from_wire(old)) == new
    assert said(v4, v5.from_wire(new)) == old


def product_order():
    """An order with all that v5 alone can say."""
    _, new, _, v5 = pair("product_order")
    item = new["productOrderItem"][0] | {"state": "partial", "note": [{"text": "knock", "@type": "Note"}]}
    party = new["relatedParty"][0] | {"partyOrPartyRole": {"id": "C-1", "@type": "PartyRoleRef", "partyId": "P-1"}}
    wire = new | {
        "state": "inProgress.accepted",
        "requestedInitialState": "draft",
        "externalId": [
            {"id": "A", "owner": "crm", "externalIdentifierType": "order", "@type": "ExternalIdentifier"},
            {"id": "B", "owner": "shop", "@type": "ExternalIdentifier"},
        ],
        "orderRelationship": [{"id": "PO-1", "relationshipType": "dependsOn", "@type": "OrderRelationship"}],
        "productOrderMilestone": [
            {
                "id": "m",
                "name": "built",
                "productOrderItem": [{"productOrderItemId": "1", "@type": "ProductOrderItemRef"}],
                "@type": "ProductOrderMilestone",
            }
        ],
        "productOrderJeopardyAlert": [{"id": "j", "name": "late", "@type": "ProductOrderJeopardyAlert"}],
        "productOrderErrorMessage": [{"code": "1", "reason": "no port", "@type": "ProductOrderErrorMessage"}],
        "relatedParty": [party, new["relatedParty"][1]],
        "productOrderItem": [item, new["productOrderItem"][1]],
        "@type": "VendorOrder",
        "@baseType": "ProductOrder",
        "vendorMember": {"deep": [1, None]},
    }
    return wire, v5


def test_v5_create_v4_patch_v5_read_loses_nothing():
    wire, _ = product_order()
    created = tmf622_v5.order_from_wire(wire)
    patched = tmf622_v4.order_patch_from_wire(created, {"description": "as agreed by telephone"})
    assert said(tmf622_v5.SPOKE.resources[0], patched) == wire | {"description": "as agreed by telephone"}


def test_a_v4_client_that_sends_its_items_back_takes_nothing_away():
    wire, _ = product_order()
    created = tmf622_v5.order_from_wire(wire)
    seen = tmf622_v4.order_to_wire(created)
    seen["productOrderItem"][0]["quantity"] = 3
    patch = {key: seen[key] for key in ("productOrderItem", "relatedParty", "note", "externalId")}
    patched = tmf622_v4.order_patch_from_wire(created, patch)
    wire["productOrderItem"][0]["quantity"] = 3
    assert said(tmf622_v5.SPOKE.resources[0], patched) == wire


def test_another_external_id_from_v4_takes_the_place_of_the_first_alone():
    created = tmf622_v5.order_from_wire(product_order()[0])
    patched = tmf622_v4.order_patch_from_wire(created, {"externalId": "C"})
    assert patched.external_ids == (ExternalId(value="C"), created.external_ids[1])


def test_external_ids_are_told_apart_by_their_value():
    wire, v5 = product_order()
    created = v5.from_wire(wire)
    ids = [wire["externalId"][1] | {"externalIdentifierType": "basket"}, {"id": "C", "@type": "ExternalIdentifier"}]
    patched = changed(v5, created, {"externalId": ids})
    assert [(one.value, one.issuer, one.scheme) for one in patched.external_ids] == [
        ("B", "shop", "basket"),
        ("C", None, None),
    ]


def test_two_notes_without_an_id_are_two_notes():
    _, _, v4, _ = pair("product_order")
    stored = v4.from_wire({"productOrderItem": [], "note": [{"text": "a", "author": "x"}, {"text": "b"}]})
    patched = changed(v4, stored, {"note": [{"text": "c"}, {"text": "d"}]})
    assert [(one.text, one.author) for one in patched.notes] == [("c", None), ("d", None)]


def test_v4_is_silent_about_what_it_has_no_member_for():
    seen = tmf622_v4.order_to_wire(tmf622_v5.order_from_wire(product_order()[0]))
    assert seen["state"] == "inProgress"
    assert seen["externalId"] == "A"
    assert seen["productOrderItem"][0]["state"] == "inProgress"
    assert not {"productOrderMilestone", "productOrderErrorMessage", "orderRelationship", "creationDate"} & seen.keys()


def test_v4_create_v5_patch_v4_read_loses_nothing():
    old, _, v4, v5 = pair("service_order")
    created = v4.from_wire(old | {"vendorMember": 7})
    patched = changed(v5, created, {"description": "hurry"})
    assert said(v4, patched) == old | {"vendorMember": 7, "description": "hurry"}


def test_all_errors_survive_a_version_that_shows_one():
    _, new, _, v5 = pair("service_order")
    order = v5.from_wire(new)
    order = order.model_copy(update={"errors": (ErrorMessage(code="1"), ErrorMessage(code="2"))})
    assert v5.to_wire(order, "")["errorMessage"]["code"] == "2"
    assert changed(v5, order, {"description": "hurry"}).errors == order.errors


@pytest.mark.parametrize(
    ("sent", "state"),
    [
        ("held", OrderState.HELD),
        ({"@type": "ServiceOrderItemStateType", "id": "held"}, OrderState.HELD),
        ({"@type": "ServiceOrderItemStateType", "state": "completed"}, OrderState.COMPLETED),
        ({"@type": "ServiceOrderItemStateType"}, None),
    ],
)
def test_the_state_of_a_line_is_read_as_a_word_or_an_object_and_said_as_a_word(sent, state):
    item = {"id": "1", "action": "add", "service": {"@type": "Service"}, "state": sent}
    order = tmf641_v5.order_from_wire({"@type": "ServiceOrder", "serviceOrderItem": [item]})
    assert order.items[0].state is state
    assert tmf641_v5.order_to_wire(order)["serviceOrderItem"][0].get("state") == state


@pytest.mark.parametrize(
    "sent",
    [
        "CRM-1",
        [{"id": "CRM-1", "@type": "ExternalIdentifier"}],
    ],
)
def test_an_external_id_that_v5_of_641_does_not_have_any_more_is_read_all_the_same(sent):
    order = tmf641_v5.order_from_wire({"@type": "ServiceOrder", "serviceOrderItem": [], "externalId": sent})
    assert order.external_ids == (ExternalId(value="CRM-1"),)


def test_what_v4_writes_flat_is_read_by_v5():
    wire = {
        "productOrderItem": [{"id": "1", "action": "add", "product": {"place": [{"id": "A", "role": "site"}]}}],
        "relatedParty": [{"id": "C-1", "role": "customer", "@type": "RelatedParty"}],
    }
    assert tmf622_v5.order_from_wire(wire) == tmf622_v4.order_from_wire(
        wire | {"relatedParty": [{"id": "C-1", "role": "customer"}]}
    )


def test_an_address_written_out_goes_from_one_version_to_the_other_and_back():
    address = {"@type": "GeographicAddress", "city": "Lyon", "postcode": "69001"}
    item = {"id": "1", "action": "add", "product": {"place": [{"role": "site", **address}]}}
    order = tmf622_v4.order_from_wire({"productOrderItem": [item]})
    place = tmf622_v5.order_to_wire(order)["productOrderItem"][0]["product"]["place"][0]
    assert place == {"role": "site", "place": address, "@type": "RelatedPlaceRefOrValue"}
    assert tmf622_v5.order_from_wire(tmf622_v5.order_to_wire(order)) == order


def test_aborted_has_its_trailing_blank_in_v5_too():
    item = {"id": "1", "action": "add", "product": {"status": "aborted ", "@type": "Product"}}
    order = tmf622_v5.order_from_wire({"productOrderItem": [item]})
    assert order.items[0].product.status == "aborted"
    assert tmf622_v5.order_to_wire(order)["productOrderItem"][0]["product"]["status"] == "aborted "


def test_a_bill_that_is_partially_settled_in_prose_is_partially_paid():
    bill = tmf678_v5.bill_from_wire({"state": "partiallySettled"})
    assert tmf678_v5.bill_to_wire(bill)["state"] == "partiallyPaid"


def test_tasks_of_either_api_begin_in_their_own_word():
    task = tmf641_v4.task_from_wire({"serviceOrder": {"id": "S"}, "state": "accepted"})
    assert tmf641_v5.task_to_wire(task)["state"] == "acknowledged"
    assert tmf641_v5.task_from_wire({"state": "rejected"}).state is TaskState.REJECTED


@pytest.mark.parametrize(
    ("spoke", "name", "patch", "path"),
    [
        (tmf622_v5, "product_order", {"creationDate": "2026-03-01T09:00:00+01:00"}, "creationDate"),
        (tmf622_v5, "product_order", {"requestedInitialState": "draft"}, "requestedInitialState"),
        (tmf622_v5, "product_order", {"@type": "VendorOrder"}, "@type"),
        (tmf641_v5, "service_order", {"milestone": []}, "milestone"),
        (tmf641_v5, "service_order", {"orderDate": None}, "orderDate"),
        (tmf678_v5, "bill", {"amountDue": {"unit": "EUR", "value": 0}}, "amountDue"),
    ],
)
def test_what_v5_forbids_to_change_is_refused_by_name(spoke, name, patch, path):
    _, new, _, v5 = pair(name)
    with pytest.raises(FaceError, match="cannot be changed") as caught:
        changed(v5, v5.from_wire(new), patch)
    assert caught.value.path == path


def test_v5_may_change_the_cycle_of_a_bill():
    _, new, _, v5 = pair("bill")
    cycle = {"id": "CY-1", "@type": "BillCycleRef"}
    assert said(v5, changed(v5, v5.from_wire(new), {"billCycle": cycle})) == new | {"billCycle": cycle}


def event(kind, kind_type, resource, *changed_members):
    return Event(
        id="e1",
        order_id="PO-71",
        seq=1,
        kind=kind,
        resource_id=resource.id,
        type=kind_type,
        at=AT,
        resource=resource.model_dump_json(),
        changed=changed_members,
    )


def test_v5_says_its_events_as_its_document_has_them():
    order = tmf622_v5.order_from_wire(product_order()[0])
    told = tmf622_v5.event_to_wire(event(ResourceKind.PRODUCT_ORDER, "milestone", order, "milestones"), "http://g")
    assert told["eventType"] == told["@type"] == "ProductOrderMilestoneEvent"
    assert told["timeOccurred"] == "2026-03-01T09:00:00Z"
    assert "timeOcurred" not in told
    assert set(told["event"]["productOrder"]) == {"id", "href", "@type", "productOrderMilestone"}
    alert = tmf622_v5.event_to_wire(event(ResourceKind.PRODUCT_ORDER, "jeopardy", order, "jeopardies"))
    assert alert["eventType"] == "ProductOrderJeopardyAlertEvent"
    assert tmf622_v4.event_to_wire(event(ResourceKind.PRODUCT_ORDER, "milestone", order)) is None


def test_members_of_events_that_the_document_misspells_are_said_in_both_ways():
    task = tmf622_v5.task_from_wire({"id": "X", "productOrder": {"id": "PO-71"}, "state": "done"})
    told = tmf622_v5.event_to_wire(event(ResourceKind.CANCEL_PRODUCT_ORDER, "stateChange", task))
    assert set(told["event"]) == {"canccelProductOrder", "cancelProductOrder"}
    order = tmf641_v5.order_from_wire({"id": "S", "serviceOrderItem": []})
    told = tmf641_v5.event_to_wire(event(ResourceKind.SERVICE_ORDER, "create", order))
    assert set(told["event"]) == {"ServiceOrder", "serviceOrder"}
    told = tmf641_v5.event_to_wire(event(ResourceKind.SERVICE_ORDER, "informationRequired", order))
    assert set(told["event"]) == {"serviceOrder"}


def test_a_canonical_path_is_said_in_the_words_of_v5():
    assert tmf622_v5.wire_path("items[0].product.places[1].id") == "productOrderItem[0].product.place[1].place.id"
    assert tmf622_v5.wire_path("parties[0].role") == "relatedParty[0].role"
    assert tmf622_v5.wire_path("external_ids[0].issuer") == "externalId[0].owner"
    assert tmf641_v5.wire_path("errors[0].code") == "errorMessage[0].code"
    assert tmf678_v5.wire_path("rates[0].type") == "appliedBillingRateType"


def test_progress_that_the_gateway_makes_is_said_by_both_versions_that_can():
    progress = {
        "milestones": (Milestone(name="built", items=(ItemRef(item_id="1"),)),),
        "jeopardies": (JeopardyAlert(name="late"),),
        "errors": (ErrorMessage(code="1"),),
        "relationships": (Relationship(id="PO-1", type="dependsOn"),),
    }
    order = tmf622_v5.order_from_wire({"productOrderItem": []}).model_copy(update=progress)
    assert tmf622_v5.order_from_wire(tmf622_v5.order_to_wire(order)) == order
    assert tmf622_v4.order_from_wire(tmf622_v4.order_to_wire(order)).milestones == ()


@pytest.mark.parametrize("spoke", [tmf622_v5, tmf641_v5, tmf678_v5])
def test_every_lossy_row_has_a_reason(spoke):
    assert all(len(reason) > 20 for reason in spoke.LOSSY.values())
