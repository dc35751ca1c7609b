"""Starting the simulated systems: all four in one process, in this one or in a child that ends with its parent."""

import asyncio
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from adapters.simulated.systems.activation import Activation
from adapters.simulated.systems.billing import Billing
from adapters.simulated.systems.crm import Crm
from adapters.simulated.systems.field import FieldWork
from adapters.simulated.systems.server import Served, serve
from adapters.simulated.systems.store import Store
from gateway.ports.adapter import Role
from gateway.ports.errors import SetupError
from gateway.vocabulary.document import read_document

__all__ = ["ChildSimulation", "LocalSimulation", "start_local", "start_simulated"]

_READY_SECONDS = 20.0
_STOP_SECONDS = 3.0


def _settings(urls: Mapping[Role, str], directory: Path, pace: float) -> Mapping[Role, Mapping[str, Any]]:
    poll = {"poll_seconds": max(0.02, 0.25 * pace)}
    settings: dict[Role, Mapping[str, Any]] = {role: {"url": url, **poll} for role, url in urls.items()}
    settings[Role.CUSTOMER] = {"url": urls[Role.CUSTOMER]}
    settings[Role.BILLING] = {**settings[Role.BILLING], "drop": str(directory / "billing-drop")}
    return MappingProxyType(settings)


class LocalSimulation:
    """The four systems, served in this process."""

    def __init__(self, served: Mapping[Role, Served], directory: Path, pace: float) -> None:
        self._served = served
        self.urls = {role: one.url for role, one in served.items()}
        self.settings = _settings(self.urls, directory, pace)

    async def stop(self) -> None:
        """Stop serving; what was stored stays."""
        await asyncio.gather(*(one.stop() for one in self._served.values()))


class ChildSimulation:
    """The four systems in a child process. It ends when its standard input does, so it cannot outlive its parent."""

    def __init__(
        self, process: asyncio.subprocess.Process, urls: Mapping[Role, str], directory: Path, pace: float
    ) -> None:
        self._process = process
        self.urls = dict(urls)
        self.settings = _settings(urls, directory, pace)

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    async def stop(self) -> None:
        """End the child; what was stored stays."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), _STOP_SECONDS)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()


async def start_local(directory: Path, pace: float, ports: Mapping[Role, int] | None = None) -> LocalSimulation:
    """Start the four systems in this process and return once all answer. Ports not named are free ones."""
    seed = read_document(Path(__file__).with_name("seed.yaml")).data
    wanted = ports or {}
    activation = Activation(Store(directory / "activation.sqlite"), pace, seed["activation"])
    systems = {
        Role.CUSTOMER: Crm(Store(directory / "crm.sqlite"), pace, seed["crm"], activation.product),
        Role.FIELD_WORK: FieldWork(Store(directory / "field.sqlite"), pace),
        Role.ACTIVATION: activation,
        Role.BILLING: Billing(Store(directory / "billing.sqlite"), pace, seed["billing"], directory / "billing-drop"),
    }
    served = {role: await serve(system, wanted.get(role, 0)) for role, system in systems.items()}
    return LocalSimulation(served, directory, pace)


async def start_simulated(directory: Path, pace: float = 1.0) -> ChildSimulation:
    """Start the four systems in a child process and return once all answer. Raises SetupError where it does not."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "adapters.simulated",
        "--store",
        str(directory),
        "--pace",
        str(pace),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), _READY_SECONDS)
        said = json.loads(line)
    except (TimeoutError, ValueError):
        if process.returncode is None:
            process.kill()
        await process.wait()
        fix = "run python -m adapters.simulated by hand and read what it says"
        raise SetupError("the simulated systems did not start", fix) from None
    urls = {Role(role): str(url) for role, url in said["systems"].items()}
    return ChildSimulation(process, urls, directory, pace)
