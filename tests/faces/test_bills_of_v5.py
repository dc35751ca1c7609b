"""Bills, rates, cycles and bills on demand through TMF678 v5, beside v4."""

from pathlib import Path

import pytest

from gateway.canonical.bill import BillCycle
from gateway.canonical.common import Period, Ref
from gateway.canonical.lifecycle import ResourceKind
from gateway.faces.documents import load_document
from gateway.faces.tmf678 import v5

pytestmark = pytest.mark.usefixtures("checked")

PAIRS = Path(__file__).parent / "pairs"
BASE = "/tmf-api/customerBillManagement/v5"
MEDIA = {name: f"application/{name}+json" for name in ("merge-patch", "json-patch", "json-patch-query")}
CYCLE = {"id": "CY-1", "name": "first of the month", "@type": "BillCycleRef"}


@pytest.fixture
def bill(faces):
    """A bill and a rate, as the files of both versions have them; the bill's wire object of v5."""
    bodies = load_document(PAIRS / "bill.yaml")
    faces.memory.keep(ResourceKind.CUSTOMER_BILL, v5.bill_from_wire(bodies["v5"]))
    rate = v5.rate_from_wire(load_document(PAIRS / "rate.yaml")["v5"])
    faces.memory.keep(ResourceKind.APPLIED_RATE, rate)
    return bodies["v5"] | {"href": f"http://gateway.test{BASE}/customerBill/{bodies['v5']['id']}"}


async def test_bills_and_rates_are_read_and_filtered(faces, bill):
    read = await faces.http.get(f"{BASE}/customerBill/{bill['id']}")
    assert read.status_code == 200
    assert read.json() == bill
    for query in (
        "state=onHold",
        "billingAccount.id=BA-1",
        "relatedParty.partyOrPartyRole.id=C-1",
        "amountDue.value=36",
    ):
        found = await faces.http.get(f"{BASE}/customerBill?{query}")
        assert [one["id"] for one in found.json()] == [bill["id"]], query
    rates = await faces.http.get(f"{BASE}/appliedCustomerBillingRate?isBilled=true")
    assert rates.status_code == 200
    assert all(one["@type"] == "AppliedCustomerBillingRate" for one in rates.json())
    assert (await faces.http.get(f"{BASE}/customerBill?juggler=1")).status_code == 400


@pytest.mark.parametrize(
    ("media", "body"),
    [
        ("merge-patch", {"state": "new", "billCycle": CYCLE}),
        (
            "json-patch",
            [{"op": "add", "path": "/billCycle", "value": CYCLE}, {"op": "replace", "path": "/state", "value": "new"}],
        ),
        (
            "json-patch-query",
            [
                {"op": "add", "path": "/billCycle?state=onHold", "value": CYCLE},
                {"op": "replace", "path": "/state?state=onHold", "value": "new"},
            ],
        ),
    ],
)
async def test_state_and_cycle_of_a_bill_can_be_changed(faces, bill, media, body):
    answer = await faces.http.patch(
        f"{BASE}/customerBill/{bill['id']}", json=body, headers={"Content-Type": MEDIA[media]}
    )
    assert answer.status_code == 200, answer.text
    assert answer.json() == bill | {"state": "new", "billCycle": CYCLE}


@pytest.mark.parametrize("name", ["billNo", "amountDue", "id", "@type", "juggler"])
async def test_nothing_else_of_a_bill_can_be_changed(faces, bill, refused, name):
    value = {"unit": "EUR", "value": 1} if name == "amountDue" else "x"
    for media, body in (
        ("merge-patch", {name: value}),
        ("json-patch", {"op": "add", "path": f"/{name}", "value": value}),
        ("json-patch-query", {"op": "add", "path": f"/{name}?state=onHold", "value": value}),
    ):
        answer = await faces.http.patch(
            f"{BASE}/customerBill/{bill['id']}", json=body, headers={"Content-Type": MEDIA[media]}
        )
        error = refused(answer, 400)
        assert error["code"] == "notPatchable"
        assert name in error["reason"]
        assert "billCycle, state" in error["reason"]
    assert (await faces.http.get(f"{BASE}/customerBill/{bill['id']}")).json() == bill


async def test_cycles_are_read(faces, refused):
    cycle = BillCycle(
        id="CY-1", name="first of the month", billing_period="month", specification=Ref(id="S-1"), valid_for=Period(),
        revision=1,
    )  # fmt: skip
    faces.memory.keep(ResourceKind.BILL_CYCLE, cycle)
    read = await faces.http.get(f"{BASE}/billCycle/CY-1")
    assert read.json() == {
        "id": "CY-1",
        "href": f"http://gateway.test{BASE}/billCycle/CY-1",
        "name": "first of the month",
        "billingPeriod": "month",
        "BillCycleSpecification": {"id": "S-1", "@type": "BillCycleSpecificationRef"},
        "validFor": {},
        "@type": "BillCycle",
    }
    assert (await faces.http.get(f"{BASE}/billCycle?name=first of the month")).json() == [read.json()]
    refused(await faces.http.get(f"{BASE}/billCycle/CY-2"), 404)
    refused(await faces.http.get("/tmf-api/customerBillManagement/v4/billCycle"), 404)


async def test_a_bill_on_demand_is_asked_for(faces):
    body = {"@type": "CustomerBillOnDemand", "billingAccount": {"id": "BA-1", "@type": "BillingAccountRef"}}
    made = await faces.http.post(f"{BASE}/customerBillOnDemand", json=body)
    assert made.status_code == 201, made.text
    assert made.headers["location"] == made.json()["href"]
    assert made.json()["state"] == "inProgress"
    old = await faces.http.get(f"/tmf-api/customerBillManagement/v4/customerBillOnDemand/{made.json()['id']}")
    assert old.json()["billingAccount"]["id"] == "BA-1"
