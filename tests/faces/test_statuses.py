"""One table of statuses: the page shows it, the documents declare it, and the door keeps to it."""

import asyncio

import httpx
import pytest

from gateway.faces.document import PAGE, with_statuses
from gateway.faces.documents import load_document, operations_of, resolve
from gateway.faces.problems import STATUSES
from tests.conformity import BASES, DOCUMENTS

ALWAYS = {"400", "401", "403", "405", "406", "429", "500", "503"}
LISTED = {"X-Total-Count", "X-Result-Count", "Link", "Accept-Ranges", "Content-Range"}

OPERATIONS = [
    pytest.param(document, path, method, operation, id=f"{file}-{operation['operationId']}")
    for file in BASES.values()
    for document in (load_document(DOCUMENTS / file),)
    for path, method, operation in operations_of(document)
]


def test_the_page_is_fresh():
    page = PAGE.read_text(encoding="utf-8")
    assert with_statuses(page) == page, "run python -m gateway.faces.document"


@pytest.mark.parametrize(("document", "path", "method", "operation"), OPERATIONS)
def test_an_operation_declares_what_it_can_answer(document, path, method, operation):
    wanted = set(ALWAYS)
    if "{" in path:
        wanted.add("404")
    if "requestBody" in operation:
        wanted |= {"413", "415"}
    if method == "patch":
        wanted.add("422")
    is_own = document["servers"][0]["url"] == "/lifecycle/v1"
    if not is_own and not path.startswith(("/hub", "/listener")):
        wanted.add("501")
    declared = operation["responses"]
    assert wanted - declared.keys() == set()
    assert {int(status) for status in declared if status.isdigit() and status >= "400"} <= STATUSES.keys()
    is_health = operation["operationId"] == "retrieveHealth"  # its 503 says what is wrong, not when to ask again
    for status in ("405", "429") if is_health else ("405", "429", "503"):
        assert set(resolve(document, declared[status])["headers"]) == set(STATUSES[int(status)].headers)
    if "415" in declared:
        assert set(resolve(document, declared["415"])["headers"]) == {
            "Accept-Patch" if method == "patch" else "Accept-Post"
        }
    if method == "get" and "{" not in path and not is_own:
        assert declared["200"]["headers"].keys() >= LISTED
        assert "Range" in operation["description"]


async def test_more_than_the_gateway_can_do_is_turned_away_with_the_time_to_wait(make_app, shared, refused):
    shared.memory.__init__()
    arrived, go = asyncio.Event(), asyncio.Event()

    async def slow(_credentials):
        arrived.set()
        await go.wait()

    for limits, status in (
        ({"max_in_flight": 1}, 503),
        ({"max_in_flight_of_one_client": 1}, 429),
    ):
        arrived.clear(), go.clear()
        app = make_app(slow, **limits)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway.test") as client:
            path = "/tmf-api/productOrderingManagement/v4/productOrder"
            first = asyncio.create_task(client.get(path))
            await arrived.wait()
            answer = await client.get(path)
            refused(answer, status)
            assert answer.headers["retry-after"] == "1"
            go.set()
            assert (await first).status_code == 200
            assert (await client.get(path)).status_code == 200
