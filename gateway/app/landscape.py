"""A landscape brought to life: its simulated systems started, and adapters made as they are asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway.app.plugins import find_landscape, find_plugins
from gateway.lifecycle.terms import Terms
from gateway.ports.adapter import Adapter, AdapterPlugin, Role, Simulation
from gateway.ports.errors import SetupError
from gateway.vocabulary.landscape import Landscape, load_landscape

__all__ = ["LiveLandscape", "read_landscape", "terms_of"]


def read_landscape(name: str) -> tuple[Landscape, Mapping[str, AdapterPlugin]]:
    """Return a checked landscape and the installed adapters. Raises SetupError with file and line."""
    plugins = find_plugins()
    return load_landscape(find_landscape(name, plugins), frozenset(plugins)), plugins


@dataclass
class LiveLandscape:
    """A landscape with its plugins, the addresses of its systems, and the simulations that run behind them."""

    landscape: Landscape
    plugins: Mapping[str, AdapterPlugin]
    simulations: tuple[Simulation, ...] = ()
    addresses: Mapping[Role, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    async def start(
        cls, name: str, stores: Path, pace: float, *, addresses: Mapping[Role, Mapping[str, Any]] | None = None
    ) -> "LiveLandscape":
        """Start what is simulated. Raises SetupError.

        `stores` is the folder for the simulated systems' own databases; `addresses` leads to simulated systems that
        another process runs already.
        """
        landscape, plugins = read_landscape(name)
        found: dict[Role, Mapping[str, Any]] = dict(addresses or {})
        simulations: list[Simulation] = []
        try:
            for role, binding in landscape.roles.items():
                if role in found or _leads(landscape, role):
                    continue
                stores.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 - once, before anything is served
                simulation = await plugins[binding.adapter].launch_simulation(stores, pace)
                if simulation is not None:
                    simulations.append(simulation)
                    found |= {one: said for one, said in simulation.settings.items() if not _leads(landscape, one)}
        except BaseException:
            for simulation in simulations:
                await simulation.stop()
            raise
        return cls(landscape, plugins, tuple(simulations), found)

    @property
    def terms(self) -> Terms:
        """What the lifecycle must know of the landscape."""
        return terms_of(self.landscape)

    def make(self, role: Role, vocabulary: Path | None = None) -> Adapter:
        """Return a new adapter for a role, with the tables of a file in place of its own. Raises SetupError."""
        plugin = self.plugins[self.landscape.roles[role].adapter]
        if role not in plugin.roles:
            can = ", ".join(plugin.roles)
            reason = f"adapter {plugin.name} cannot play {role}"
            raise SetupError(reason, f"it plays {can}", file=str(self.landscape.file))
        said = dict(self.addresses.get(role, {}))
        if vocabulary is not None:
            said["vocabulary"] = str(vocabulary.absolute())
        settings = self.landscape.settings_for(role, plugin.settings, said)
        return plugin.create(role, settings, self.landscape.directory)

    async def stop(self) -> None:
        """Stop the simulations; what these stored stays."""
        for simulation in self.simulations:
            await simulation.stop()


def terms_of(landscape: Landscape) -> Terms:
    """Return what the lifecycle must know of a landscape."""
    offerings = {offering.id: offering for offering in landscape.offerings}
    return Terms(
        offerings, landscape.policy, landscape.zone, landscape.authority, landscape.cancellation, landscape.tenant or ""
    )


def _leads(landscape: Landscape, role: Role) -> bool:
    """Whether a role's own settings lead to its system, so that no simulation stands in for it."""
    return "url" in landscape.roles[role].settings
