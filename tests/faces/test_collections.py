"""Every collection of every face is listed, filtered, sorted, paged and cut to fields, by each name that it shows."""

from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from gateway.canonical.bill import BillCycle
from gateway.canonical.common import Period, Ref
from gateway.canonical.lifecycle import ResourceKind
from gateway.faces.application import SPOKES, build_faces
from gateway.faces.documents import load_document
from gateway.faces.settings import FaceSettings
from gateway.faces.tmf622 import v4 as tmf622
from gateway.faces.tmf641 import v4 as tmf641
from gateway.faces.tmf678 import v4 as tmf678
from gateway.ports.repository import Change
from gateway.storage.database import Database
from gateway.storage.indexer import Indexer
from gateway.storage.repository import SqlRepository

PAIRS = Path(__file__).parent / "pairs"
DOCUMENTS = Path(__file__).parents[2] / "openapi"
FILES = {
    "product_order": (tmf622, ResourceKind.PRODUCT_ORDER),
    "cancel_product_order": (tmf622, ResourceKind.CANCEL_PRODUCT_ORDER),
    "service_order": (tmf641, ResourceKind.SERVICE_ORDER),
    "cancel_service_order": (tmf641, ResourceKind.CANCEL_SERVICE_ORDER),
    "bill": (tmf678, ResourceKind.CUSTOMER_BILL),
    "rate": (tmf678, ResourceKind.APPLIED_RATE),
    "on_demand": (tmf678, ResourceKind.ON_DEMAND_BILL),
}
AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
CYCLE = BillCycle(
    id="CY-1", name="first of the month", billing_date=AT, due_date=AT, billing_period="month", revision=1,
    specification=Ref(id="S-1", name="monthly"), valid_for=Period(start=AT),
)  # fmt: skip
COLLECTIONS = [(spoke.face, f"{spoke.base}/{one.name}") for spoke in SPOKES for one in spoke.resources]


@pytest.fixture(scope="module")
def stored():
    """One resource of each kind."""
    found = [(ResourceKind.BILL_CYCLE, CYCLE)]
    for name, (face, kind) in FILES.items():
        resource = face.SPOKE.resource(kind).from_wire(load_document(PAIRS / f"{name}.yaml")["v4"])
        found.append((kind, resource.model_copy(update={"id": f"{kind.value}-1", "revision": 1})))
    return tuple(found)


@pytest.fixture(params=["indexed", "not indexed"])
async def http(shared, stored, tmp_path, request):
    database = await Database.open(f"sqlite:///{tmp_path / 'store.sqlite'}")
    repository = SqlRepository(database)
    await repository.save(Change(put=stored))
    if request.param == "indexed":
        await Indexer(database).catch_up()
    settings = FaceSettings(partial_status={"tmf622-v5": 206, "v4": 200})
    app = build_faces(shared.desk, repository, None, documents=DOCUMENTS, settings=settings)
    transport = httpx.ASGITransport(app, raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway.test") as client:
        yield client
    await database.close()


def leaves(value, path=""):
    """Yield (path, text) of every scalar of a document."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield from leaves(member, f"{path}.{name}".lstrip("."))
    elif isinstance(value, list):
        for member in value:
            yield from leaves(member, path)
    elif value is not None:
        yield path, str(value).lower() if isinstance(value, bool) else str(value)


def of_a_class(path):
    """Whether a member tells a class or a schema, which the model does not keep where it goes without saying."""
    return any(step.startswith("@") for step in path.split("."))


async def test_whatever_a_collection_shows_is_found_by_its_name_and_by_no_other_value(http):
    wrong = []
    for _, url in COLLECTIONS:
        ((shown),) = (await http.get(url)).json()
        for path, text in leaves(shown):
            if of_a_class(path):
                continue
            for value, wanted in ((text, 1), (f"{text}~no", 0)):
                answer = await http.get(url, params={path: f'"{value}"'})
                if answer.status_code != 200 or len(answer.json()) != wanted:
                    wrong.append((url, path, value, answer.status_code, answer.text[:120]))
    assert not wrong, "\n".join(map(str, wrong))


async def test_every_collection_keeps_the_fields_that_are_wanted(http):
    for _, url in COLLECTIONS:
        ((whole),) = (await http.get(url)).json()
        for name in [*whole, "none"]:
            ((one),) = (await http.get(url, params={"fields": name})).json()
            assert one == {key: value for key, value in whole.items() if key in {"id", "href", "@type", name} - (
                set() if "/v5/" in url or name == "@type" else {"@type"})}  # fmt: skip


async def test_every_collection_refuses_by_name_what_it_does_not_have(http, refused):
    for _, url in COLLECTIONS:
        for query, code in (
            ("nonsense=1", "unknownAttribute"),
            ("id.nonsense.gt=1", "unknownAttribute"),
            ("sort=nonsense", "unknownAttribute"),
            ("filter=$[?(@.nonsense==1)]", "unknownAttribute"),
        ):
            body = refused(await http.get(f"{url}?{query}"), 400)
            assert body["code"] == code
            assert "nonsense" in body["reason"]
        assert refused(await http.get(f"{url}?filter=$[?("), 400)["code"] == "badFilter"


async def test_every_collection_is_sorted_and_paged_with_its_counts(http):
    for _, url in COLLECTIONS:
        ((whole),) = (await http.get(url)).json()
        for name in (name for name, value in whole.items() if isinstance(value, str) and name not in ("href", "@type")):
            answer = await http.get(f"{url}?sort=-{name}&limit=1")
            assert (answer.status_code, answer.json()) == (200, [whole]), name
        beyond = await http.get(f"{url}?offset=7")
        assert (beyond.status_code, beyond.json()) == (200, [])
        assert (beyond.headers["x-total-count"], beyond.headers["x-result-count"]) == ("1", "0")
        assert {"self", "first", "last"} <= beyond.links.keys()


async def test_what_answers_a_part_of_a_list_is_set_by_face_or_version(http, shared, stored, tmp_path):
    database = await Database.open(f"sqlite:///{tmp_path / 'other.sqlite'}")
    more = tuple(
        (kind, one.model_copy(update={"id": f"{one.id}{number}"})) for kind, one in stored for number in (1, 2)
    )
    repository = SqlRepository(database)
    await repository.save(Change(put=more))
    for said, wanted in (
        ({}, {"v4": 206, "v5": 200}),
        ({"v5": 206}, {"v4": 206, "v5": 206}),
        ({"v4": 200, "tmf622-v5": 206}, {"v4": 200, "v5": 200, "tmf622-v5": 206}),
    ):
        settings = FaceSettings(partial_status=said)
        app = build_faces(shared.desk, repository, None, documents=DOCUMENTS, settings=settings)
        transport = httpx.ASGITransport(app, raise_app_exceptions=True)
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway.test") as client:
            for face, url in COLLECTIONS:
                assert (await client.get(f"{url}?limit=1")).status_code == wanted.get(face, wanted[face[-2:]]), (
                    face,
                    said,
                )
                assert (await client.get(url)).status_code == 200
    await database.close()
