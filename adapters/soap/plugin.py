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

__all__ = ["PLUGIN", "SoapPlugin"]

_HERE = Path(__file__).parent
_TABLES = ("service-state", "rate-unit", "service-type", "field")


class SoapPlugin:
    """A system that speaks SOAP, for `activation`."""

    name = "soap"
    roles = (Role.ACTIVATION,)
    landscapes: Mapping[str, Path] = {}
    vocabularies: Mapping[Role, Path] = {Role.ACTIVATION: _HERE / "codes.yaml"}

    @cached_property
    def settings(self) -> type[BaseModel]:
        """The model of its settings."""
        return cast("type[BaseModel]", import_module("adapters.soap.settings").SoapSettings)

    def create(self, role: Role, settings: Any, directory: Path) -> Adapter:
        """Return the adapter, with its own vocabularies and mapping or those of the files that the settings name.

        Raises SetupError for a role that it does not play and for a file that is not sound or not whole.
        """
        if role is not Role.ACTIVATION:
            raise SetupError(f"adapter {self.name} does not play {role}", "use it for activation")
        codes = directory / settings.vocabulary if settings.vocabulary is not None else self.vocabularies[role]
        tables = load_vocabularies(codes)
        require(tables, codes, *(f"soap-{table}" for table in _TABLES))
        named = directory / settings.mapping if settings.mapping is not None else _HERE / "mapping.yaml"
        members = import_module("adapters.soap.to_legacy").MEMBERS
        mapped = import_module("adapters.soap.mapping").Mapped.load(named, members)
        made = import_module("adapters.soap.adapter").SoapAdapter
        return cast("Adapter", made(settings, tables, mapped))

    async def launch_simulation(self, directory: Path, pace: float) -> Simulation | None:
        """Start nothing: the system is a real one."""
        _ = directory, pace
        return None


PLUGIN = cast("AdapterPlugin", SoapPlugin())
