"""A desk and a repository in memory, and the application in front of them."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from openapi_core import Config, OpenAPI
from openapi_core.testing import MockRequest, MockResponse

from gateway.canonical.lifecycle import ResourceKind
from gateway.canonical.states import OnDemandState, OrderState, TaskState
from gateway.faces.application import FACES, build_faces
from gateway.faces.documents import load_document
from gateway.faces.settings import FaceSettings
from gateway.ports.errors import StaleVersion
from gateway.ports.query import AllOf, Condition, Operator
from gateway.ports.repository import Page
from tests import matching

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
AMOUNTS = ("gross.amount", "items.prices.gross.amount")
DOCUMENTS = Path(__file__).parents[2] / "openapi"


class Memory:
    """The repository's reads and listeners."""

    def __init__(self):
        self.stored, self.listeners, self.events = {}, {}, {}

    def keep(self, kind, resource):
        self.stored[kind, resource.id] = resource
        return resource

    async def get(self, kind, resource_id):
        return self.stored.get((kind, resource_id))

    async def find(self, query):
        wanted = AllOf((*(Condition(path, Operator.EQ, values) for path, values in query.where), *query.filters))
        kept = [one for (kind, _), one in self.stored.items() if kind is query.kind]
        found = [one for one in kept if matching.fits(wanted, one.model_dump(mode="json"), AMOUNTS)]
        return Page(found[query.offset : query.offset + query.limit], len(found))

    async def add_listener(self, listener):
        if any(
            (one.face, one.callback, one.query) == (listener.face, listener.callback, listener.query)
            for one in self.listeners.values()
        ):
            return False
        self.listeners[listener.id] = listener
        return True

    async def listener(self, listener_id):
        return self.listeners.get(listener_id)

    async def remove_listener(self, listener_id):
        return self.listeners.pop(listener_id, None) is not None

    async def event(self, event_id):
        return self.events.get(event_id)


class Inbox:
    """What others told the faces, in the order in which it came."""

    def __init__(self):
        self.kept = []

    async def keep(self, heard):
        self.kept.append(heard)
        return heard


class FakeDesk:
    """Takes everything in; `calls` holds what reached it, `refusal` is raised instead."""

    def __init__(self, memory):
        self.memory, self.calls, self.refusal, self.stale = memory, [], None, 0

    def _new(self, kind, resource, **given):
        self.calls.append((kind, resource))
        if self.refusal is not None:
            raise self.refusal
        given |= {"id": f"{kind.value}-{len(self.calls)}", "revision": 1}
        return self.memory.keep(kind, resource.model_copy(update=given))

    async def accept_product_order(self, order, sending=None):
        return self._new(ResourceKind.PRODUCT_ORDER, order, state=OrderState.ACKNOWLEDGED, order_date=NOW)

    async def accept_service_order(self, order, sending=None):
        return self._new(ResourceKind.SERVICE_ORDER, order, state=OrderState.ACKNOWLEDGED, order_date=NOW)

    async def request_cancellation(self, task, sending=None):
        return self._new(task.kind, task, state=TaskState.ACKNOWLEDGED)

    async def request_bill(self, bill, sending=None):
        return self._new(ResourceKind.ON_DEMAND_BILL, bill, state=OnDemandState.IN_PROGRESS, last_update=NOW)

    async def amend(self, kind, resource_id, wanted, *, if_revision):
        self.calls.append(("amend", kind, resource_id, wanted, if_revision))
        if self.refusal is not None:
            raise self.refusal
        if self.stale:
            self.stale -= 1
            raise StaleVersion(resource_id)
        return self.memory.keep(kind, wanted.model_copy(update={"revision": wanted.revision + 1}))

    async def withdraw(self, kind, resource_id, *, if_revision):
        self.calls.append(("withdraw", kind, resource_id, if_revision))
        if self.refusal is not None:
            raise self.refusal
        del self.memory.stored[kind, resource_id]


@pytest.fixture(scope="session")
def shared():
    """One application for all tests: what it stands on is emptied before each."""
    memory = Memory()
    desk, inbox = FakeDesk(memory), Inbox()
    app = build_faces(
        desk,
        memory,
        None,
        documents=DOCUMENTS,
        settings=FaceSettings(max_body_bytes=100_000, page_size=3, max_page_size=5, headers={"X-Profile": "strict"}),
        inbox=inbox,
    )
    return SimpleNamespace(app=app, desk=desk, memory=memory, inbox=inbox)


@pytest.fixture
async def faces(shared):
    """The application with an HTTP client, empty."""
    shared.memory.__init__()
    shared.desk.__init__(shared.memory)
    shared.inbox.__init__()
    transport = httpx.ASGITransport(shared.app, raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway.test") as client:
        yield SimpleNamespace(
            http=client,
            desk=shared.desk,
            memory=shared.memory,
            heard=shared.inbox.kept,
            app=shared.app,
            orders="/tmf-api/productOrderingManagement/v4/productOrder",
            order_tasks="/tmf-api/productOrderingManagement/v4/cancelProductOrder",
            hub="/tmf-api/productOrderingManagement/v4/hub",
            service_orders="/tmf-api/serviceOrdering/v4/serviceOrder",
            bills="/tmf-api/customerBillManagement/v4/customerBill",
            rates="/tmf-api/customerBillManagement/v4/appliedCustomerBillingRate",
            on_demand="/tmf-api/customerBillManagement/v4/customerBillOnDemand",
        )


@pytest.fixture(scope="session")
def fits():
    """Assert that an answer is what its document declares."""
    of_base = {face.spoke.base: DOCUMENTS / face.spoke.document for face in FACES}

    @cache
    def document(base):
        return OpenAPI.from_dict(load_document(of_base[base]), config=Config())

    def check(response):
        request = response.request
        path = request.url.path
        asked = MockRequest(
            "http://gateway.test", request.method.lower(), path, args=dict(request.url.params), data=request.content
        )
        answered = MockResponse(
            response.content, status_code=response.status_code, headers=dict(response.headers),
            content_type=response.headers.get("content-type", "application/json"),
        )  # fmt: skip
        document(next(base for base in of_base if path.startswith(base))).validate_response(asked, answered)

    return check


@pytest.fixture
def checked(faces, fits):
    """Check every whole answer of v5 that a test gets against its document."""

    async def check(response):
        await response.aread()
        if "/v5/" in response.request.url.path and "fields=" not in str(response.request.url):
            fits(response)

    faces.http.event_hooks = {"response": [check]}


@pytest.fixture
def make_app(shared):
    """Build another application with other settings, on the same desk."""

    def make(authenticate=None, **settings):
        return build_faces(
            shared.desk,
            shared.memory,
            None,
            documents=DOCUMENTS,
            settings=replace(FaceSettings(), **settings),
            authenticate=authenticate,
        )

    return make


@pytest.fixture
def order():
    """The smallest product order and a little more."""
    return {
        "externalId": "CRM-1",
        "description": "first line",
        "relatedParty": [{"id": "c1", "role": "customer", "@referredType": "Customer"}],
        "productOrderItem": [{"id": "1", "action": "add", "productOffering": {"id": "fibre", "name": "Fibre"}}],
    }


@pytest.fixture
def refused():
    """Assert that an answer is TM Forum's Error object of a status, and return it."""

    def check(response, status):
        assert response.status_code == status, response.text
        body = response.json()
        assert isinstance(body["code"], str)
        assert body["reason"]
        assert body["message"]
        assert body["status"] == str(status)
        assert body["referenceError"].startswith("http://gateway.test/lifecycle/v1/")
        assert response.headers["content-type"] == "application/json"
        assert "Traceback" not in response.text
        return body

    return check
