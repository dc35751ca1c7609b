"""What the entry point names: a host that is reached by files, for `billing`."""

from importlib import import_module
from pathlib import Path
from typing import Any, cast

from adapters.sdk.plugin import OneRolePlugin
from gateway.ports.adapter import AdapterPlugin, Role

__all__ = ["PLUGIN"]

_TABLES = ("charge-kind", "acknowledgement", "currency", "invoice-state", "field")


def _layout(settings: Any, directory: Path) -> tuple[Any, ...]:
    """Return the layout of its own or of the file that the settings name. Raises SetupError."""
    named = directory / settings.layout if settings.layout is not None else Path(__file__).with_name("layout.yaml")
    return (import_module("adapters.filedrop.layout").Layout.load(named, settings.encoding),)


PLUGIN = cast(
    "AdapterPlugin",
    OneRolePlugin(
        name="filedrop",
        role=Role.BILLING,
        package="adapters.filedrop",
        prefix="Filedrop",
        tables=tuple(f"filedrop-{table}" for table in _TABLES),
        more=_layout,
    ),
)
