"""The contract kit, asked of the adapter for file drops over an SFTP server."""

from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

import adapters.filedrop
from adapters.filedrop.adapter import FiledropAdapter
from adapters.filedrop.plugin import PLUGIN
from contract_tests.adapter import AdapterTarget, BillingContract, Fault, LegacySide
from gateway.ports.errors import Unreadable
from gateway.vocabulary.load import load_vocabularies
from tests.adapters.filedrop.host import Host
from tests.adapters.sftp_server import be_well, break_rename, sftp_server, shut_the_door
from tests.contract.simulated import run

pytestmark = pytest.mark.server
HERE = Path(adapters.filedrop.__file__).parent
CODES = HERE / "codes.yaml"
TABLES = load_vocabularies(CODES)  # read once for all
RENAMES = {Fault.LOST_REQUEST: "before", Fault.LOST_ANSWER: "after", Fault.NO_ANSWER: "silent"}


class Side(LegacySide):
    """The server, which breaks off or lets nobody in, and the host, whose answers are wrong."""

    faults = frozenset(Fault)

    def __init__(self, host):
        self.host = host

    async def misbehave(self, fault, reference):
        if fault in RENAMES:
            break_rename("outbox", RENAMES[fault])
        elif fault in {Fault.DOWN, Fault.BARRED}:
            shut_the_door(fault.value)
        else:
            self.host.shows[reference] = fault.value

    async def heal(self):
        be_well()
        self.host.shows.clear()

    async def made(self, reference):
        names = [*self.host.taken, *(file.name for file, _ in self.host.waiting())]
        return [name for name in names if self.host.references[name] == reference]

    async def carry_on(self, reference):
        self.host.work()


@pytest_asyncio.fixture
async def target(tmp_path):
    host = Host(tmp_path)
    async with sftp_server(tmp_path) as address:
        settings = PLUGIN.settings(**address, poll_seconds=0.01)
        yield AdapterTarget(
            create=lambda: FiledropAdapter(settings, TABLES, host.layout),
            hurried=lambda: FiledropAdapter(settings.model_copy(update={"answer_seconds": 0.2}), TABLES, host.layout),
            conformance=HERE / "conformance.yaml",
            vocabularies=[CODES],
            legacy=Side(host),
        )


class TestFiledrop(BillingContract):
    """Every check of the role."""

    scenarios = (Path(__file__).with_name("accounts-of-their-own.yaml"),)


class Deaf(FiledropAdapter):
    """Waits for another answer where the one that came cannot be read."""

    async def _answer(self, *asked):
        try:
            return await super()._answer(*asked)
        except Unreadable:
            return None


async def test_an_answer_that_comes_later_and_cannot_be_read_must_not_be_waited_for(target):
    honest = target.create()
    deaf = replace(target, create=lambda: Deaf(honest._settings, TABLES, honest._layout), wait_seconds=0.5)
    found = await run(BillingContract, deaf, ["ERR-3"])
    assert "charge: Broken came, and not Unreadable: charge is not done" in found["ERR-3 CHARGE"]
