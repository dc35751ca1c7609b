"""What the entry point names: Request Tracker, for `field-work`."""

from pathlib import Path
from typing import Any, cast

from adapters.sdk.plugin import OneRolePlugin
from gateway.ports.adapter import AdapterPlugin, Role

__all__ = ["PLUGIN"]

_VISIT_SECONDS = 1.0


async def _start(directory: Path, pace: float) -> Any:
    """Start a real Request Tracker on a database of its own, with crews who answer in it."""
    from adapters.request_tracker.launch import start_request_tracker  # noqa: PLC0415 - for who starts it only

    _ = directory  # its store is temporary
    running = await start_request_tracker()
    running.employ(_VISIT_SECONDS * pace)
    return running


PLUGIN = cast(
    "AdapterPlugin",
    OneRolePlugin(
        name="request-tracker",
        role=Role.FIELD_WORK,
        package="adapters.request_tracker",
        prefix="RequestTracker",
        launch=_start,
    ),
)
