"""Whose lifecycle a cancel task is about."""

from gateway.canonical.lifecycle import CancelTask, ResourceKind
from gateway.ports.errors import FaceError
from gateway.ports.repository import Repository

__all__ = ["owner_of"]

_KIND_OF = {
    ResourceKind.CANCEL_PRODUCT_ORDER: ResourceKind.PRODUCT_ORDER,
    ResourceKind.CANCEL_SERVICE_ORDER: ResourceKind.SERVICE_ORDER,
}


async def owner_of(repository: Repository, task: CancelTask) -> str:
    """Return the id of the lifecycle that the order of a task belongs to. Raises FaceError 422 for an unknown order."""
    kind, order_id = _KIND_OF[task.kind], task.order.id if task.order else ""
    owner = await repository.owner(kind, order_id)
    if owner is None:
        raise FaceError(
            422,
            "unknownOrder",
            f"{kind.value} {order_id!r} is not known",
            f"name an order that GET {kind.value} lists",
            path=kind.value,
        )
    return owner
