"""What the entry point names: an upstream that speaks TMF641 or TMF622, for `activation`."""

from typing import cast

from adapters.sdk.plugin import OneRolePlugin
from gateway.ports.adapter import AdapterPlugin, Role

__all__ = ["PLUGIN"]

_TABLES = (
    "tmf-order-state-v4",
    "tmf-order-state-v5",
    "tmf-service-state",
    "tmf-product-status",
    "tmf-action",
    "tmf-rate-unit",
    "tmf-specification",
    "tmf-field",
)

PLUGIN = cast(
    "AdapterPlugin",
    OneRolePlugin(name="tmf", role=Role.ACTIVATION, package="adapters.tmf", prefix="Tmf", tables=_TABLES),
)
