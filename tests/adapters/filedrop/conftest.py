"""A billing host behind an SFTP server, and the adapter to it."""

from pathlib import Path

import pytest

from adapters.filedrop.plugin import PLUGIN
from gateway.ports.adapter import Role
from tests.adapters.filedrop.host import Host
from tests.adapters.sftp_server import sftp_server


@pytest.fixture
def host(tmp_path):
    """The host; it works when it is told to."""
    return Host(tmp_path)


@pytest.fixture
async def make_adapter(host):
    """Make an adapter; settings may be others than usual."""
    made = []
    async with sftp_server(host.folder) as settings:

        def make(**changed):
            made.append(PLUGIN.create(Role.BILLING, PLUGIN.settings(**{**settings, **changed}), Path()))
            return made[-1]

        yield make
        for one in made:
            await one.close()


@pytest.fixture
def drop(make_adapter):
    """The adapter."""
    return make_adapter()
