"""Something to look at in an empty store: bills with what stands on them, as if they had been made long ago."""

from collections.abc import Sequence
from datetime import datetime

from gateway.canonical.bill import AppliedRate, Bill
from gateway.canonical.lifecycle import Checkpoint, Lifecycle, ResourceKind
from gateway.canonical.order import ProductOrder
from gateway.lifecycle.cycles import keep_cycles
from gateway.lifecycle.draft import Draft
from gateway.lifecycle.terms import Terms
from gateway.ports.repository import Aggregate, Query, Repository

__all__ = ["fill_with"]


async def fill_with(  # noqa: PLR0913 - one aggregate in its parts
    repository: Repository,
    terms: Terms,
    now: datetime,
    *,
    order: ProductOrder,
    bills: Sequence[Bill],
    rates: Sequence[AppliedRate],
) -> bool:
    """Store an order that was completed, with its bills and rates; whether that was done.

    Nothing happens where a bill or the order is stored already. The order stands at no gate: no system knows of it.
    """
    if (await repository.find(Query(ResourceKind.CUSTOMER_BILL, limit=0))).total:
        return False
    if await repository.owner(ResourceKind.PRODUCT_ORDER, order.id) is not None:
        return False
    lifecycle = Lifecycle(
        id=order.id, root=ResourceKind.PRODUCT_ORDER, checkpoint=Checkpoint.CLIENT, policy=terms.policy
    )
    draft = Draft(Aggregate(lifecycle=lifecycle), now, terms)
    draft.create(ResourceKind.PRODUCT_ORDER, order)
    for bill in bills:
        draft.create(ResourceKind.CUSTOMER_BILL, bill.model_copy(update={"order_id": order.id}))
    for rate in rates:
        draft.create(ResourceKind.APPLIED_RATE, rate.model_copy(update={"order_id": order.id}))
    change = draft.finish()
    await keep_cycles(repository, change)
    await repository.save(change)
    return True
