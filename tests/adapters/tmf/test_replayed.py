"""The adapter for TM Forum's APIs with what tmf-mock answered when it was recorded."""

from pathlib import Path

import pytest

from adapters.tmf.plugin import PLUGIN
from gateway.ports.adapter import Role
from tests.adapters.playing import replaying
from tests.adapters.tmf.scenarios import SCENARIOS
from tests.conformity import conformity

RECORDED = Path(__file__).with_name("recorded")
NOWHERE = "127.0.0.1:1"
DIALECT = {"item_key": "orderItem", "cancel": "patch"}


async def moved(_number, _state):
    """It was told so when it was recorded."""


@pytest.mark.parametrize("play", SCENARIOS, ids=lambda play: play.__name__)
async def test_what_was_answered_is_read_as_then(play):
    conformity().foreign.add(NOWHERE)  # what it answered was not ours
    tmf = PLUGIN.create(Role.ACTIVATION, PLUGIN.settings(url=f"http://{NOWHERE}", **DIALECT), Path())
    context, _ = replaying(RECORDED / "activate" / play.__name__)
    with context:
        await play(tmf, moved)
    await tmf.close()
