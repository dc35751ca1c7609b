"""The wires in which a trace may be written: one set of tables for each version of TM Forum's APIs."""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.canonical.bill import AppliedRate, Bill
from gateway.canonical.order import ProductOrder
from gateway.canonical.service_order import ServiceOrder
from gateway.faces.shape import Shape
from gateway.faces.tmf622 import v4 as tmf622_v4
from gateway.faces.tmf622 import v5 as tmf622_v5
from gateway.faces.tmf641 import v4 as tmf641_v4
from gateway.faces.tmf641 import v5 as tmf641_v5
from gateway.faces.tmf678 import v4 as tmf678_v4
from gateway.faces.tmf678 import v5 as tmf678_v5

__all__ = ["DEFAULT", "WIRES", "Wires"]

DEFAULT = "v4"


@dataclass(frozen=True, slots=True)
class Wires:
    """The tables of what stands in a trace of one version."""

    product_order: Shape[ProductOrder]
    service_order: Shape[ServiceOrder]
    rate: Shape[AppliedRate]
    bill: Shape[Bill]


WIRES: Mapping[str, Wires] = {
    "v4": Wires(tmf622_v4.ORDER, tmf641_v4.ORDER, tmf678_v4.RATE, tmf678_v4.BILL),
    "v5": Wires(tmf622_v5.ORDER, tmf641_v5.ORDER, tmf678_v5.RATE, tmf678_v5.BILL),
}
