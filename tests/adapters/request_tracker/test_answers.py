"""What comes in place of Request Tracker's answers, and what the adapter makes of it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from starlette.responses import JSONResponse

from adapters.request_tracker.client import FIELDS
from adapters.request_tracker.plugin import PLUGIN
from gateway.ports import errors
from gateway.ports.adapter import Role
from tests.adapters.answering import Answering
from tests.adapters.request_tracker.scenarios import ordered
from tests.adapters.selling import sold

CASES = yaml.safe_load(Path(__file__).with_name("answers.yaml").read_text(encoding="utf-8"))
MATCHES = {
    "look": lambda method, path, _: method == "GET" and path.endswith("/tickets"),
    "change": lambda method, *_: method == "POST",
}


def good(_method, path, _body):
    if "/queue/" in path:
        return JSONResponse({"TicketCustomFields": [{"name": name} for name in FIELDS]})
    return JSONResponse({"items": [], "pages": 1})


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
async def test_it_is_named_by_what_happens_next(case):
    system = Answering(good, MATCHES[case["at"]], case)
    async with system.running() as address:
        settings = PLUGIN.settings(url=address, password="x", answer_seconds=0.3)
        adapter = PLUGIN.create(Role.FIELD_WORK, settings, Path())
        with pytest.raises(getattr(errors, case["raises"])) as caught:
            await adapter.submit(ordered("book", datetime.now(UTC), sold(), order="O-1"))
        await adapter.close()
    assert getattr(caught.value, "retry_after_seconds", None) == case.get("after")
    assert "hunter2" not in str(caught.value) and "abcdefgh" not in str(caught.value)
    opened = [one for one in system.asked if one[0] == "POST"]
    assert len(opened) == (1 if case["at"] == "change" else 0)
