"""The simulated systems as a child process, and the plugins that start it."""

import asyncio
import contextlib
import os
from importlib.metadata import entry_points
from pathlib import Path

import httpx
import pytest

from adapters.simulated.launch import start_simulated
from adapters.simulated.plugins import ACTIVATION, BILLING, CRM, FIELD
from gateway.ports.adapter import Role
from gateway.vocabulary.landscape import ADAPTER_GROUP, load_landscape


def _runs(pid: int) -> bool:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


@pytest.mark.server
async def test_the_child_ends_when_its_input_does(tmp_path: Path):
    child = await start_simulated(tmp_path, 0.0)
    try:
        async with httpx.AsyncClient(trust_env=False) as client:
            for url in child.urls.values():
                assert (await client.get(f"{url}/health")).json()["simulated"] is True
        assert set(child.settings) == set(Role)
        child._process.stdin.close()  # as when the parent dies
        await asyncio.wait_for(child._process.wait(), 5)
        assert not _runs(child.pid)
    finally:
        await child.stop()


@pytest.mark.parametrize("plugin", [CRM, FIELD, ACTIVATION, BILLING], ids=lambda plugin: plugin.name)
async def test_every_plugin_makes_its_adapter(plugin, tmp_path: Path):
    (role,) = plugin.roles
    more = {"drop": str(tmp_path)} if role is Role.BILLING else {}
    adapter = plugin.create(role, plugin.settings(url="http://127.0.0.1:9", **more), tmp_path)
    assert (adapter.role, adapter.name) == (role, plugin.name)
    await adapter.close()


def test_they_are_entry_points_and_their_landscape_loads():
    names = {point.name for point in entry_points(group=ADAPTER_GROUP)}
    assert {CRM.name, FIELD.name, ACTIVATION.name, BILLING.name} <= names
    landscape = load_landscape(CRM.landscapes["simulated"])
    assert set(landscape.roles) == set(Role)
