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

__all__ = ["PLUGIN", "RadiusSqlPlugin"]

_HERE = Path(__file__).parent
_TABLES = ("radius-auth-type", "radius-rate-unit", "radius-group", "radius-service-type", "radius-resource")


class RadiusSqlPlugin:
    """FreeRADIUS on PostgreSQL, for `activation`."""

    name = "radius-sql"
    roles = (Role.ACTIVATION,)
    landscapes: Mapping[str, Path] = {}
    vocabularies: Mapping[Role, Path] = {Role.ACTIVATION: _HERE / "codes.yaml"}

    @cached_property
    def settings(self) -> type[BaseModel]:
        """The model of its settings."""
        module = import_module("adapters.radius_sql.settings")
        return cast("type[BaseModel]", module.RadiusSqlSettings)

    def create(self, role: Role, settings: Any, directory: Path) -> Adapter:
        """Return the adapter, with its own vocabularies or those of the file that `settings.vocabulary` names.

        Raises SetupError for a role that it does not play and for vocabularies that are not sound or not whole.
        """
        if role is not Role.ACTIVATION:
            raise SetupError(f"adapter {self.name} does not play {role}", "use it for activation")

        path = directory / settings.vocabulary if settings.vocabulary is not None else self.vocabularies[role]
        tables = load_vocabularies(path)
        require(tables, path, *_TABLES)
        made = import_module("adapters.radius_sql.adapter").RadiusSqlAdapter
        return cast("Adapter", made(settings, tables))

    async def launch_simulation(self, directory: Path, pace: float) -> Simulation | None:
        """Start a real FreeRADIUS on a PostgreSQL of its own. Raises SetupError where the programs are absent."""
        from adapters.radius_sql.serve import start_radius  # noqa: PLC0415 - for who starts it only

        _ = pace  # nothing is simulated
        return cast("Simulation", await start_radius(directory / "radius"))


PLUGIN = cast("AdapterPlugin", RadiusSqlPlugin())
