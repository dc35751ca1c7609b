"""What the entry point names: FreeRADIUS on PostgreSQL, for `activation`."""

from pathlib import Path
from typing import Any, cast

from adapters.sdk.plugin import OneRolePlugin
from gateway.ports.adapter import AdapterPlugin, Role

__all__ = ["PLUGIN"]


async def _start(directory: Path, pace: float) -> Any:
    """Start a real FreeRADIUS on a PostgreSQL of its own."""
    from adapters.radius_sql.serve import start_radius  # noqa: PLC0415 - for who starts it only

    _ = pace  # nothing is simulated
    return await start_radius(directory / "radius")


PLUGIN = cast(
    "AdapterPlugin",
    OneRolePlugin(
        name="radius-sql",
        role=Role.ACTIVATION,
        package="adapters.radius_sql",
        prefix="RadiusSql",
        tables=("radius-auth-type", "radius-rate-unit", "radius-group", "radius-service-type", "radius-resource"),
        launch=_start,
    ),
)
