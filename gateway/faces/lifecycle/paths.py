"""Canonical paths as the trace document says them: `product_order.items[0]` → `productOrder.productOrderItem[0]`."""

import re
from collections.abc import Mapping
from typing import Any

from gateway.faces.paths import camel, trace_path
from gateway.faces.shape import Shape
from gateway.faces.tmf622 import v4 as tmf622
from gateway.faces.tmf641 import v4 as tmf641
from gateway.faces.tmf678 import v4 as tmf678

__all__ = ["PARTS", "wire_path"]

PARTS: Mapping[str, tuple[str, Shape[Any] | None]] = {
    "product_order": ("productOrder", tmf622.ORDER),
    "service_orders": ("serviceOrders", tmf641.ORDER),
    "rates": ("appliedCustomerBillingRates", tmf678.RATE),
    "bills": ("customerBills", tmf678.BILL),
}
"""Canonical part → its name in the trace document, and the table of the wire beneath it."""

_OTHER = re.compile(r"(others\[\d+\])\.(.+)")
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


def wire_path(path: str) -> str:
    """Return a canonical path, from the root of a trace, as the trace document says it."""
    other = _OTHER.fullmatch(path)
    if other is not None:
        return f"{other[1]}.{wire_path(other[2])}"
    root, dot, rest = path.partition(".")
    part = root.partition("[")[0]
    if part in PARTS:
        return trace_path(path, PARTS)
    if part == "facts":  # what stands in a value keeps its names
        member, inner_dot, inner = rest.partition(".")
        return f"{root}{dot}{camel(member)}{inner_dot}{inner}"
    for canonical, said in _OWN.get(part, {}).items():
        if rest == canonical or rest.endswith("." + canonical):
            rest = rest.removesuffix(canonical) + said
    return f"{camel(root)}{dot}{'.'.join(camel(step) for step in rest.split('.'))}"
