"""The adapter for file drops with OpenSSH's SFTP server."""

import time
from pathlib import Path

import pytest

from adapters.filedrop.plugin import PLUGIN
from gateway.ports.adapter import Outcome, Role
from gateway.ports.errors import NeedsOperator
from tests.adapters.filedrop.host import Host
from tests.adapters.filedrop.test_filedrop import message


@pytest.fixture(scope="session")
def host(openssh):
    return Host(openssh[0])


@pytest.fixture
async def drop(openssh):
    adapter = PLUGIN.create(Role.BILLING, PLUGIN.settings(**openssh[1]), Path())
    yield adapter
    await adapter.close()


async def test_charges_and_their_bill_by_files(drop, host):
    began = time.perf_counter()
    for operation in ("charge", "bill"):
        asked = message(operation)
        assert (await drop.submit(asked)).outcome is Outcome.WORKING
        assert (await drop.submit(asked)).outcome is Outcome.WORKING
        host.work()
        report = await drop.fetch(asked)
        assert report.outcome is Outcome.DONE
    assert report.bills[0].gross.amount == 48
    assert len(host.taken) == 2, "each file was taken once"
    assert not [file.name for file in (host.folder / "outbox").iterdir()]
    print(f"\nsftp: two files out, three answers back: {time.perf_counter() - began:.2f} s")


async def test_its_health(drop, host):
    assert "0 files" in await drop.check()


async def test_a_folder_that_is_not_there_is_a_person_s_to_mend(openssh, host):
    adapter = PLUGIN.create(Role.BILLING, PLUGIN.settings(**{**openssh[1], "journal": "nowhere"}), Path())
    try:
        with pytest.raises(NeedsOperator, match="nowhere"):
            await adapter.submit(message("charge", order="O-9"))
    finally:
        await adapter.close()
