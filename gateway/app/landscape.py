"""A landscape brought to life: its simulated systems started, its adapters made."""

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
    """The adapters of a landscape, by role, and the simulations that run behind them."""

    landscape: Landscape
    adapters: Mapping[Role, Adapter]
    simulations: tuple[Simulation, ...] = ()
    addresses: Mapping[Role, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    async def start(
        cls, name: str, stores: Path, pace: float, *, addresses: Mapping[Role, Mapping[str, Any]] | None = None
    ) -> "LiveLandscape":
        """Start what is simulated and make the adapters. Raises SetupError.

        `stores` is the folder for the simulated systems' own databases; `addresses` leads to simulated systems that
        another process runs already.
        """
        landscape, plugins = read_landscape(name)
        found: dict[Role, Mapping[str, Any]] = dict(addresses or {})
        simulations: list[Simulation] = []
        try:
            for role, binding in landscape.roles.items():
                if role in found or "url" in binding.settings:
                    continue
                stores.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 - once, before anything is served
                simulation = await plugins[binding.adapter].launch_simulation(stores, pace)
                if simulation is not None:
                    simulations.append(simulation)
                    found.update(simulation.settings)
            adapters = {
                role: _adapter(landscape, plugins[binding.adapter], role, found.get(role))
                for role, binding in landscape.roles.items()
            }
        except BaseException:
            for simulation in simulations:
                await simulation.stop()
            raise
        return cls(landscape, adapters, tuple(simulations), found)

    @property
    def terms(self) -> Terms:
        """What the lifecycle must know of the landscape."""
        return terms_of(self.landscape)

    async def stop(self) -> None:
        """Close the adapters and stop the simulations; what these stored stays."""
        for adapter in self.adapters.values():
            await adapter.close()
        for simulation in self.simulations:
            await simulation.stop()


def terms_of(landscape: Landscape) -> Terms:
    """Return what the lifecycle must know of a landscape."""
    offerings = {offering.id: offering for offering in landscape.offerings}
    return Terms(offerings, landscape.policy, landscape.zone, landscape.authority)


def _adapter(landscape: Landscape, plugin: AdapterPlugin, role: Role, overrides: Mapping[str, Any] | None) -> Adapter:
    if role not in plugin.roles:
        can = ", ".join(plugin.roles)
        raise SetupError(f"adapter {plugin.name} cannot play {role}", f"it plays {can}", file=str(landscape.file))
    settings = landscape.settings_for(role, plugin.settings, overrides)
    return plugin.create(role, settings, landscape.directory)
