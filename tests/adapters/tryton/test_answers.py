"""What comes in place of Tryton's answers, and what the billing adapter makes of it."""

from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
import yaml
from starlette.responses import JSONResponse

from adapters.tryton.settings import TrytonSettings
from gateway.ports import errors
from gateway.ports.adapter import Role
from tests.adapters.answering import Answering
from tests.adapters.selling import fact, message, sold
from tests.adapters.tryton.kit import adapter_of

CASES = yaml.safe_load(Path(__file__).with_name("answers.yaml").read_text(encoding="utf-8"))
AT = {"look": "model.sale.subscription.line.search_read", "change": "model.sale.subscription.create"}
GOOD = {
    "common.db.login": [1, "session", None],
    "model.res.user.get_preferences": {"company": 1},
    "model.party.identifier.search_read": [{"id": 1, "code": "BA-1011", "party": 1, "address": 1}],
    "model.currency.currency.search_read": [{"id": 1, "code": "EUR"}],
    "model.product.product.search_read": [
        {"id": 1, "code": "FIBRE-500", "sale_uom": 1, "template.": {"id": 1, "account_category.": None}}
    ],
    "model.sale.subscription.service.search_read": [
        {"id": 1, "product.": {"id": 1, "code": "FIBRE-500"}, "consumption_recurrence": 1}
    ],
}


def good(_method, _path, body):
    return JSONResponse({"id": 1, "result": GOOD.get(orjson.loads(body)["method"], [])})


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
async def test_it_is_named_by_what_happens_next(case):
    def matches(_method, _path, body):
        return orjson.loads(body)["method"] == AT[case["at"]]

    system = Answering(good, matches, case)
    async with system.running() as address:
        adapter = adapter_of(Role.BILLING, TrytonSettings(url=address, database="t", password="x", answer_seconds=0.3))
        active = [fact("service.activated", at=datetime.now(UTC))]
        with pytest.raises(getattr(errors, case["raises"])) as caught:
            await adapter.submit(message("billing", "charge", sold(), order="O-1", facts=active))
        await adapter.close()
    assert getattr(caught.value, "retry_after_seconds", None) == case.get("after")
    assert getattr(caught.value, "only_this", False) is case.get("onlyThis", False)
    assert "hunter2" not in str(caught.value) and "abcdefgh" not in str(caught.value)
    made = [one for one in system.asked if orjson.loads(one[2])["method"].endswith(".create")]
    assert len(made) == (1 if case["at"] == "change" else 0)
