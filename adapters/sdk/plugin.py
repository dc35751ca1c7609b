"""What an entry point names, for an adapter of one role. The adapter's code is read when it is first needed."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel

from gateway.ports.adapter import Adapter, Role, Simulation
from gateway.ports.errors import SetupError
from gateway.vocabulary.load import load_vocabularies, require

__all__ = ["OneRolePlugin"]


def _nothing(_settings: Any, _directory: Path) -> tuple[Any, ...]:
    return ()


@dataclass(frozen=True)
class OneRolePlugin:
    """Implements `gateway.ports.adapter.AdapterPlugin` for a package that holds `adapter`, `settings` and `codes.yaml`.

    The classes are `<prefix>Adapter` and `<prefix>Settings`; an adapter is made of its settings, its tables and what
    `more` reads of the settings and the landscape's folder. `tables` are the vocabularies that it cannot do without.
    `launch` starts the real system, or simulated ones, in a folder and at a pace.
    """

    name: str
    role: Role
    package: str
    prefix: str
    tables: tuple[str, ...] = ()
    landscapes: Mapping[str, Path] = field(default_factory=dict)
    more: Callable[[Any, Path], tuple[Any, ...]] = _nothing
    launch: Callable[[Path, float], Awaitable[Any]] | None = None

    @property
    def roles(self) -> tuple[Role, ...]:
        """The one role that it plays."""
        return (self.role,)

    @cached_property
    def vocabularies(self) -> Mapping[Role, Path]:
        """The codes that come with it."""
        home = import_module(self.package).__file__
        return {self.role: Path(str(home)).parent / "codes.yaml"}

    @cached_property
    def settings(self) -> type[BaseModel]:
        """The model of its settings."""
        module = import_module(f"{self.package}.settings")
        return cast("type[BaseModel]", getattr(module, f"{self.prefix}Settings"))

    def create(self, role: Role, settings: Any, directory: Path) -> Adapter:
        """Return the adapter, with its own files or those that the settings name.

        Raises SetupError for a role that it does not play and for a file that is not sound or not whole.
        """
        if role is not self.role:
            raise SetupError(f"adapter {self.name} does not play {role}", f"use it for {self.role}")
        named = getattr(settings, "vocabulary", None)
        codes = directory / named if named is not None else self.vocabularies[role]
        tables = load_vocabularies(codes)
        require(tables, codes, *self.tables)
        made = getattr(import_module(f"{self.package}.adapter"), f"{self.prefix}Adapter")
        return cast("Adapter", made(settings, tables, *self.more(settings, directory)))

    async def launch_simulation(self, directory: Path, pace: float) -> Simulation | None:
        """Start what `launch` starts, or nothing. Raises SetupError where programs that it needs are absent."""
        return None if self.launch is None else cast("Simulation", await self.launch(directory, pace))
