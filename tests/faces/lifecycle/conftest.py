"""A desk and a repository that remember, and the face over them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from gateway.canonical.common import ExternalId
from gateway.canonical.fact import Fact, FactKey, Source
from gateway.canonical.judgement import Decision, Finding, Gate, Hold, Judgement, Severity, Verdict
from gateway.canonical.lifecycle import Checkpoint, Event, Lifecycle, ResourceKind
from gateway.canonical.order import ProductOrder
from gateway.canonical.states import OrderState
from gateway.faces.application import build_faces
from gateway.faces.settings import FaceSettings
from gateway.lifecycle.terms import Terms
from gateway.ports.errors import FaceError, StoreUnavailable
from gateway.ports.repository import Aggregate, Page, Summary, Timeline
from gateway.rules.engine import Catalogue

DOCUMENTS = Path(__file__).parents[3] / "openapi"
T0 = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
ORDER = "order-1"


def a_fact(predicate, subject, at, **more):
    return Fact(
        id=f"{predicate}-{subject}",
        order_id=ORDER,
        predicate=predicate,
        subject=subject,
        value=more.pop("value", {}),
        observed_at=at - timedelta(minutes=5),
        recorded_at=at,
        source=Source(system="crm"),
        **more,
    )


class FakeRepository:
    def __init__(self):
        self.is_down = False
        t1, t2 = T0 + timedelta(minutes=1), T0 + timedelta(minutes=2)
        missing = FactKey("site.qualified", "item:1")
        finding = Finding(
            code="PRC-001",
            severity=Severity.HOLD,
            gate=Gate.INTAKE,
            path="product_order.items[0].prices[0].net.amount",
            reason="the price is not the catalogue's",
            fix="send the catalogue's price",
            related=("reference.offerings[0].price.net",),
        )
        judgement = Judgement(gate=Gate.INTAKE, verdict=Verdict.HOLD, missing=(missing,), findings=(finding,))
        self.aggregates = {
            ORDER: Aggregate(
                lifecycle=Lifecycle(
                    id=ORDER, root=ResourceKind.PRODUCT_ORDER, checkpoint=Checkpoint.QUALIFY, context_hash="sha256:1"
                ),
                product_order=ProductOrder(
                    id=ORDER, state=OrderState.HELD, external_ids=(ExternalId(value="PO-1"),), items=()
                ),
                facts=(a_fact("party.identified", "productOrder", t1, value={"party": "C-1"}),),
            )
        }
        self.hold = Hold(
            id="h1",
            order_id=ORDER,
            gate=Gate.INTAKE,
            checkpoint="qualify",
            since=t1,
            missing=(missing,),
            findings=(finding,),
        )
        released = self.hold.model_copy(
            update={"id": "h0", "since": T0, "released_at": t2, "release_cause": "facts arrived"}
        )
        decision = Decision(id="d1", order_id=ORDER, at=t1, checkpoint="qualify", judgement=judgement, context_hash="")
        events = (self._event(1, "create", T0), self._event(2, "stateChange", t1))
        self.story = (events, (decision,), (released, self.hold))

    @staticmethod
    def _event(seq, kind, at):
        return Event(
            id=f"e{seq}",
            order_id=ORDER,
            seq=seq,
            kind=ResourceKind.PRODUCT_ORDER,
            resource_id=ORDER,
            type=kind,
            at=at,
            state="held",
        )

    async def load(self, order_id):
        return self.aggregates.get(order_id)

    async def timeline(self, order_id):
        return Timeline(*self.story, aggregate=self.aggregates.get(order_id))

    async def summaries(self, *, checkpoint=None, state=None, offset=0, limit=100):
        found = [
            Summary(one.lifecycle.id, one.lifecycle.root, one.lifecycle.checkpoint, one.product_order.state, 1)
            for one in self.aggregates.values()
            if checkpoint in (None, one.lifecycle.checkpoint) and state in (None, one.product_order.state)
        ]
        return Page(tuple(found[offset : offset + limit]), len(found))

    async def open_holds(self, *, offset=0, limit=100):
        return (self.hold,)[offset : offset + limit], 1

    async def _elsewhere(self, *_args, **_more):
        raise AssertionError("another face's business")

    get = find = add_listener = listener = remove_listener = event = _elsewhere

    async def read_backs(self, _order_ids):
        return {}

    async def last_run(self):
        return None

    async def find_drifts(self, _query):
        return (), 0

    async def find_identities(self, query):
        self.asked_identities = query
        return (), 0

    async def counts(self):
        if self.is_down:
            raise StoreUnavailable("storeUnavailable", "the database does not answer", "wait")
        return {"qualify": 1, "parked": 2}


class FakeDesk:
    def __init__(self, repository):
        self.repository, self.terms, self.rechecked = repository, Terms(), []

    async def _elsewhere(self, *_args, **_more):
        raise AssertionError("another face's business")

    accept_product_order = accept_service_order = amend = withdraw = _elsewhere
    request_cancellation = request_bill = _elsewhere

    def _aggregate(self, order_id):
        if order_id not in self.repository.aggregates:
            raise FaceError(404, "notFound", f"order {order_id!r} is not known", "use another")
        return self.repository.aggregates[order_id]

    async def record_facts(self, order_id, facts):
        self._aggregate(order_id)
        return tuple(fact.model_copy(update={"id": f"f{n}", "recorded_at": T0}) for n, fact in enumerate(facts))

    async def recheck(self, order_id):
        self.rechecked.append(order_id)
        return self._aggregate(order_id).lifecycle


@pytest.fixture
def repository():
    return FakeRepository()


@pytest.fixture
def desk(repository):
    return FakeDesk(repository)


@pytest.fixture
async def client(desk, repository):
    app = build_faces(desk, repository, Catalogue.load(), documents=DOCUMENTS, settings=FaceSettings(page_size=50))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway/lifecycle/v1") as opened:
        yield opened


@pytest.fixture
def statement():
    return {
        "predicate": "site.qualified",
        "subject": "item:1",
        "value": {"result": "ok"},
        "observedAt": "2026-03-01T09:00:00Z",
        "source": {"system": "gis"},
    }


@pytest.fixture
def document():
    money = {"unit": "EUR", "value": 30.0}
    return {
        "version": "v4",
        "now": "2026-04-02T00:00:00Z",
        "zone": "Europe/Berlin",
        "reference": {
            "parties": [{"id": "C-1", "role": "customer", "taxExemption": [{"certificate": "X"}]}],
            "accounts": [{"id": "BA-1", "customer": "C-1", "status": "open", "paysFor": "C-2"}],
            "offerings": [
                {
                    "id": "OFF-500",
                    "sellable": {"start": "2026-01-01", "end": None},
                    "siteBound": True,
                    "needsVisit": True,
                    "price": {"type": "recurring", "period": "month", "net": money, "taxRate": 20},
                    "characteristics": [{"name": "downstreamRate", "unit": "kbit/s", "values": [100000, 500000]}],
                    "bundledProductOffering": [
                        {"id": "OFF-1", "bundledProductOfferingOption": {"numberRelOfferLowerLimit": 1}}
                    ],
                }
            ],
            "places": [{"id": "ADDR-1", "location": "UPRN-100023"}],
        },
        "productOrder": {
            "id": "PO-1",
            "externalId": "CRM-1",
            "orderDate": "2026-03-01T09:00:00Z",
            "productOrderItem": [
                {"id": "1", "action": "add", "productOffering": {"id": "OFF-500"}, "product": {"id": "PR-1"}}
            ],
        },
        "serviceOrders": [
            {
                "externalId": "PO-1",
                "serviceOrderItem": [
                    {
                        "id": "1",
                        "action": "add",
                        "service": {"serviceCharacteristic": [{"name": "productOrderItemId", "value": "1"}]},
                    }
                ],
            }
        ],
        "facts": [
            {
                "predicate": "service.activated",
                "subject": "item:1",
                "value": {"downstreamRate": {"amount": 500000, "units": "kbit/s"}},
                "observedAt": "2026-03-09T14:02:11Z",
                "recordedAt": "2026-03-09T14:02:12Z",
                "source": {"system": "aaa"},
                "evidence": [{"kind": "radius", "ref": "r-1"}],
                "assurance": "verified",
            }
        ],
        "history": [{"subject": "productOrder", "state": "acknowledged", "at": "2026-03-01T09:00:00Z"}],
        "appliedCustomerBillingRates": [{"id": "R-1", "product": {"id": "PR-1"}, "taxExcludedAmount": money}],
        "customerBills": [{"id": "B-1", "taxExcludedAmount": money}],
        "ledger": [
            {"bill": "B-1", "account": "BA-1", "amount": money, "period": {"start": "2026-03-01", "end": "2026-04-01"}}
        ],
        "others": [{"productOrder": {"id": "PO-0", "productOrderItem": []}}],
        "policy": {"proration": "30-day", "rateTolerancePercent": 5},
    }
