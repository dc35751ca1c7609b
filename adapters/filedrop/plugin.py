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

__all__ = ["PLUGIN", "FiledropPlugin"]

_HERE = Path(__file__).parent
_TABLES = ("charge-kind", "acknowledgement", "currency", "invoice-state", "field")


class FiledropPlugin:
    """A host that is reached by files, for `billing`."""

    name = "filedrop"
    roles = (Role.BILLING,)
    landscapes: Mapping[str, Path] = {}
    vocabularies: Mapping[Role, Path] = {Role.BILLING: _HERE / "codes.yaml"}

    @cached_property
    def settings(self) -> type[BaseModel]:
        """The model of its settings."""
        return cast("type[BaseModel]", import_module("adapters.filedrop.settings").FiledropSettings)

    def create(self, role: Role, settings: Any, directory: Path) -> Adapter:
        """Return the adapter, with its own vocabularies and layout or those of the files that the settings name.

        Raises SetupError for a role that it does not play and for a file that is not sound or not whole.
        """
        if role is not Role.BILLING:
            raise SetupError(f"adapter {self.name} does not play {role}", "use it for billing")
        codes = directory / settings.vocabulary if settings.vocabulary is not None else self.vocabularies[role]
        tables = load_vocabularies(codes)
        require(tables, codes, *(f"filedrop-{table}" for table in _TABLES))
        named = directory / settings.layout if settings.layout is not None else _HERE / "layout.yaml"
        layout = import_module("adapters.filedrop.layout").Layout.load(named, settings.encoding)
        made = import_module("adapters.filedrop.adapter").FiledropAdapter
        return cast("Adapter", made(settings, tables, layout))

    async def launch_simulation(self, directory: Path, pace: float) -> Simulation | None:
        """Start nothing: the host is a real one."""
        _ = directory, pace
        return None


PLUGIN = cast("AdapterPlugin", FiledropPlugin())
