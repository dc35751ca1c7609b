"""What is sent twice is taken once: over HTTP, through both versions, on a store of its own."""

import asyncio
import sqlite3
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import httpx
import pytest
import pytest_asyncio

from gateway.app.demo import bodies
from gateway.app.runtime import open_runtime
from gateway.app.settings import Settings
from gateway.faces.tmf622 import v4 as tmf622_v4
from gateway.faces.tmf622 import v5 as tmf622_v5
from gateway.rules.catalogue import Catalogue

ORDERS = "/tmf-api/productOrderingManagement/v4/productOrder"
NEW_ORDERS = "/tmf-api/productOrderingManagement/v5/productOrder"
TASKS = "/tmf-api/productOrderingManagement/v4/cancelProductOrder"
SERVICE_ORDERS = "/tmf-api/serviceOrdering/v4/serviceOrder"
ON_DEMAND = "/tmf-api/customerBillManagement/v4/customerBillOnDemand"
REPLAYED = "idempotent-replayed"


pytestmark = pytest.mark.asyncio(loop_scope="module")


class Clock:
    """A clock that a test sets forward."""

    def __init__(self):
        self.ahead = timedelta()

    def now(self):
        return datetime.now(UTC) + self.ahead


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return tmp_path_factory.mktemp("repeats") / "gateway.sqlite"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(store):
    """A gateway that does no work, so that what is taken in stays as it is, and a client of it."""
    async with open_runtime(Settings(database=f"sqlite:///{store}", workers=0)) as runtime:
        clock = Clock()
        for part in (runtime.desk, runtime.desk.once, runtime.repository):
            setattr(part, "clock" if part is runtime.desk else "_clock", clock)
        transport = httpx.ASGITransport(runtime.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway.test") as http:
            yield SimpleNamespace(http=http, runtime=runtime, clock=clock, post=http.post)


@pytest.fixture
def house(shared):
    """The gateway, at the present time."""
    shared.clock.ahead = timedelta()
    return shared


def order(name, **more):
    item = bodies.added("1", "FIBRE-500", 1011, place=1011, characteristics=[bodies.rate(500)])
    made = bodies.product_order(name, 1011, [item], **more)
    return made | {
        "requestedStartDate": "2030-03-01T08:00:00Z",
        "requestedCompletionDate": "2030-03-20T08:00:00Z",
        "channel": [{"id": "web", "role": "shop", "rank": 1}],
    }


def unnumbered(description):
    return {name: value for name, value in order(description).items() if name != "externalId"}


def in_v5(body):
    made = tmf622_v5.order_to_wire(tmf622_v4.order_from_wire(body))
    return {key: value for key, value in made.items() if key not in ("id", "href")}


def key(text):
    return {"Idempotency-Key": text}


def told(answer):
    return answer.json()["reason"]


async def count(house, **where):
    return int((await house.http.get(ORDERS, params=where)).headers["X-Total-Count"])


# -- by key ---------------------------------------------------------------------------------------------------------


async def test_the_first_answer_is_given_again_whatever_became_of_the_order(house):
    body = unnumbered("first")
    first = await house.post(ORDERS, json=body, headers=key('"key-1"'))
    changed = await house.http.patch(first.json()["href"], json={"description": "changed"})
    assert changed.status_code == 200
    again = await house.post(ORDERS, json=body, headers=key('"key-1"'))
    assert (first.status_code, again.status_code) == (201, 201)
    assert REPLAYED not in first.headers
    assert again.headers[REPLAYED] == "true"
    assert again.json() == first.json()
    assert [again.headers[name] for name in ("location", "etag")] == [first.headers[n] for n in ("location", "etag")]
    assert await count(house, description="changed") == 1


async def test_a_bare_key_is_the_quoted_one(house):
    first = await house.post(ORDERS, json=unnumbered("bare"), headers=key("bare-1"))
    again = await house.post(ORDERS, json=unnumbered("bare"), headers=key(' "bare-1";v=1'))
    assert again.json()["id"] == first.json()["id"]


async def test_spelling_is_no_difference(house):
    body = unnumbered("spelled") | {"channel": [{"id": "web", "rank": 1, "share": 0.5}]}
    first = await house.post(ORDERS, json=body, headers=key("spelled"))
    text = (
        '{"channel": [{"share": 5e-1, "rank": 1.0, "id": "w\\u0065b"}], "requestedStartDate": '
        '"2030-03-01T09:00:00+01:00", '
    )
    rest = {name: value for name, value in body.items() if name not in ("channel", "requestedStartDate")}
    content = text.encode() + httpx.Request("POST", "http://x", json=dict(reversed(rest.items()))).content[1:]
    headers = key("spelled") | {"content-type": "application/json"}
    again = await house.post(ORDERS, content=content, headers=headers)
    assert again.status_code == 201, again.text
    assert again.json()["id"] == first.json()["id"]


async def test_other_content_is_a_conflict_that_names_each_difference_and_shows_none(house):
    body = unnumbered("content")
    first = await house.post(ORDERS, json=body, headers=key("content"))
    item = body["productOrderItem"][0]
    other = body | {
        "description": "something secret",
        "productOrderItem": [{**item, "quantity": 2}, {**item, "id": "2"}],
        "channel": [{"id": "web", "role": "shop", "rank": True}],
    }
    refused = await house.post(ORDERS, json=other, headers=key("content"))
    assert refused.status_code == 409
    assert refused.json()["code"] == "otherContent"
    named = told(refused).partition("content: ")[2].split(", ")
    assert set(named) == {"description", "productOrderItem[0].quantity", "productOrderItem[1]", "channel[0].rank"}
    assert "secret" not in refused.text
    assert first.json()["id"] in told(refused)


async def test_a_conflict_with_very_many_differences_stays_short(house):
    def long(tail):
        return unnumbered("long") | {"note": [{"text": f"{tail} {number}"} for number in range(300)]}

    await house.post(ORDERS, json=long("a"), headers=key("long"))
    refused = await house.post(ORDERS, json=long("b"), headers=key("long"))
    assert refused.status_code == 409
    assert len(refused.content) < 2000
    assert "and 280 more" in told(refused)


async def test_one_order_through_both_versions_is_one(house):
    body = unnumbered("versions")
    first = await house.post(ORDERS, json=body, headers=key("versions"))
    again = await house.post(NEW_ORDERS, json=in_v5(body), headers=key("versions"))
    assert again.status_code == 201, again.text
    assert again.headers[REPLAYED] == "true"
    assert again.json()["id"] == first.json()["id"]
    assert again.json()["@type"] == "ProductOrder"
    other = await house.post(NEW_ORDERS, json=in_v5(body) | {"priority": "2"}, headers=key("versions"))
    assert told(other).endswith("content: priority")


async def test_what_was_refused_has_not_used_its_key_up(house):
    body = order("refused") | {"requestedCompletionDate": "2030-02-01T08:00:00Z"}
    refused = await house.post(ORDERS, json=body, headers=key("refused"))
    assert refused.status_code == 422, refused.text
    broken = await house.post(ORDERS, json={"productOrderItem": 1}, headers=key("refused"))
    assert broken.status_code == 400
    taken = await house.post(ORDERS, json=order("refused"), headers=key("refused"))
    assert taken.status_code == 201
    assert REPLAYED not in taken.headers


async def test_what_the_rules_would_refuse_by_now_is_answered_as_it_was_and_not_counted(house, store, monkeypatch):
    def counted():
        with sqlite3.connect(store) as db:
            return db.execute("select count(*) from exception_case").fetchone()[0]

    body = order("lenient") | {"requestedCompletionDate": "2030-02-01T08:00:00Z"}
    with monkeypatch.context() as lenient:
        lenient.setattr(house.runtime.desk, "rules", Catalogue(()))
        first = await house.post(ORDERS, json=body, headers=key("lenient"))
        assert first.status_code == 201
    before = counted()
    for headers in (key("lenient"), {}):
        again = await house.post(ORDERS, json=body, headers=headers)
        assert (again.status_code, again.json()) == (201, first.json())
    assert counted() == before
    assert (await house.post(ORDERS, json=body | {"externalId": "other"}, headers=key("other"))).status_code == 422
    assert counted() > before


async def test_a_key_is_forgotten_in_time(house):
    body = unnumbered("forgotten")
    first = await house.post(ORDERS, json=body, headers=key("forgotten"))
    house.clock.ahead = timedelta(days=7, seconds=1)
    second = await house.post(ORDERS, json=body | {"priority": "3"}, headers=key("forgotten"))
    assert second.status_code == 201
    assert second.json()["id"] != first.json()["id"]
    again = await house.post(ORDERS, json=body | {"priority": "3"}, headers=key("forgotten"))
    assert again.json()["id"] == second.json()["id"]


async def test_a_key_of_another_operation_is_a_conflict(house):
    made = await house.post(ORDERS, json=unnumbered("crossed"), headers=key("crossed"))
    task = {"productOrder": {"id": made.json()["id"]}, "cancellationReason": "no"}
    refused = await house.post(TASKS, json=task, headers=key("crossed"))
    assert refused.status_code == 409
    assert "productOrder" in told(refused)
    assert (await house.http.get(TASKS, params={"cancellationReason": "no"})).json() == []


async def test_a_cancellation_is_asked_for_once(house):
    made = await house.post(ORDERS, json=unnumbered("cancelled"))
    task = {"productOrder": {"id": made.json()["id"]}, "cancellationReason": "moved"}
    first = await house.post(TASKS, json=task, headers=key("cancel"))
    again = await house.post(TASKS, json=task, headers=key("cancel"))
    without = await house.post(TASKS, json=task)
    other = await house.post(TASKS, json=task | {"cancellationReason": "late"}, headers=key("cancel"))
    assert [one.status_code for one in (first, again, without, other)] == [201, 201, 409, 409]
    assert again.json() == first.json()
    assert told(other).endswith("content: cancellationReason")


async def test_a_bill_is_asked_for_once(house):
    body = {"billingAccount": {"id": "BA-1011"}, "relatedParty": {"id": "CUST-1011", "role": "customer"}}
    first = await house.post(ON_DEMAND, json=body, headers=key("bill"))
    again = await house.post(ON_DEMAND, json=body, headers=key("bill"))
    other = await house.post(ON_DEMAND, json=body | {"billingAccount": {"id": "BA-1012"}}, headers=key("bill"))
    assert first.status_code == 201, first.text
    assert again.json() == first.json()
    assert told(other).endswith("content: billingAccount.id")


async def test_a_service_order_is_taken_once_beside_its_product_order(house):
    made = await house.post(ORDERS, json=unnumbered("served"))
    body = bodies.outside_service_order(made.json()["id"], "1", "FIBRE-ACCESS", [bodies.rate(500)], 1011)
    first = await house.post(SERVICE_ORDERS, json=body, headers=key("served"))
    assert first.status_code == 201, first.text
    again = await house.post(SERVICE_ORDERS, json=body, headers=key("served"))
    assert again.json() == first.json()
    # Its externalId is the product order's id, and nobody's number for this one alone.
    second = await house.post(SERVICE_ORDERS, json=body | {"description": "another"}, headers=key("served-2"))
    assert second.status_code in (201, 422)
    assert REPLAYED not in second.headers


# -- at one time ----------------------------------------------------------------------------------------------------


async def test_of_many_at_once_one_is_taken_and_all_get_its_answer(house):
    body = unnumbered("at once")
    answers = await asyncio.gather(*(house.post(ORDERS, json=body, headers=key("at-once")) for _ in range(12)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sum(REPLAYED not in answer.headers for answer in answers) == 1
    assert await count(house, description="at once") == 1


async def test_of_many_that_differ_one_is_taken_and_the_others_conflict(house):
    def send(number):
        return house.post(ORDERS, json=unnumbered("differ") | {"priority": str(number)}, headers=key("differ"))

    answers = await asyncio.gather(*map(send, range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert await count(house, description="differ") == 1


# -- by number ------------------------------------------------------------------------------------------------------


async def test_an_order_of_the_same_number_is_the_same_order(house):
    first = await house.post(ORDERS, json=order("N-1"))
    again = await house.post(ORDERS, json=order("N-1"))
    other = await house.post(ORDERS, json=order("N-1", category="B2B"))
    zeros = await house.post(ORDERS, json=order("0N-1"))
    assert [one.status_code for one in (first, again, other, zeros)] == [201, 201, 409, 201]
    assert again.json() == first.json()
    assert again.headers[REPLAYED] == "true"
    assert "externalId N-1" in told(other)
    assert told(other).endswith("content: category")
    assert zeros.json()["id"] != first.json()["id"]


async def test_a_number_is_one_issuers_and_without_a_scheme_one_customers(house):
    def numbered(*, owner=None, scheme=None, customer=1011):
        body = in_v5(order("N-2"))
        said = {"id": "N-2", "@type": "ExternalIdentifier"}
        said |= ({"owner": owner} if owner else {}) | ({"externalIdentifierType": scheme} if scheme else {})
        body["relatedParty"][0]["partyOrPartyRole"]["id"] = f"CUST-{customer}"
        return body | {"externalId": [said]}

    async def sent(**said):
        answer = await house.post(NEW_ORDERS, json=numbered(**said))
        assert answer.status_code in (201, 409), answer.text
        return answer.json()["id"] if answer.status_code == 201 else answer.status_code

    shop = await sent(owner="shop")
    assert await sent(owner="shop") == shop
    different = [
        await sent(owner="partner"),
        await sent(owner="shop", customer=1012),
        await sent(owner="shop", scheme="s"),
    ]
    assert len({shop, *different}) == 4
    assert await sent(owner="shop", scheme="s", customer=1012) == 409


async def test_a_key_and_a_number_of_two_orders_are_a_conflict(house):
    await house.post(ORDERS, json=order("N-3"), headers=key("N-3"))
    refused = await house.post(ORDERS, json=order("N-4"), headers=key("N-3"))
    assert refused.status_code == 409
    assert told(refused).endswith("content: externalId, description")
    assert (await house.post(ORDERS, json=order("N-3"), headers=key("another"))).headers[REPLAYED] == "true"


async def test_a_number_is_free_again_once_its_order_is_deleted(house):
    first = await house.post(ORDERS, json=order("N-5"))
    assert (await house.http.delete(first.json()["href"])).status_code == 204
    second = await house.post(ORDERS, json=order("N-5"))
    assert second.status_code == 201
    assert REPLAYED not in second.headers
    assert second.json()["id"] != first.json()["id"]
    assert (await house.post(ORDERS, json=order("N-5"))).json()["id"] == second.json()["id"]


async def test_a_cancelled_sale_may_be_sent_again_corrected(house):
    draft = in_v5(order("N-6")) | {"requestedInitialState": "draft"}
    first = await house.post(NEW_ORDERS, json=draft)
    cancelled = await house.http.patch(first.json()["href"], json={"state": "cancelled", "@type": "ProductOrder"})
    assert cancelled.status_code == 200, cancelled.text
    assert (await house.post(NEW_ORDERS, json=draft)).json()["state"] == "draft"  # the first answer
    corrected = await house.post(NEW_ORDERS, json=draft | {"category": "B2B"})
    assert corrected.status_code == 201
    assert corrected.json()["id"] != first.json()["id"]


async def test_an_order_without_a_number_or_a_key_is_another_each_time(house):
    answers = [await house.post(ORDERS, json=unnumbered("twice")) for _ in range(2)]
    assert answers[0].json()["id"] != answers[1].json()["id"]


# -- what else there is to keys ---------------------------------------------------------------------------------------


async def test_the_longest_key_is_taken(house):
    answer = await house.post(ORDERS, json=unnumbered("longest"), headers=key("k" * 255))
    assert answer.status_code == 201


async def test_other_operations_have_no_use_for_a_key(house):
    made = await house.post(ORDERS, json=unnumbered("useless"), headers=key("useless"))
    for _ in range(2):
        read = await house.http.get(made.json()["href"], headers=key(""))
        assert read.status_code == 200


async def test_expired_keys_are_removed_and_numbers_are_not(house, store):
    def keys():
        with sqlite3.connect(store) as db:
            return db.execute("select count(*), count(expires) from claim").fetchone()

    await house.post(ORDERS, json=order("N-7"), headers=key("N-7"))
    every, expiring = keys()
    assert 0 < expiring < every
    await house.runtime.desk.once.forget()
    assert keys() == (every, expiring)
    house.clock.ahead = timedelta(days=400)
    assert await house.runtime.repository.forget_claims(house.clock.now(), limit=3) == 3
    await house.runtime.desk.once.forget()
    assert keys() == (every - expiring, 0)
