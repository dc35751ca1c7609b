"""What the faces ask of the lifecycle; `gateway.lifecycle.desk.OrderDesk` is it."""

from collections.abc import Sequence
from typing import Any, Protocol

from gateway.canonical.bill import OnDemandBill
from gateway.canonical.fact import Fact
from gateway.canonical.lifecycle import CancelTask, Lifecycle, ResourceKind
from gateway.canonical.order import ProductOrder
from gateway.canonical.service_order import ServiceOrder
from gateway.lifecycle.terms import Terms
from gateway.ports.claims import Sending

__all__ = ["Desk"]


class Desk(Protocol):
    """The door of the lifecycle. Every method may raise GatewayError."""

    @property
    def terms(self) -> Terms:
        """What the landscape decides: its offerings, its policy, its zone."""

    async def accept_product_order(self, order: ProductOrder, sending: Sending) -> ProductOrder:
        """Take an order in. Raises GateRefused, TakenBefore, OtherContent."""

    async def accept_service_order(self, order: ServiceOrder, sending: Sending) -> ServiceOrder:
        """Take a service order in. Raises GateRefused, TakenBefore, OtherContent."""

    async def amend(self, kind: ResourceKind, resource_id: str, wanted: Any, *, if_revision: int | None) -> Any:
        """Change a resource. Raises IllegalTransition, LifecycleError, StaleVersion."""

    async def withdraw(self, kind: ResourceKind, resource_id: str, *, if_revision: int | None) -> None:
        """Remove a resource. Raises LifecycleError where its state does not allow it."""

    async def request_cancellation(self, task: CancelTask, sending: Sending) -> CancelTask:
        """Start a cancellation. Raises TakenBefore, OtherContent."""

    async def request_bill(self, bill: OnDemandBill, sending: Sending) -> OnDemandBill:
        """Ask for a bill outside its cycle. Raises TakenBefore, OtherContent."""

    async def record_facts(self, order_id: str, facts: Sequence[Fact]) -> tuple[Fact, ...]:
        """Store facts. Raises GatewayError for an unknown order or predicate."""

    async def recheck(self, order_id: str) -> Lifecycle:
        """Judge an order again where it stands."""
