"""Which product order a service order fulfils."""

from gateway.canonical.lifecycle import ResourceKind
from gateway.canonical.service_order import ServiceOrder
from gateway.ports.errors import FaceError
from gateway.ports.repository import Repository

__all__ = ["product_order_named_by"]


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
