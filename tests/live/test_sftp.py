"""The adapter for file drops with OpenSSH's SFTP server. `RECORD=1` records anew what the other tests replay."""

import time
from pathlib import Path

import pytest

from adapters.filedrop.plugin import PLUGIN
from gateway.ports.adapter import Role
from gateway.ports.errors import NeedsOperator
from tests.adapters.filedrop.host import Host
from tests.adapters.filedrop.scenarios import SCENARIOS
from tests.adapters.filedrop.test_filedrop import message
from tests.adapters.filedrop.test_replayed import RECORDED
from tests.adapters.playing import recording


@pytest.fixture(scope="session")
def host(openssh):
    return Host(openssh[0])


@pytest.fixture
async def drop(openssh):
    adapter = PLUGIN.create(Role.BILLING, PLUGIN.settings(**openssh[1]), Path())
    yield adapter
    await adapter.close()


@pytest.mark.parametrize("play", SCENARIOS, ids=lambda play: play.__name__)
async def test_files_go_out_once_and_their_answers_are_read(drop, host, play):
    began, before = time.perf_counter(), len(host.taken)
    if play.__name__ == "is_rejected":
        host.reject["1"] = "R02"
    context, _ = recording(RECORDED / "charge" / play.__name__)
    with context:
        await play(drop, host.work)
    assert len(set(host.taken[before:])) == len(host.taken[before:]), "each file was taken once"
    assert not [file.name for file in (host.folder / "outbox").iterdir()]
    print(f"\nsftp: {play.__name__}: {time.perf_counter() - began:.2f} s")


async def test_its_health(drop):
    assert "0 files" in await drop.check()


async def test_a_folder_that_is_not_there_is_a_person_s_to_mend(openssh, host):
    adapter = PLUGIN.create(Role.BILLING, PLUGIN.settings(**{**openssh[1], "journal": "nowhere"}), Path())
    try:
        with pytest.raises(NeedsOperator, match="nowhere"):
            await adapter.submit(message("charge", order="O-9"))
    finally:
        await adapter.close()
