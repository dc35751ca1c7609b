"""What the entry point names: a system that speaks SOAP, for `activation`."""

from importlib import import_module
from pathlib import Path
from typing import Any, cast

from adapters.sdk.plugin import OneRolePlugin
from gateway.ports.adapter import AdapterPlugin, Role

__all__ = ["PLUGIN"]


def _mapping(settings: Any, directory: Path) -> tuple[Any, ...]:
    """Return the mapping of its own or of the file that the settings name. Raises SetupError."""
    named = directory / settings.mapping if settings.mapping is not None else Path(__file__).with_name("mapping.yaml")
    members = import_module("adapters.soap.to_legacy").MEMBERS
    return (import_module("adapters.soap.mapping").Mapped.load(named, members),)


PLUGIN = cast(
    "AdapterPlugin",
    OneRolePlugin(
        name="soap",
        role=Role.ACTIVATION,
        package="adapters.soap",
        prefix="Soap",
        tables=("soap-service-state", "soap-rate-unit", "soap-service-type", "soap-field"),
        more=_mapping,
    ),
)
