"""Unknown codes as an operator sees them, and a correction sent over the API."""

import pytest

from gateway.app.demo.client import open_holds
from tests.app.test_workshop import fibre, field_status, until

pytestmark = pytest.mark.server
BASE = "/lifecycle/v1/vocabularies"


async def test_an_unknown_code_is_counted_until_a_correction_releases_what_it_held(gateway):
    names = [f"odd-{number}" for number in range(3)]
    for name in names:
        await gateway.misbehave("field-work", name, "unknown-code")
    orders = [await gateway.send(fibre(name)) for name in names]
    for order in orders:
        assert open_holds(await gateway.end(order))
    listed = {one["id"]: one for one in (await gateway.http.get(BASE)).json()}
    assert listed["field-status"]["coverage"]["total"] == 6
    assert listed["activation-service-state"]["coverage"]["unmatched"] == 2
    (lacking,) = listed["field-status"]["unknownCodes"]
    assert (lacking["code"], lacking["count"], lacking["orders"], lacking["ordersWaiting"]) == ("XFR", 3, 3, 3)

    body = {"text": field_status(), "who": "anna", "reason": "a new depot"}
    staged = await gateway.http.post(BASE, json=body)
    assert staged.status_code == 201, staged.text
    assert staged.json()["vocabularies"][0]["status"] == "staged"
    assert (await gateway.http.get(f"{BASE}/field-status")).json()["version"] == 1

    adopted = await gateway.http.post(BASE, json=body | {"adopt": True})
    assert adopted.status_code == 201, adopted.text
    assert adopted.json()["ordersAskedAgain"] == 3
    assert adopted.json()["vocabularies"][0]["status"] == "active"

    async def all_closed():
        timelines = [await gateway.client.timeline(one) for one in orders]
        return {timeline["lifecycle"]["checkpoint"] for timeline in timelines} == {"closed"}

    await until(all_closed)
    shown = (await gateway.http.get(f"{BASE}/field-status")).json()
    assert (shown["version"], shown["unknownCodes"], shown["roles"]) == (2, [], ["field-work"])
    assert [(one["version"], one["status"], one["who"]) for one in shown["versions"]] == [(2, "active", "anna")]
    assert {one["code"]: one["count"] > 0 for one in shown["codes"]}["XFR"]
    assert "JEP" in shown["unusedCodes"]
    assert "CPD" not in shown["unusedCodes"]
    assert (await gateway.journal("field-work"))["duplicates"] == 0


async def test_a_bad_table_is_refused_with_its_line(gateway):
    for text, words in (
        (field_status(version=1), "does not rise"),
        (field_status(codes=""), "text:8: "),
        ("vocab: [", "text:2: "),
        ("# nothing", "text:1: "),
        (field_status().replace("field-status", "elsewhere"), "no adapter"),
    ):
        for adopt in (False, True):
            answer = await gateway.http.post(BASE, json={"text": text, "who": "a", "reason": "b", "adopt": adopt})
            assert answer.status_code == 422, answer.text
            assert answer.json()["code"] == "badVocabulary"
            assert words in answer.json()["reason"], answer.json()
    assert (await gateway.http.post(BASE, json={"text": field_status()})).status_code == 400
    assert (await gateway.http.get(f"{BASE}/elsewhere")).status_code == 404
    assert (await gateway.http.get(BASE, params={"x": "y"})).status_code == 400
