"""What the entry point names. An adapter's code is read when it is first needed."""

from collections.abc import Mapping
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel

from gateway.ports.adapter import Adapter, AdapterPlugin, Role, Simulation
from gateway.ports.errors import SetupError
from gateway.vocabulary.load import load_vocabularies

__all__ = ["PLUGIN", "TrytonPlugin"]

_HERE = Path(__file__).parent
_PARTS = {Role.CUSTOMER: ("customer", "TrytonCustomer"), Role.BILLING: ("billing", "TrytonBilling")}


class TrytonPlugin:
    """Tryton, for `customer` and `billing`; and the landscape of real systems that it is part of."""

    name = "tryton"
    roles = tuple(_PARTS)
    landscapes: Mapping[str, Path] = {"real": _HERE.parent / "real" / "landscape.yaml"}
    vocabularies: Mapping[Role, Path] = {role: _HERE / part / "codes.yaml" for role, (part, _) in _PARTS.items()}

    @cached_property
    def settings(self) -> type[BaseModel]:
        """The model of its settings."""
        module = import_module("adapters.tryton.settings")
        return cast("type[BaseModel]", module.TrytonSettings)

    def create(self, role: Role, settings: Any, directory: Path) -> Adapter:
        """Return the adapter, with its own vocabularies or those of the file that `settings.vocabulary` names.

        Raises SetupError for a role that it does not play and for a vocabulary that is not sound.
        """
        if role not in _PARTS:
            raise SetupError(f"adapter {self.name} does not play {role}", f"use it for {', '.join(_PARTS)}")
        part, made = _PARTS[role]
        named = settings.vocabulary
        tables = load_vocabularies(directory / named if named is not None else self.vocabularies[role])
        return cast("Adapter", getattr(import_module(f"adapters.tryton.{part}.adapter"), made)(settings, tables))

    async def launch_simulation(self, directory: Path, pace: float) -> Simulation | None:
        """Start a real Tryton on a PostgreSQL of its own. Raises SetupError where the programs are absent."""
        from adapters.tryton.launch import start_tryton  # noqa: PLC0415 - for who starts it only

        _ = directory, pace  # its store is temporary, and nothing is simulated
        return cast("Simulation", await start_tryton())


PLUGIN = cast("AdapterPlugin", TrytonPlugin())
