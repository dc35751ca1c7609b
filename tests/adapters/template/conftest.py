"""Adapters written from the template, installed for this process only, with their stand-in served."""

import asyncio
import importlib
import sys
from pathlib import Path

import pytest

from adapters.template.write import TEMPLATE
from gateway.ports.adapter import Role
from gateway.ports.template import Wanted


def install(folder: Path, name: str) -> None:
    """Make a package's entry point known to whoever has its folder on the path, as pip would."""
    info = folder / f"{name}-0.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.1\n")
    (info / "entry_points.txt").write_text(f"[tmf_gateway.adapters]\n{name} = {name}.plugin:PLUGIN\n")


@pytest.fixture
def acme(tmp_path, monkeypatch):
    """An adapter of every role, installed here, and its stand-in."""
    folder = tmp_path / "acme"
    TEMPLATE.write(Wanted(name="acme", roles=tuple(Role), transport="http"), folder)
    install(folder, "acme")
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.syspath_prepend(str(folder / "tests"))
    system = importlib.import_module("acme_legacy.system").System
    parts = {"customer": "Customers", "field_work": "FieldWork", "activation": "Activation", "billing": "Billing"}
    made = [getattr(importlib.import_module(f"acme_legacy.{module}"), name)() for module, name in parts.items()]
    served = importlib.import_module("acme_legacy.serving").Served(system(*made), tmp_path)
    served.package = folder
    yield served
    served.stop()
    for module in [name for name in sys.modules if name.partition(".")[0] in {"acme", "acme_legacy"}]:
        del sys.modules[module]


@pytest.fixture
async def at_work(acme):
    """The people behind the stand-in, who go on with what is there."""

    async def work():
        while True:
            await asyncio.sleep(0.02)
            acme.work()

    task = asyncio.create_task(work())
    yield acme
    task.cancel()
