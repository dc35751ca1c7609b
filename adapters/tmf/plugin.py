"""What the entry point names. An adapter's code is read when it is first needed."""

from collections.abc import Mapping
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel

from gateway.ports.adapter import Adapter, AdapterPlugin, Role, Simulation
from gateway.ports.errors import SetupError
from gateway.vocabulary.load import load_vocabularies, require

__all__ = ["PLUGIN", "TmfPlugin"]

_HERE = Path(__file__).parent
_TABLES = (
    "tmf-order-state-v4",
    "tmf-order-state-v5",
    "tmf-service-state",
    "tmf-product-status",
    "tmf-action",
    "tmf-rate-unit",
    "tmf-specification",
    "tmf-field",
)


class TmfPlugin:
    """An upstream that speaks TMF641 or TMF622, for `activation`."""

    name = "tmf"
    roles = (Role.ACTIVATION,)
    landscapes: Mapping[str, Path] = {}
    vocabularies: Mapping[Role, Path] = {Role.ACTIVATION: _HERE / "codes.yaml"}

    @cached_property
    def settings(self) -> type[BaseModel]:
        """The model of its settings."""
        module = import_module("adapters.tmf.settings")
        return cast("type[BaseModel]", module.TmfSettings)

    def create(self, role: Role, settings: Any, directory: Path) -> Adapter:
        """Return the adapter, with its own vocabularies or those of the file that `settings.vocabulary` names.

        Raises SetupError for a role that it does not play and for vocabularies that are not sound or not whole.
        """
        if role is not Role.ACTIVATION:
            raise SetupError(f"adapter {self.name} does not play {role}", "use it for activation")

        path = directory / settings.vocabulary if settings.vocabulary is not None else self.vocabularies[role]
        tables = load_vocabularies(path)
        require(tables, path, *_TABLES)
        made = import_module("adapters.tmf.adapter").TmfAdapter
        return cast("Adapter", made(settings, tables))

    async def launch_simulation(self, directory: Path, pace: float) -> Simulation | None:
        """Start nothing: the upstream is a real one."""
        _ = directory, pace
        return None


PLUGIN = cast("AdapterPlugin", TmfPlugin())
