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

__all__ = ["PLUGIN", "RequestTrackerPlugin"]

_HERE = Path(__file__).parent
_VISIT_SECONDS = 1.0


class RequestTrackerPlugin:
    """Request Tracker, for `field-work`."""

    name = "request-tracker"
    roles = (Role.FIELD_WORK,)
    landscapes: Mapping[str, Path] = {}
    vocabularies: Mapping[Role, Path] = {Role.FIELD_WORK: _HERE / "codes.yaml"}

    @cached_property
    def settings(self) -> type[BaseModel]:
        """The model of its settings."""
        module = import_module("adapters.request_tracker.settings")
        return cast("type[BaseModel]", module.RequestTrackerSettings)

    def create(self, role: Role, settings: Any, directory: Path) -> Adapter:
        """Return the adapter, with its own vocabularies or those of the file that `settings.vocabulary` names.

        Raises SetupError for a role that it does not play and for vocabularies that are not sound or not whole.
        """
        if role is not Role.FIELD_WORK:
            raise SetupError(f"adapter {self.name} does not play {role}", "use it for field-work")
        path = directory / settings.vocabulary if settings.vocabulary is not None else self.vocabularies[role]
        made = import_module("adapters.request_tracker.adapter").RequestTrackerAdapter
        return cast("Adapter", made(settings, load_vocabularies(path)))

    async def launch_simulation(self, directory: Path, pace: float) -> Simulation | None:
        """Start a real Request Tracker on a database of its own, with crews who answer in it.

        Raises SetupError where it is not installed.
        """
        from adapters.request_tracker.launch import start_request_tracker  # noqa: PLC0415 - for who starts it only

        _ = directory  # its store is temporary
        running = await start_request_tracker()
        running.employ(_VISIT_SECONDS * pace)
        return cast("Simulation", running)


PLUGIN = cast("AdapterPlugin", RequestTrackerPlugin())
