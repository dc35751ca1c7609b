"""Which order another request is about: the one that a service order fulfils, the one that a task cancels."""

from gateway.canonical.lifecycle import CancelTask, ResourceKind
from gateway.canonical.service_order import ServiceOrder
from gateway.ports.errors import FaceError, LifecycleError
from gateway.ports.repository import Repository

__all__ = ["order_to_cancel", "product_order_named_by"]


async def product_order_named_by(repository: Repository, order: ServiceOrder) -> str | None:
    """Return the id of the product order, None for an order on its own. Raises FaceError 422 for an unknown one."""
    named = order.product_order_id
    if named is not None:
        if await repository.owner(ResourceKind.PRODUCT_ORDER, named) is None:
            raise FaceError(
                422,
                "unknownOrder",
                f"the service order fulfils product order {named!r}, which is not known",
                "name the id of a product order that can be read",
                path="orderRelationship",
            )
        return named
    for external in order.external_ids:
        if await repository.owner(ResourceKind.PRODUCT_ORDER, external.value) is not None:
            return external.value
    return None


async def order_to_cancel(repository: Repository, task: CancelTask) -> str:
    """Return the id of the lifecycle that a task cancels. Raises FaceError 422 (unknown), LifecycleError."""
    is_product_order = task.kind is ResourceKind.CANCEL_PRODUCT_ORDER
    kind = ResourceKind.PRODUCT_ORDER if is_product_order else ResourceKind.SERVICE_ORDER
    order_id = task.order.id if task.order else ""
    owner = await repository.owner(kind, order_id)
    if owner is None:
        raise FaceError(
            422,
            "unknownOrder",
            f"{kind.value} {order_id!r} is not known",
            f"name an order that GET {kind.value} lists",
            path=kind.value,
        )
    if owner != order_id:
        raise LifecycleError(
            "partOfProductOrder",
            f"service order {order_id} belongs to product order {owner}",
            "cancel the product order: its service orders are called back with it",
        )
    return owner
