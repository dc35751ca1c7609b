"""The adapter for file drops with what OpenSSH's server gave when it was recorded."""

from pathlib import Path

import pytest

from adapters.filedrop.plugin import PLUGIN
from gateway.ports.adapter import Role
from tests.adapters.filedrop.scenarios import SCENARIOS
from tests.adapters.playing import replaying
from tests.adapters.sftp_server import HOST_KEY

RECORDED = Path(__file__).with_name("recorded")


@pytest.mark.parametrize("play", SCENARIOS, ids=lambda play: play.__name__)
async def test_what_was_there_is_read_as_then(play):
    settings = {"host": "127.0.0.1", "port": 1, "user": "gateway", "host_key": HOST_KEY.export_public_key().decode()}
    drop = PLUGIN.create(Role.BILLING, PLUGIN.settings(**settings), Path())
    context, _ = replaying(RECORDED / "charge" / play.__name__, volatile=("content.*",))  # it says when it was written
    with context:
        await play(drop, lambda: None)
    await drop.close()
