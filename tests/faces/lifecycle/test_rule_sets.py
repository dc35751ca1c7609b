"""Rule sets on the face: without a keeper, and in what a trace is answered."""

from pathlib import Path

import httpx
import pytest

from gateway.faces.application import build_faces
from gateway.rules.bindings.bind import bind
from gateway.rules.bindings.modes import Mode
from gateway.rules.bindings.rule_set import Binding, RuleSet, Scope
from gateway.rules.engine import Catalogue

DOCUMENTS = Path(__file__).parents[3] / "openapi"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/rule-sets", None),
        ("POST", "/rule-sets", {"document": "name: a", "who": "j.doe"}),
        ("GET", "/rule-sets/1", None),
        ("POST", "/rule-sets/1/activate", {"who": "j.doe"}),
    ],
)
async def test_where_none_are_kept_that_is_said(client, method, path, body):
    answer = await client.request(method, path, json=body)
    assert (answer.status_code, answer.json()["code"]) == (501, "notSupported")


@pytest.fixture
async def on_trial(desk, repository):
    """A face whose rules are all on trial."""
    rule_set = RuleSet("trial", 7, bindings=(Binding(Scope(), Mode.DRY_RUN),))
    app = build_faces(desk, repository, bind(rule_set, Catalogue.load()), documents=DOCUMENTS)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway/lifecycle/v1") as opened:
        yield opened


async def test_a_trace_is_answered_by_the_rules_in_force(client, on_trial, document):
    usual = (await client.post("/check", json=document)).json()
    trial = (await on_trial.post("/check", json=document)).json()
    assert usual["findings"]
    assert "ruleSet" not in usual
    assert trial["ruleSet"] == "trial@7"
    assert trial["findings"] == []
    assert {one["code"] for one in trial["dryRun"]} == {one["code"] for one in usual["findings"]}


async def test_the_list_says_how_each_rule_is_taken(client, on_trial):
    assert {one["mode"] for one in (await client.get("/rules")).json()} == {"enforce"}
    assert {one["mode"] for one in (await on_trial.get("/rules")).json()} == {"dry-run"}
    assert (await on_trial.get("/rules/ACT-006")).json()["mode"] == "dry-run"
    page = await on_trial.get("/rules/ACT-006", headers={"accept": "text/html"})
    assert "dry-run" in page.text
