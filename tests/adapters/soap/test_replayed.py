"""The adapter for SOAP with what PHP's SoapServer answered when it was recorded."""

from pathlib import Path

import pytest

from adapters.soap.plugin import PLUGIN
from gateway.ports.adapter import Role
from tests.adapters.playing import replaying
from tests.adapters.soap.scenarios import SCENARIOS

RECORDED = Path(__file__).with_name("recorded")


@pytest.mark.parametrize("play", SCENARIOS, ids=lambda play: play.__name__)
async def test_what_was_answered_is_read_as_then(play):
    soap = PLUGIN.create(Role.ACTIVATION, PLUGIN.settings(url="http://127.0.0.1:1/soap"), Path())
    context, _ = replaying(RECORDED / "activate" / play.__name__)
    with context:
        await play(soap)
    await soap.close()
