"""TMF622 (Product Ordering): which handler serves which operation. The same in every version."""

from gateway.canonical.lifecycle import ResourceKind
from gateway.faces.answer import Handler
from gateway.faces.operations import Parts

__all__ = ["handlers"]


def handlers(parts: Parts) -> dict[str, Handler]:
    """Return the handlers by operationId."""
    orders = parts.resources(ResourceKind.PRODUCT_ORDER, parts.desk.accept_product_order)
    tasks = parts.resources(ResourceKind.CANCEL_PRODUCT_ORDER, parts.desk.request_cancellation)
    return {
        "listProductOrder": orders.list,
        "createProductOrder": orders.make,
        "retrieveProductOrder": orders.read,
        "patchProductOrder": orders.change,
        "deleteProductOrder": orders.remove,
        "listCancelProductOrder": tasks.list,
        "createCancelProductOrder": tasks.make,
        "retrieveCancelProductOrder": tasks.read,
    } | parts.events()
