"""Every query of TMF630 over HTTP, on a real database: what it finds, in which order, and what is refused."""

from pathlib import Path

import httpx
import pytest
import yaml

from gateway.faces.application import build_faces
from gateway.faces.settings import FaceSettings
from gateway.ports.errors import SlowQuery
from gateway.ports.repository import Change, Page
from gateway.storage.database import Database
from gateway.storage.repository import SqlRepository

DATA = yaml.safe_load((Path(__file__).parent / "queries" / "orders.yaml").read_text("utf-8"))
DOCUMENTS = Path(__file__).parents[2] / "openapi"
ORDERS = "/tmf-api/productOrderingManagement/v4/productOrder"


@pytest.fixture
async def stored(tmp_path):
    database = await Database.open(f"sqlite:///{tmp_path / 'store.sqlite'}")
    yield SqlRepository(database)
    await database.close()


@pytest.fixture
async def http(shared, faces, stored):
    """A client of faces that read a database, in which the orders of the file are."""
    for name, order in DATA["orders"].items():
        made = await faces.http.post(faces.orders, json=order | {"externalId": name})
        assert made.status_code == 201, made.text
    await stored.save(Change(put=tuple((kind, order) for (kind, _), order in faces.memory.stored.items())))
    app = build_faces(shared.desk, stored, None, documents=DOCUMENTS, settings=FaceSettings(max_page_size=5))
    transport = httpx.ASGITransport(app, raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway.test") as client:
        yield client


async def test_every_query_finds_what_it_asks_for_in_its_order(http):
    wrong = {}
    for query, names in DATA["found"].items():
        answer = await http.get(f"{ORDERS}?{query}")
        assert answer.status_code in (200, 206), (query, answer.text)
        found = [one["externalId"] for one in answer.json()]
        if found != names:
            wrong[query] = found
    assert wrong == {}


async def test_every_bad_query_is_refused_by_name(http, refused):
    for query, (status, code, name) in DATA["refused"].items():
        body = refused(await http.get(f"{ORDERS}?{query}"), status)
        assert body["code"] == code, (query, body)
        assert name in body["reason"] + str(body.get("path", "")), (query, body)


async def test_a_sorted_list_is_walked_page_by_page_and_keeps_what_was_asked(http):
    seen, url = [], f"{ORDERS}?sort=-description&limit=1&category.ne=none"
    while url:
        page = await http.get(url)
        assert page.headers["x-total-count"] == "3"
        seen += [one["externalId"] for one in page.json()]
        url = page.links.get("next", {}).get("url")
    assert seen == ["one", "two", "three"]


@pytest.mark.parametrize(
    ("asked", "names", "status", "said"),
    [
        ("items=0-1", ["one", "two"], 206, "items 0-1/3"),
        ("items=2-9", ["three"], 206, "items 2-2/3"),
        ("items=0-9", ["one", "two", "three"], 200, "items 0-2/3"),
        ("items=9-12", [], 200, None),
        ("items=2-1", ["one", "two", "three"], 200, None),
        ("bytes=0-1", ["one", "two", "three"], 200, None),
    ],
)
async def test_a_range_is_a_page(http, asked, names, status, said):
    answer = await http.get(ORDERS, headers={"Range": asked})
    assert [one["externalId"] for one in answer.json()] == names
    assert (answer.status_code, answer.headers.get("content-range")) == (status, said)
    assert answer.headers["accept-ranges"] == "items"


@pytest.mark.parametrize(
    ("fields", "kept"),
    [
        ("none", {}),
        ("category", {"category": "B2C"}),
        ("note.author", {"note": [{"author": "Anna"}, {"author": "Ben"}]}),
        ("note,note.author", {"note": DATA["orders"]["one"]["note"]}),
        ("note.author,note", {"note": DATA["orders"]["one"]["note"]}),
        ("relatedParty.id,relatedParty.role", {"relatedParty": [{"id": "c1", "role": "customer"}]}),
        ("productOrderItem.productOffering.id", {"productOrderItem": [{"productOffering": {"id": "fibre"}}, {"productOffering": {"id": "router"}}]}),
        ("unknown", {}),
    ],
)  # fmt: skip
async def test_fields_keep_members_and_always_id_and_href(http, fields, kept):
    ((one),) = (await http.get(f"{ORDERS}?externalId=one&fields={fields}")).json()
    assert one.pop("href").endswith(one.pop("id"))
    assert one == kept


async def test_what_takes_too_long_is_refused_in_the_words_of_the_face(faces, refused, monkeypatch):
    async def find(query):
        if not query.filters:
            return Page((), 0)
        raise SlowQuery(["notes.text", "items.product.characteristics.value"], 5.0)

    monkeypatch.setattr(faces.memory, "find", find)
    body = refused(await faces.http.get(f"{ORDERS}?note.text.regex=x"), 400)
    assert body["code"] == "slowFilter"
    assert "note.text, productOrderItem.product.productCharacteristic.value" in body["reason"]
