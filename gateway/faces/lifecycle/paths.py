"""Canonical paths as the trace document says them: `product_order.items[0]` → `productOrder.productOrderItem[0]`."""

import re
from collections.abc import Mapping
from typing import Any

from gateway.canonical.lifecycle import Trace
from gateway.faces.lifecycle.wires import DEFAULT, WIRES, Wires
from gateway.faces.paths import camel, trace_path
from gateway.faces.shape import Shape

__all__ = ["wire_path"]


def _parts(wires: Wires) -> Mapping[str, tuple[str, Shape[Any] | None]]:
    """Return canonical part → its name in the trace document, and the table of the wire beneath it."""
    return {
        "product_order": ("productOrder", wires.product_order),
        "service_orders": ("serviceOrders", wires.service_order),
        "rates": ("appliedCustomerBillingRates", wires.rate),
        "bills": ("customerBills", wires.bill),
    }


_PARTS = {version: _parts(wires) for version, wires in WIRES.items()}
_OTHER = re.compile(r"(others\[(\d+)\])\.(.+)")
_OWN = {
    "ledger": {"start": "period.start", "end": "period.end", "amount.amount": "amount.value"},
    "reference": {
        "sellable_start": "sellable.start",
        "sellable_end": "sellable.end",
        "net.amount": "net.value",
        "net.currency": "net.unit",
        "components": "bundledProductOffering",
    },
}
"""Members that the gateway's own parts say otherwise than in camel case."""


def wire_path(path: str, trace: Trace | None = None) -> str:
    """Return a canonical path, from the root of a trace, as the trace document says it.

    Each trace has its version's names; where it is not given, v4's.
    """
    other = _OTHER.fullmatch(path)
    if other is not None:
        number = int(other[2])
        beneath = trace.others[number] if trace is not None and number < len(trace.others) else None
        return f"{other[1]}.{wire_path(other[3], beneath)}"
    root, dot, rest = path.partition(".")
    part = root.partition("[")[0]
    parts = _PARTS[trace.version if trace is not None else DEFAULT]
    if part in parts:
        return trace_path(path, parts)
    if part == "facts":  # what stands in a value keeps its names
        member, inner_dot, inner = rest.partition(".")
        return f"{root}{dot}{camel(member)}{inner_dot}{inner}"
    for canonical, said in _OWN.get(part, {}).items():
        if rest == canonical or rest.endswith("." + canonical):
            rest = rest.removesuffix(canonical) + said
    return f"{camel(root)}{dot}{'.'.join(camel(step) for step in rest.split('.'))}"
