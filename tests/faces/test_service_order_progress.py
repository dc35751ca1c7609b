"""Milestones, alerts and errors of a service order, as TMF641 v4.1 says them."""

import pytest

from gateway.canonical.common import ErrorMessage, ItemRef, JeopardyAlert, Milestone
from gateway.canonical.service_order import ServiceOrder
from gateway.faces.tmf641 import v4 as tmf641


def order(**more):
    return {"id": "s1", "serviceOrderItem": [{"id": "1", "action": "add", "service": {}}], **more}


def test_what_the_gateway_knows_of_its_progress_is_said():
    service_order = ServiceOrder(
        id="s1",
        milestones=(Milestone(id="m", name="field work", status="Completed", items=(ItemRef(item_id="1"),)),),
        jeopardies=(JeopardyAlert(id="j", name="late", jeopardy_type="Normal"),),
        errors=(ErrorMessage(code="504", reason="no answer"),),
    )
    said = tmf641.order_to_wire(service_order)
    assert said["milestone"] == [
        {"id": "m", "name": "field work", "status": "Completed", "serviceOrderItem": [{"id": "1", "itemId": "1"}]}
    ]
    assert said["jeopardyAlert"] == [{"id": "j", "name": "late", "jeopardyType": "Normal"}]
    assert said["errorMessage"] == [{"code": "504", "reason": "no answer"}]


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"id": "1"}, {"id": "1", "itemId": "1"}),
        ({"itemId": "1"}, {"id": "1", "itemId": "1"}),
        ({"id": "1", "itemId": "1"}, {"id": "1", "itemId": "1"}),
        ({"id": "0", "itemId": "1", "x": 2}, {"id": "0", "itemId": "1", "x": 2}),
        ({"serviceOrderId": "s9"}, {"id": "", "serviceOrderId": "s9"}),  # the document demands an id
        ({"id": 5}, {"id": 5, "itemId": 5}),
    ],
)
def test_either_spelling_of_a_line_is_read_and_both_are_said(sent, said):
    once = tmf641.order_from_wire(order(milestone=[{"name": "m", "serviceOrderItem": [sent]}]))
    assert tmf641.order_to_wire(once)["milestone"] == [{"name": "m", "serviceOrderItem": [said]}]
    assert tmf641.order_from_wire(tmf641.order_to_wire(once)) == once


def test_errors_of_a_line_stay_with_the_line():
    wire = order()
    wire["serviceOrderItem"][0]["errorMessage"] = [{"code": "7", "timestamp": "2026-03-01T09:00:00Z"}]
    read = tmf641.order_from_wire(wire)
    assert read.items[0].errors[0].timestamp.year == 2026
    assert (
        tmf641.order_to_wire(read)["serviceOrderItem"][0]["errorMessage"] == wire["serviceOrderItem"][0]["errorMessage"]
    )
