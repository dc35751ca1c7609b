"""What the entry points name: the four simulated adapters. An adapter's code is read when it is first needed."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel

from gateway.ports.adapter import Adapter, AdapterPlugin, Role, Simulation
from gateway.ports.errors import SetupError
from gateway.vocabulary.load import load_vocabularies

__all__ = ["ACTIVATION", "BILLING", "CRM", "FIELD", "SimulatedPlugin"]

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class SimulatedPlugin:
    """One simulated adapter. `part` is its package beside this file, which holds `adapter`, `settings` and codes."""

    part: str
    role: Role
    prefix: str

    @property
    def name(self) -> str:
        """Its name in a landscape file."""
        return f"simulated-{self.part}"

    @property
    def roles(self) -> tuple[Role, ...]:
        """The one role that it plays."""
        return (self.role,)

    @cached_property
    def settings(self) -> type[BaseModel]:
        """The model of its settings."""
        module = import_module(f"adapters.simulated.{self.part}.settings")
        return cast("type[BaseModel]", getattr(module, f"{self.prefix}Settings"))

    @property
    def landscapes(self) -> Mapping[str, Path]:
        """The landscape of all four simulated systems."""
        return {"simulated": _HERE / "landscape.yaml"}

    @property
    def vocabularies(self) -> Mapping[Role, Path]:
        """The codes of its system."""
        return {self.role: _HERE / self.part / "codes.yaml"}

    def create(self, role: Role, settings: Any, directory: Path) -> Adapter:
        """Return the adapter, with its own vocabularies or those of the file that `settings.vocabulary` names.

        Raises SetupError for a role that it does not play and for a vocabulary that is not sound.
        """
        if role is not self.role:
            raise SetupError(f"adapter {self.name} does not play {role}", f"use it for {self.role}")
        named = getattr(settings, "vocabulary", None)
        codes = directory / named if named is not None else self.vocabularies[role]
        made = getattr(import_module(f"adapters.simulated.{self.part}.adapter"), f"{self.prefix}Adapter")
        return cast("Adapter", made(settings, load_vocabularies(codes)))

    async def launch_simulation(self, directory: Path, pace: float) -> Simulation | None:
        """Start all four simulated systems in a child process, which ends with this one."""
        from adapters.simulated.launch import start_simulated  # noqa: PLC0415 - servers, for who starts them only

        return cast("Simulation", await start_simulated(directory, pace))


def _plugin(part: str, role: Role, prefix: str) -> AdapterPlugin:
    return cast("AdapterPlugin", SimulatedPlugin(part, role, prefix))


CRM = _plugin("crm", Role.CUSTOMER, "Crm")
FIELD = _plugin("field", Role.FIELD_WORK, "Field")
ACTIVATION = _plugin("activation", Role.ACTIVATION, "Activation")
BILLING = _plugin("billing", Role.BILLING, "Billing")
