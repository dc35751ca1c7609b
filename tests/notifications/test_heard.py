"""What another system tells the gateway is kept before it is answered, and becomes a report or stays to be seen."""

from functools import cache
from types import SimpleNamespace

import httpx
import orjson
import pytest

from gateway.app.documents import documents_directory
from gateway.app.lending import Lender
from gateway.canonical.fact import Fact, Source
from gateway.canonical.lifecycle import Checkpoint, Lifecycle, ResourceKind
from gateway.canonical.listening import HeardStatus
from gateway.canonical.order import ProductOrder
from gateway.canonical.reference import Policy
from gateway.canonical.states import OrderState
from gateway.faces.application import build_faces
from gateway.lifecycle.advance import send
from gateway.lifecycle.desk import OrderDesk
from gateway.lifecycle.draft import Draft
from gateway.lifecycle.heard import HeardDesk
from gateway.lifecycle.rule_sets.book import RuleBook
from gateway.lifecycle.terms import Terms
from gateway.ports.adapter import Capability, Operation, Outcome, Report, Role
from gateway.ports.errors import UnknownCode
from gateway.ports.inbox import HEARD_LANE
from gateway.ports.listening import About
from gateway.ports.repository import Aggregate
from gateway.rules.engine import Catalogue
from gateway.streams import queue
from gateway.streams.message import Again

BASE = "/tmf-api/serviceOrdering"
STATES = {"inProgress": Outcome.WORKING, "completed": Outcome.DONE}


class Downstream:
    """An adapter of a system that speaks TMF641: it notifies, and calls an order of ours what we called it."""

    name, role = "downstream", Role.FIELD_WORK
    capabilities = dict.fromkeys(("submit", "fetch"), Capability.FULL)
    hears = frozenset({"ServiceOrderStateChangeEvent"})

    async def submit(self, message):
        return Report(outcome=Outcome.WORKING, legacy_ids={"downstream order": f"D-{message.order.id}"})

    fetch = submit

    async def cancel(self, message):
        raise AssertionError

    async def check(self):
        return "well"

    async def close(self):
        pass

    def about(self, heard):
        order = heard.body["event"].get("serviceOrder", {})
        reference = order.get("externalId")
        if reference is None and not order.get("id", "").startswith("D-"):
            return None
        return About(operation=Operation.BUILD, reference=reference, legacy_id=order["id"])

    def report_from_event(self, heard):
        order = heard.body["event"]["serviceOrder"]
        if order["state"] not in STATES:
            raise UnknownCode("downstream-states@1", order["state"])
        outcome = STATES[order["state"]]
        value = {"result": "done"}
        fact = Fact(
            predicate="field.completed", subject="item:1", value=value, observed_at=heard.received_at,
            source=Source(system=self.name),
        )  # fmt: skip
        return Report(outcome=outcome, facts=(fact,) if outcome is Outcome.DONE else ())


class Bench:
    """The adapters in use."""

    def __init__(self, *adapters):
        self.of_role = {adapter.role: adapter for adapter in adapters}

    def adapters(self):
        return self.of_role

    async def met_unknown(self, error, order_id, adapter):
        return False


class Behind:
    """Stands behind the faces, which are built once, for whatever a test puts there."""

    def __init__(self):
        self.real = None

    def __getattr__(self, name):
        def call(*said, **named):
            return getattr(self.real, name)(*said, **named)

        return call


@cache
def faces():
    """The application, and what stands behind it."""
    desk, repository, inbox = Behind(), Behind(), Behind()
    book = RuleBook(Catalogue.load(), landscape="test", tenant=None)
    app = build_faces(desk, repository, book, documents=documents_directory(), inbox=inbox)
    return app, book, desk, repository, inbox


@pytest.fixture
async def house(database, repository, inbox, clock):
    """The faces in front, the inbox behind them, and one adapter that hears."""
    app, book, *behind = faces()
    terms = Terms({}, Policy(), "UTC", {})
    desk = OrderDesk(repository, terms, book, clock)
    bench = Bench(Lender().lend(Downstream()))  # as the workshop hands adapters out
    heard = HeardDesk(desk, bench, inbox)
    for one, real in zip(behind, (desk, repository, inbox), strict=True):
        one.real = real

    async def look():
        """Do what waits in the lane; return what came of it."""
        came = []
        while True:
            jobs = await database.write(
                lambda conn: queue.claim(conn, [queue.Ask(HEARD_LANE, 10, 30.0)], "me", clock.now())
            )
            if not jobs:
                return came
            for job in jobs:
                answer = await heard.look(job)
                came.append(answer)
                if isinstance(answer, Again):
                    pause = answer.seconds
                    await database.write(lambda conn, job=job, pause=pause: queue.again(conn, job, pause, clock.now()))
                else:
                    await database.write(lambda conn, job=job: queue.ack(conn, job, clock.now()))

    async def waiting():
        """An order that waits for its build."""
        order_id = "11111111-0000-7000-8000-000000000001"
        lifecycle = Lifecycle(id=order_id, root=ResourceKind.PRODUCT_ORDER, checkpoint=Checkpoint.READY)
        draft = Draft(Aggregate(lifecycle=lifecycle), clock.now(), terms)
        order = ProductOrder(id=order_id, state=OrderState.IN_PROGRESS, order_date=clock.now())
        draft.create(ResourceKind.PRODUCT_ORDER, order)
        send(draft, Role.FIELD_WORK, Operation.BUILD)
        await repository.save(draft.finish())
        return order_id

    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway.test") as http:
        yield SimpleNamespace(http=http, look=look, waiting=waiting, desk=desk, bench=bench)


def told(state, event_id="E-1", version="v4", **order):
    order = {"id": "D-1", "state": state} | order
    body = {"eventId": event_id, "eventType": "ServiceOrderStateChangeEvent", "event": {"serviceOrder": order}}
    if version == "v5":
        body |= {"@type": "ServiceOrderStateChangeEvent"}
        order["@type"] = "ServiceOrder"
    return f"{BASE}/{version}/listener/serviceOrderStateChangeEvent", body


async def test_an_event_about_an_order_of_ours_becomes_a_report(house, repository, clock):
    order_id = await house.waiting()
    path, body = told("inProgress", externalId=order_id)
    assert (await house.http.post(path, json=body)).status_code == 201
    assert await house.look() == [None]
    aggregate = await repository.load(order_id)
    assert aggregate.lifecycle.awaiting == (f"{order_id}:build:1",)
    assert aggregate.lifecycle.submitted == aggregate.lifecycle.awaiting, "it works on it: it is asked, not sent, again"
    clock.forward(1)
    path, body = told("completed", "E-2", externalId=order_id)
    assert (await house.http.post(path, json=body)).status_code == 201
    await house.look()
    aggregate = await repository.load(order_id)
    assert aggregate.lifecycle.awaiting == ()
    assert [(one.predicate, one.source.system) for one in aggregate.facts if one.source.system == "downstream"] == [
        ("field.completed", "downstream")
    ]
    answer = await house.http.get("/lifecycle/v1/heard")
    assert [(one["eventId"], one["status"], one["order"], one["system"]) for one in answer.json()] == [
        ("E-2", "claimed", order_id, "downstream"),
        ("E-1", "claimed", order_id, "downstream"),
    ]


@pytest.mark.parametrize(("version", "status"), [("v4", 201), ("v5", 204)])
async def test_the_same_event_again_is_counted_and_does_nothing(house, inbox, version, status):
    order_id = await house.waiting()
    more = {"externalId": order_id} if version == "v4" else {"externalId": order_id, "serviceOrderItem": []}
    path, body = told("completed", version=version, **more)
    first = await house.http.post(path, json=body)
    assert first.status_code == status, first.text
    assert len(await house.look()) == 1
    again = await house.http.post(path, json=body)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert await house.look() == []
    (kept,), total = await inbox.all_heard()
    assert (kept.times, kept.status, total) == (2, HeardStatus.CLAIMED, 1)


async def test_another_event_under_the_same_id_is_kept_beside_it(house, inbox):
    for state in ("inProgress", "completed", "completed"):
        path, body = told(state)
        assert (await house.http.post(path, json=body)).status_code == 201
    found, total = await inbox.all_heard()
    assert total == 2
    assert sorted((one.body["event"]["serviceOrder"]["state"], one.times) for one in found) == [
        ("completed", 2),
        ("inProgress", 1),
    ]


async def test_a_state_that_nobody_understands_holds_the_order(house, repository):
    order_id = await house.waiting()
    path, body = told("pending", externalId=order_id)
    assert (await house.http.post(path, json=body)).status_code == 201
    await house.look()
    aggregate = await repository.load(order_id)
    assert aggregate.product_order.state is OrderState.HELD
    (hold,) = aggregate.holds
    assert hold.findings[0].code == "VOC-001"
    assert hold.findings[0].observed == "pending"
    (one,) = (await house.http.get("/lifecycle/v1/heard?status=held")).json()
    assert "pending" in one["reason"]


@pytest.mark.parametrize(
    ("order", "why"),
    [
        ({"id": "X-1"}, "knows nothing of what this one is about"),
        ({"id": "D-77"}, "no order of ours is known as 'D-77'"),
        ({"externalId": "nobody"}, "no order of ours is known as 'nobody'"),
    ],
)
async def test_what_is_about_nothing_known_is_unclaimed_and_lost_by_nobody(house, clock, order, why):
    path, body = told("completed", **order)
    await house.http.post(path, json=body)
    for _ in range(7):
        await house.look()
        clock.forward(10)
    (one,) = (await house.http.get("/lifecycle/v1/heard?status=unclaimed")).json()
    assert why in one["reason"]
    whole = (await house.http.get(one["href"])).json()
    assert whole["body"] == body


async def test_what_no_adapter_hears_is_unclaimed_until_one_does(house, repository):
    order_id = await house.waiting()
    hearer = house.bench.of_role.pop(Role.FIELD_WORK)
    path, body = told("completed", externalId=order_id)
    await house.http.post(path, json=body)
    await house.look()
    (one,) = (await house.http.get("/lifecycle/v1/heard")).json()
    assert (one["status"], one["reason"]) == (
        "unclaimed",
        "no adapter of the landscape hears ServiceOrderStateChangeEvent",
    )
    house.bench.of_role[Role.FIELD_WORK] = hearer
    assert (await house.http.post(f"/lifecycle/v1/heard/{one['id']}/look-again")).status_code == 202
    await house.look()
    assert (await house.http.get(one["href"])).json()["status"] == "claimed"
    assert (await repository.load(order_id)).lifecycle.awaiting == ()


async def test_a_legacy_id_leads_to_its_order_once_it_is_recorded(house, repository, clock):
    order_id = await house.waiting()
    path, body = told("inProgress", id=f"D-{order_id}")
    await house.http.post(path, json=body)
    assert await house.look() == [Again(1.0)], "the system may be quicker than its own answer"
    report = await Downstream().submit(SimpleNamespace(order=SimpleNamespace(id=order_id)))
    await house.desk.receive(order_id, f"{order_id}:build:1", Operation.BUILD, report, "downstream")
    clock.forward(2)
    assert await house.look() == [None]
    (one,) = (await house.http.get("/lifecycle/v1/heard")).json()
    assert (one["status"], one["order"]) == ("claimed", order_id)


async def test_an_event_without_an_id_is_known_by_what_it_says(house, inbox):
    path, body = told("completed")
    del body["eventId"]
    first = await house.http.post(path, json=body)
    again = await house.http.post(path, json=body)
    assert first.json()["id"] == again.json()["id"]
    assert (await inbox.all_heard())[1] == 1


async def test_what_does_not_fit_the_schema_is_refused_and_not_kept(house, inbox):
    path, body = told("completed")
    answer = await house.http.post(path, json=body | {"eventTime": "yesterday"})
    assert answer.status_code == 400
    assert (
        await house.http.post(path, content=orjson.dumps([]), headers={"content-type": "application/json"})
    ).status_code == 400
    assert (await inbox.all_heard())[1] == 0


async def test_what_is_not_there_is_not_found(house):
    assert (await house.http.get("/lifecycle/v1/heard/nothing")).status_code == 404
    assert (await house.http.post("/lifecycle/v1/heard/nothing/look-again")).status_code == 404
    answer = await house.http.get("/lifecycle/v1/heard?status=lost")
    assert (answer.status_code, answer.json()["code"]) == (400, "badParameter")
