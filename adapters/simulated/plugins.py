"""What the entry points name: the four simulated adapters."""

from pathlib import Path
from typing import Any, cast

from adapters.sdk.plugin import OneRolePlugin
from gateway.ports.adapter import AdapterPlugin, Role

__all__ = ["ACTIVATION", "BILLING", "CRM", "FIELD"]

_LANDSCAPES = {"simulated": Path(__file__).with_name("landscape.yaml")}


async def _start(directory: Path, pace: float) -> Any:
    """Start all four simulated systems in a child process, which ends with this one."""
    from adapters.simulated.launch import start_simulated  # noqa: PLC0415 - servers, for who starts them only

    return await start_simulated(directory, pace)


def _plugin(part: str, role: Role, prefix: str) -> AdapterPlugin:
    """Return one whose package beside this file is `part`."""
    plugin = OneRolePlugin(
        name=f"simulated-{part}",
        role=role,
        package=f"adapters.simulated.{part}",
        prefix=prefix,
        landscapes=_LANDSCAPES,
        launch=_start,
    )
    return cast("AdapterPlugin", plugin)


CRM = _plugin("crm", Role.CUSTOMER, "Crm")
FIELD = _plugin("field", Role.FIELD_WORK, "Field")
ACTIVATION = _plugin("activation", Role.ACTIVATION, "Activation")
BILLING = _plugin("billing", Role.BILLING, "Billing")
