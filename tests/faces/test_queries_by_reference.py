"""Generated queries find the same through v4, through v5 and by a reference that knows the documents alone."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from types import SimpleNamespace

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.canonical.lifecycle import ResourceKind
from gateway.canonical.states import OrderState
from gateway.faces.application import build_faces
from gateway.faces.settings import FaceSettings
from gateway.faces.tmf622 import v5
from gateway.ports.repository import Change
from gateway.storage.database import Database
from gateway.storage.indexer import Indexer
from gateway.storage.repository import SqlRepository
from tests.faces.reference import Asked, Attribute, Compare, Either, Element, Tree

ORDER = ResourceKind.PRODUCT_ORDER
DOCUMENTS = Path(__file__).parents[2] / "openapi"
FACES = {version: f"/tmf-api/productOrderingManagement/{version}/productOrder" for version in ("v4", "v5")}
AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
CHARACTERISTIC = "productOrderItem.product.productCharacteristic"
PRICE = "productOrderItem.itemPrice.price.taxIncludedAmount"


def both(name, kind="text", v5_name=None):
    return Attribute(name, v5_name or name, kind)


TEXTS = ["B2C", "B2B", "ring twice, please", "a;b", "O'Brien", 'say "hi"', "Ünal 多", "10", "9", "true", "a=b", "(x)"]
MOMENTS = ["2026-04-01T08:00:00Z", "2026-04-01T10:00:00+02:00", "2026-05-01T00:00:00.5Z", "2025-12-31T23:00:00-01:00"]
NUMBERS = ["1", "2.0", "12", "16.5", "500", "29.9", "1e2"]
WORDS = {
    both("category"): TEXTS,
    both("priority"): [*"01234", "10"],
    both("description"): TEXTS,
    both("requestedStartDate", "moment"): MOMENTS,
    both("orderDate", "moment", "creationDate"): ["2026-03-01T09:00:00Z", "2026-03-01T13:00:00+01:00"],
    both("state"): ["acknowledged", "held", "completed", "pending"],
    both("externalId", v5_name="externalId.id"): ["CRM-1", "CRM-2", "WEB-1"],
    both("note.author"): TEXTS[:6],
    both("note.text"): TEXTS,
    both("relatedParty.id", v5_name="relatedParty.partyOrPartyRole.id"): ["c1", "c2", "c3"],
    both("relatedParty.role"): ["customer", "seller"],
    both("productOrderItem.action"): ["add", "modify", "delete"],
    both("productOrderItem.quantity", "number"): NUMBERS,
    both("productOrderItem.productOffering.id"): ["fibre", "router"],
    both(f"{CHARACTERISTIC}.name"): ["speed", "colour", "when"],
    both(f"{CHARACTERISTIC}.value"): [*TEXTS, *NUMBERS, *MOMENTS],
    both(f"{CHARACTERISTIC}.value.amount"): NUMBERS,
    both(f"{PRICE}.value", "number"): ["29.9", "29.90", "9.99", "100"],
    both(f"{PRICE}.unit"): ["EUR", "JPY"],
}
SORTED = [
    one for one in WORDS if one.v4.partition(".")[0] not in ("note", "externalId") and "Characteristic" not in one.v4
]
INSIDE = {
    "productOrderItem": {
        both("quantity", "number"): NUMBERS,
        both("action"): ["add", "modify"],
        both("productOffering.id"): ["fibre", "router"],
        both("product.productCharacteristic.value"): [*TEXTS, *NUMBERS],
    },
    CHARACTERISTIC: {both("name"): ["speed", "colour", "when"], both("value"): [*TEXTS, *NUMBERS, *MOMENTS]},
    "note": {both("author"): TEXTS[:6], both("text"): TEXTS},
}
PATTERNS = ["^B2", "B$", "[0-9]+", "^(ring|say)", "n.e"]
NO_TEXT = {one for one in WORDS if one.kind != "text" or one.v4 in ("state", "productOrderItem.action")}


@st.composite
def comparisons(draw, words):
    attribute = draw(st.sampled_from(list(words)))
    ordered = ["eq", "eq", "eq", "ne", "gt", "gte", "lt", "lte"]
    operator = draw(
        st.sampled_from(["eq", "ne"] if attribute.v4 in ("state", "action", "productOrderItem.action") else ordered)
    )
    if (
        attribute.kind == "text"
        and attribute not in NO_TEXT
        and attribute.v4 != "action"
        and draw(st.integers(0, 6)) == 0
    ):
        return Compare(attribute, "regex", (draw(st.sampled_from(PATTERNS)),), draw(st.integers(0, 11)))
    many = 3 if operator in ("eq", "ne") else 1
    values = draw(st.lists(st.sampled_from(words[attribute]), min_size=1, max_size=many, unique=True))
    return Compare(attribute, operator, tuple(values), draw(st.integers(0, 59)))


def trees(words):
    def more(inner):
        parts = st.lists(inner, min_size=2, max_size=3).map(tuple)
        return st.builds(Tree, st.sampled_from(["and", "or"]), parts) | st.builds(
            Tree, st.just("not"), st.tuples(inner)
        )

    return st.recursive(comparisons(words), more, max_leaves=4)


def each_once(nodes):
    """Leave no two plain comparisons of one attribute by one operator: such are one, with all values."""
    kept = {}
    for node in nodes:
        key = (node.attribute, node.operator) if isinstance(node, Compare) else node
        kept.setdefault(key, node)
    return tuple(kept.values())


single = comparisons(WORDS).filter(lambda one: len(one.values) == 1 and one.operator != "regex")
nodes = st.one_of(
    comparisons(WORDS),
    comparisons(WORDS),
    st.builds(Either, st.lists(single, min_size=2, max_size=3, unique_by=lambda one: one.attribute).map(tuple)),
    st.builds(Element, st.just(""), trees(WORDS)),
    st.sampled_from(list(INSIDE)).flatmap(lambda array: st.builds(Element, st.just(array), trees(INSIDE[array]))),
)
asked = st.builds(
    Asked,
    st.one_of(*[st.lists(nodes, min_size=1, max_size=2).map(each_once)] * 4, st.just(())),
    st.lists(st.tuples(st.sampled_from(SORTED), st.booleans()), max_size=2, unique_by=lambda key: key[0]).map(tuple),
    st.sampled_from([0, 0, 0, 1, 3]),
    st.integers(2, 8),
    st.lists(st.sampled_from(list(WORDS)), max_size=3).map(tuple),
)

STATES = [OrderState.ACKNOWLEDGED, OrderState.HELD, OrderState.COMPLETED]


def some(pick, members):
    """Leave out one member in five."""
    return {name: value for name, value in members.items() if pick.random() > 0.2}


def value(pick):
    """The value of a characteristic: a scalar, several, or an object."""
    kinds = [
        pick.choice(TEXTS),
        pick.choice(TEXTS),
        pick.choice(MOMENTS),
        pick.choice([1, 2, 12, 16.5, 500, 29.9, 100]),
        pick.choice([1, 500, 12]),
        pick.random() < 0.5,
        [pick.choice([*TEXTS, 1, 500]) for _ in range(pick.randint(0, 2))],
        {"amount": pick.choice([1, 500, "500", 16.5])},
    ]
    return pick.choice(kinds)


def item(pick, number):
    names = [pick.choice(["speed", "colour", "when"]) for _ in range(pick.randint(0, 3))]
    found = [{"name": name, "value": value(pick), "@type": "StringCharacteristic"} for name in names]
    amount = {"unit": pick.choice(["EUR", "JPY"]), "value": pick.choice([29.9, 9.99, 100])}
    price = {"priceType": "recurring", "price": {"taxIncludedAmount": amount, "@type": "Price"}, "@type": "OrderPrice"}
    return {
        "id": str(number),
        "action": pick.choice(["add", "modify", "delete"]),
        "product": {"@type": "Product", "productCharacteristic": found},
        "@type": "ProductOrderItem",
    } | some(
        pick,
        {
            "quantity": pick.choice([1, 2, 12]),
            "productOffering": {"id": pick.choice(["fibre", "router"]), "@type": "ProductOfferingRef"},
            "itemPrice": [price],
        },
    )


def party(pick):
    whole = {"id": pick.choice(["c1", "c2", "c3"]), "@type": "PartyRef"}
    return {"role": pick.choice(["customer", "seller"]), "partyOrPartyRole": whole, "@type": "RelatedPartyOrPartyRole"}


def note(pick):
    return {"text": pick.choice(TEXTS), "@type": "Note"} | some(pick, {"author": pick.choice(TEXTS[:6])})


def order(pick):
    """Return an order as v5 says it."""
    numbers = pick.sample(["CRM-1", "CRM-2", "WEB-1"], pick.randint(1, 2))
    return {
        "@type": "ProductOrder",
        "productOrderItem": [item(pick, number) for number in range(1, pick.randint(2, 3))],
    } | some(
        pick,
        {
            "category": pick.choice(TEXTS),
            "priority": pick.choice("01234"),
            "description": pick.choice(TEXTS),
            "requestedStartDate": pick.choice(MOMENTS),
            "externalId": [{"id": one, "owner": "crm", "@type": "ExternalIdentifier"} for one in numbers],
            "note": [note(pick) for _ in range(pick.randint(1, 2))],
            "relatedParty": [party(pick) for _ in range(pick.randint(1, 2))],
        },
    )


def orders(seed):
    """Return orders, each with its state and the hour at which it was made."""
    pick = Random(seed)
    return [(order(pick), pick.choice(STATES), pick.randint(0, 5)) for _ in range(pick.randint(6, 8))]


stored = st.integers(0, 10**6).map(orders)


@pytest.fixture
async def served(shared, tmp_path):
    """Both faces on a database."""
    database = await Database.open(f"sqlite:///{tmp_path / 'store.sqlite'}")
    repository = SqlRepository(database)
    app = build_faces(shared.desk, repository, None, documents=DOCUMENTS, settings=FaceSettings())
    transport = httpx.ASGITransport(app, raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway.test") as client:
        yield SimpleNamespace(http=client, repository=repository, indexer=Indexer(database))
    await database.close()


async def fill(served, made, unread):
    """Store orders in the place of those before, the last few of them not indexed."""
    spoke = v5.SPOKE.resource(ORDER)
    await served.repository.save(Change(remove=tuple((ORDER, f"order-{number}") for number in range(8))))
    for number, (body, state, hours) in enumerate(made):
        if number == len(made) - unread:
            await served.indexer.catch_up()
        given = {
            "id": f"order-{(number * 3) % 8}",
            "state": state,
            "order_date": AT + timedelta(hours=hours),
            "revision": 1,
        }
        await served.repository.save(Change(put=((ORDER, spoke.from_wire(body).model_copy(update=given)),)))


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(made=stored, queries=st.lists(asked, min_size=10, max_size=14), unread=st.integers(0, 2))
async def test_a_query_finds_the_same_through_both_versions_and_by_the_reference(served, made, queries, unread):
    await fill(served, made, unread)
    for version, url in FACES.items():
        documents = (await served.http.get(f"{url}?limit=1000")).json()
        assert len(documents) == len(made)
        reference = documents if version == "v5" else None
        for query in queries:
            answer = await served.http.get(f"{url}?{query.written(version)}")
            assert answer.status_code in (200, 206), (query.written(version), answer.text)
            all_of_v5 = reference or (await served.http.get(f"{FACES['v5']}?limit=1000")).json()
            wanted = [one["id"] for one in query.found(all_of_v5, "v5")]
            page = wanted[query.offset : query.offset + query.limit]
            told = query.written(version)
            assert [one["id"] for one in answer.json()] == page, told
            whole = {one["id"]: one for one in documents}
            assert answer.json() == [query.shown(whole[one], version) for one in page], told
            check_counts(answer, query, len(page), len(wanted), version)


def check_counts(answer, query, shown, total, version):
    """The counts, the links and the status say what the page is of the whole."""
    assert answer.headers["x-total-count"] == str(total)
    assert answer.headers["x-result-count"] == str(shown)
    assert answer.status_code == (206 if version == "v4" and 0 < shown < total else 200)
    links = {name: httpx.QueryParams(httpx.URL(link["url"]).query) for name, link in answer.links.items()}
    wanted = {"self": query.offset, "first": 0, "last": max(0, total - 1) // query.limit * query.limit}
    if query.offset:
        wanted["prev"] = max(0, query.offset - query.limit)
    if shown and query.offset + shown < total:
        wanted["next"] = query.offset + query.limit
    assert {name: int(params["offset"]) for name, params in links.items()} == wanted
    assert {params["limit"] for params in links.values()} == {str(query.limit)}
