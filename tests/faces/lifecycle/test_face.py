"""The gateway's own face, over HTTP's own shapes."""

import pytest

pytestmark = pytest.mark.usefixtures("repository")


async def test_orders_are_listed_at_a_glance(client):
    answer = await client.get("/orders", params={"checkpoint": "qualify", "state": "held"})
    assert answer.status_code == 200
    assert answer.headers["x-total-count"] == "1"
    assert answer.json() == [
        {
            "id": "order-1",
            "href": "http://gateway/lifecycle/v1/orders/order-1",
            "root": "productOrder",
            "checkpoint": "qualify",
            "state": "held",
            "openHolds": 1,
        }
    ]


@pytest.mark.parametrize("query", ["checkpoint=nowhere", "state=asleep", "offset=-1", "limit=x", "color=red"])
async def test_a_wrong_parameter_is_refused(client, query):
    answer = await client.get(f"/orders?{query}")
    assert answer.status_code == 400
    assert answer.json()["code"] == "badParameter"


async def test_a_limit_of_nothing_still_counts(client):
    answer = await client.get("/orders?limit=0")
    assert (answer.json(), answer.headers["x-total-count"]) == ([], "1")


async def test_the_timeline_of_an_order(client):
    order = (await client.get("/orders/order-1")).json()
    assert order["state"] == "held"
    assert order["externalId"] == "PO-1"
    assert order["lifecycle"] == {
        "checkpoint": "qualify",
        "root": "productOrder",
        "awaiting": [],
        "version": 0,
        "contextHash": "sha256:1",
    }
    assert order["facts"][0]["observedAt"] == "2026-03-01T08:56:00Z"
    assert order["holds"][1]["missing"] == ["site.qualified item:1"]
    assert order["holds"][0]["releaseCause"] == "facts arrived"
    assert "releasedAt" not in order["holds"][1]
    finding = order["decisions"][0]["findings"][0]
    assert finding["path"].startswith("productOrder.productOrderItem[0].itemPrice[0].price.dutyFreeAmount")
    assert [(one["kind"], one.get("state"), one["at"][14:16]) for one in order["timeline"]] == [
        ("event", "held", "00"),
        ("hold", "opened", "00"),
        ("fact", None, "01"),
        ("decision", None, "01"),
        ("hold", "opened", "01"),
        ("event", "held", "01"),
        ("hold", "released", "02"),
    ]
    assert order["timeline"][3]["findings"] == ["PRC-001"]


@pytest.mark.parametrize("path", ["/orders/nobody", "/facts?order=nobody", "/agreement?order=nobody"])
async def test_an_unknown_order_is_not_found(client, path):
    assert (await client.get(path)).status_code == 404


async def test_recheck(client, desk):
    answer = await client.post("/orders/order-1/recheck")
    assert answer.status_code == 202
    assert answer.json()["lifecycle"]["checkpoint"] == "qualify"
    assert desk.rechecked == ["order-1"]


async def test_open_holds_and_facts(client):
    holds = (await client.get("/holds")).json()
    assert [one["order"] for one in holds] == ["order-1"]
    assert (await client.get("/facts")).status_code == 400
    assert len((await client.get("/facts?order=order-1")).json()) == 1
    assert (await client.get("/facts?order=order-1&predicate=credit.ok")).json() == []


async def test_a_fact_is_stored(client, statement):
    answer = await client.post("/facts", json={"order": "order-1", **statement})
    assert answer.status_code == 201
    (stored,) = answer.json()["facts"]
    assert stored == {
        **statement,
        "id": "f0",
        "assurance": "asserted",
        "recordedAt": "2026-03-01T09:00:00Z",
    }


async def test_several_facts_are_stored(client, statement):
    answer = await client.post("/facts", json={"order": "order-1", "facts": [statement, statement]})
    assert len(answer.json()["facts"]) == 2


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"order": "nobody"}, 404),
        ({"predicate": "sky.blue"}, 400),
        ({"predicate": None}, 400),
        ({"observedAt": "2026-03-01T09:00:00"}, 400),
        ({"observedAt": "yesterday"}, 400),
        ({"subject": "cat"}, 400),
        ({"subject": "item:"}, 400),
        ({"source": {}}, 400),
        ({"source": None}, 400),
        ({"assurance": "sure"}, 400),
        ({"evidence": [{"ref": "no kind"}]}, 400),
        ({"facts": [{"predicate": "credit.ok"}]}, 400),
        ({"facts": 7}, 400),
    ],
)
async def test_what_cannot_be_stored(client, statement, change, status):
    body = {"order": "order-1", **statement, **change}
    answer = await client.post("/facts", json={name: value for name, value in body.items() if value is not None})
    assert answer.status_code == status, answer.text


async def test_a_wrong_subject_is_answered_with_the_forms(client, statement):
    body = {"order": "order-1", "facts": [statement, {**statement, "subject": "order"}]}
    error = (await client.post("/facts", json=body)).json()
    assert error["reason"].startswith("facts[1].subject")
    assert "item:<product order item id>" in error["message"]


async def test_agreement(client):
    body = (await client.get("/agreement")).json()
    assert body["orders"][0]["order"] == "order-1"
    assert body["agreeing"] == 1
    assert (await client.get("/agreement?order=order-1&order=order-1")).json()["totals"]["billed"] == {}


async def test_rules_and_errors_as_data_and_as_pages(client):
    rules = await client.get("/rules")
    assert rules.status_code == 200
    for rule in rules.json()[:1]:
        assert (await client.get(f"/rules/{rule['code'].lower()}")).json() == rule
        page = await client.get(f"/rules/{rule['code']}", headers={"accept": "text/html"})
        assert page.headers["content-type"].startswith("text/html")
        assert rule["code"] in page.text
    assert (await client.get("/rules", headers={"accept": "text/html"})).text.startswith("<!doctype html>")
    assert (await client.get("/rules/NO-999")).status_code == 404
    assert (await client.get("/errors/schema")).json()["status"] == 400
    assert "schema" in (await client.get("/errors/schema", headers={"accept": "text/html"})).text
    assert (await client.get("/errors/none")).status_code == 404


async def test_health(client, repository):
    answer = await client.get("/health")
    assert answer.json() == {"status": "ok", "database": "ok", "checkpoints": {"qualify": 1}, "parkedStreams": 2}
    repository.is_down = True
    answer = await client.get("/health")
    assert (answer.status_code, answer.json()["database"]) == (503, "unavailable")


async def test_a_trace_is_judged(client, document):
    answer = await client.post("/check", json=document)
    assert answer.status_code == 200, answer.text
    assert [gate["gate"] for gate in answer.json()["gates"]][-1] == "billing-to-close"
    assert answer.json()["contextHash"].startswith("sha256:")


async def test_a_trace_that_cannot_be_read(client, document):
    document["facts"][0]["predicate"] = "sky.blue"
    answer = await client.post("/check", json=document)
    assert answer.status_code == 400
    assert answer.json()["reason"].startswith("facts[0].predicate")
