"""Two gateways on one database: of two who change the same, one wins; what is sent to both is taken once."""

import asyncio
import sqlite3
from types import SimpleNamespace

import httpx
import pytest
import pytest_asyncio

from gateway.app.demo import bodies
from gateway.app.demo.client import GatewayClient
from gateway.app.runtime import open_runtime
from gateway.app.settings import Settings

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="module")]

ORDERS = "/tmf-api/productOrderingManagement/v4/productOrder"
NEW_ORDERS = "/tmf-api/productOrderingManagement/v5/productOrder"
MERGE = {"Content-Type": "application/merge-patch+json"}
ROUNDS = 8


def order(name):
    item = bodies.added("1", "FIBRE-500", 1011, place=1011, characteristics=[bodies.rate(500)])
    made = bodies.product_order(name, 1011, [item])
    return {key: value for key, value in made.items() if not key.startswith("requested")}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def both_store(request, tmp_path_factory):
    """The address of a store of each kind that two gateways share."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path_factory.mktemp('pair') / 'gateway.sqlite'}"
    postgres = request.getfixturevalue("postgres")
    return postgres.server.url(postgres.empty())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pair(both_store):
    """Clients of two gateways that do no work, each with connections of its own to one store."""
    settings = Settings(database=both_store, workers=0)
    async with open_runtime(settings) as one, open_runtime(settings) as other:
        clients = [
            httpx.AsyncClient(transport=httpx.ASGITransport(runtime.app), base_url="http://gateway.test")
            for runtime in (one, other)
        ]
        yield SimpleNamespace(one=clients[0], other=clients[1], both=clients)
        for client in clients:
            await client.aclose()


async def test_of_two_who_name_the_version_one_wins_and_nothing_is_mixed(pair):
    made = await pair.one.post(ORDERS, json=order("versions"))
    href, tag = made.json()["href"], made.headers["etag"]
    for number in range(ROUNDS):
        wanted = [{"description": f"{who} {number}", "category": f"{who} {number}"} for who in ("one", "other")]
        answers = await asyncio.gather(
            *(
                client.patch(href, json=body, headers=MERGE | {"If-Match": tag})
                for client, body in zip(pair.both, wanted, strict=True)
            )
        )
        assert sorted(answer.status_code for answer in answers) == [200, 412]
        winner = next(answer for answer in answers if answer.status_code == 200)
        for client in pair.both:
            read = await client.get(href)
            assert read.json() == winner.json()
            assert read.headers["etag"] == winner.headers["etag"] != tag
        assert {name: winner.json()[name] for name in ("description", "category")} in wanted
        tag = winner.headers["etag"]


async def test_of_two_who_name_none_both_changes_are_there_or_one_is_told_of_the_other(pair):
    made = await pair.one.post(ORDERS, json=order("members"))
    href = made.json()["href"]
    for number in range(ROUNDS):
        answers = await asyncio.gather(
            pair.one.patch(href, json={"description": f"round {number}"}, headers=MERGE),
            pair.other.patch(href.replace("/v4/", "/v5/"), json={"priority": str(number)}, headers=MERGE),
        )
        assert {answer.status_code for answer in answers} <= {200, 409}
        read = (await pair.one.get(href)).json()
        for answer, name, value in zip(
            answers, ("description", "priority"), (f"round {number}", str(number)), strict=True
        ):
            assert (read.get(name) == value) == (answer.status_code == 200)


async def test_a_change_and_a_deletion_of_one_version_do_not_both_happen(pair):
    for number in range(ROUNDS):
        made = await pair.one.post(ORDERS, json=order(f"deleted {number}"))
        href, exact = made.json()["href"], {"If-Match": made.headers["etag"]}
        removed, changed = await asyncio.gather(
            pair.one.delete(href, headers=exact),
            pair.other.patch(href, json={"description": "changed"}, headers=MERGE | exact),
        )
        read = await pair.other.get(href)
        if removed.status_code == 204:
            assert changed.status_code in (404, 412)
            assert read.status_code == 404
        else:
            assert (removed.status_code, changed.status_code) == (412, 200)
            assert read.json()["description"] == "changed"


async def test_any_version_will_do_while_others_change(pair):
    made = await pair.one.post(ORDERS, json=order("any"))
    href = made.json()["href"]
    answers = await asyncio.gather(
        *(
            client.patch(href, json={name: "x"}, headers=MERGE | {"If-Match": "*"})
            for client, name in zip(pair.both, ("description", "category"), strict=True)
        )
    )
    assert {answer.status_code for answer in answers} == {200}
    assert (await pair.one.delete(href, headers={"If-Match": "*"})).status_code == 204


async def test_what_is_sent_to_both_under_one_key_is_taken_once(pair):
    for number in range(ROUNDS):
        body = {name: value for name, value in order(f"key {number}").items() if name != "externalId"}
        answers = await asyncio.gather(
            *(client.post(ORDERS, json=body, headers={"Idempotency-Key": f"k{number}"}) for client in pair.both * 2)
        )
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.text for answer in answers}) == 1
        assert sum("idempotent-replayed" not in answer.headers for answer in answers) == 1
        assert int((await pair.one.get(ORDERS, params={"description": f"key {number}"})).headers["x-total-count"]) == 1


async def test_of_two_orders_of_one_number_one_is_taken(pair):
    for number in range(ROUNDS):
        answers = await asyncio.gather(
            *(
                client.post(ORDERS, json=order(f"number {number}") | {"category": who})
                for client, who in zip(pair.both, ("B2B", "B2C"), strict=True)
            )
        )
        assert sorted(answer.status_code for answer in answers) == [201, 409]
        refused = next(answer.json() for answer in answers if answer.status_code == 409)
        assert refused["reason"].endswith("content: category")


async def test_killed_after_the_commit_it_gives_the_same_answer_when_asked_again(process):
    body = {name: value for name, value in order("killed").items() if name != "externalId"}
    headers = {"Idempotency-Key": '"before the crash"'}
    sent = []
    for _ in range(2):
        process.start("--workers", "0")
        async with GatewayClient(process.address) as client:
            answers = await asyncio.gather(
                *(
                    client._http.post(ORDERS, json=body | {"priority": str(n)}, headers={"Idempotency-Key": f"n{n}"})
                    for n in range(8)
                ),
                client._http.post(ORDERS, json=body, headers=headers),
                client._http.post(ORDERS, json=order("numbered")),
            )
        assert {answer.status_code for answer in answers} == {201}
        sent.append([(answer.json()["id"], answer.headers["etag"]) for answer in answers])
        process.kill()
    assert sent[0] == sent[1]
    with sqlite3.connect(process.database.removeprefix("sqlite:///")) as db:
        assert db.execute("select count(*) from product_order").fetchone()[0] == 10
        assert db.execute("select count(*) from work").fetchone()[0] == 10
        assert db.execute("select count(*), count(expires) from claim").fetchone() == (10, 9)
