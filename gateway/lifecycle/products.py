"""Which products an order changes, and which it has settled: what reading back asks about. Pure on a draft."""

from collections.abc import Iterator

from gateway.canonical.drift import ProductInUse
from gateway.canonical.lifecycle import Checkpoint
from gateway.canonical.states import ItemAction, OrderState
from gateway.lifecycle.draft import Draft

__all__ = ["products_of"]


def products_of(draft: Draft) -> tuple[ProductInUse, ...]:
    """Return what a step does to products in use.

    An order settles its products when it is closed. From the moment it is taken up until then, a product that it
    changes is in change; where the order ends before, the product is as it was.
    """
    here = draft.lifecycle.checkpoint
    if draft.product_order is None or here is draft.began or here is Checkpoint.QUALIFY:
        return ()
    if here is Checkpoint.CLOSED:
        return tuple(_settled(draft))
    if draft.began is Checkpoint.QUALIFY or here is Checkpoint.ENDED:
        return tuple(_begun(draft))
    return ()


def _begun(draft: Draft) -> Iterator[ProductInUse]:
    order = draft.product_order
    assert order is not None
    changing = None if draft.lifecycle.checkpoint is Checkpoint.ENDED else order.id
    for _, item in order.all_items():
        if item.action in {ItemAction.MODIFY, ItemAction.DELETE} and item.product is not None and item.product.id:
            yield ProductInUse(id=item.product.id, changing=changing)


def _settled(draft: Draft) -> Iterator[ProductInUse]:
    order = draft.product_order
    assert order is not None
    for _, item in order.all_items():
        if item.product is None or not item.product.id or item.action is ItemAction.NO_CHANGE:
            continue
        if item.state is OrderState.COMPLETED:
            ended = (order.completion_date or draft.now) if item.action is ItemAction.DELETE else None
            yield ProductInUse(id=item.product.id, order_id=order.id, item_id=item.id, ended=ended)
        elif item.action is not ItemAction.ADD:
            yield ProductInUse(id=item.product.id)
