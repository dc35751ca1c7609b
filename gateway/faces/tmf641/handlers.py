"""TMF641 (Service Ordering): which handler serves which operation. The same in every version."""

from typing import Any

from gateway.canonical.lifecycle import ResourceKind
from gateway.faces.answer import Handler
from gateway.faces.operations import Parts

__all__ = ["handlers", "order_item_alias"]


def handlers(parts: Parts) -> dict[str, Handler]:
    """Return the handlers by operationId."""
    orders = parts.resources(ResourceKind.SERVICE_ORDER, parts.desk.accept_service_order)
    tasks = parts.resources(ResourceKind.CANCEL_SERVICE_ORDER, parts.desk.request_cancellation)
    return {
        "listServiceOrder": orders.list,
        "createServiceOrder": orders.make,
        "retrieveServiceOrder": orders.read,
        "patchServiceOrder": orders.change,
        "deleteServiceOrder": orders.remove,
        "listCancelServiceOrder": tasks.list,
        "createCancelServiceOrder": tasks.make,
        "retrieveCancelServiceOrder": tasks.read,
    } | parts.events()


def order_item_alias(operation: str, body: Any) -> Any:
    """Return a new order whose lines are called `orderItem` with the document's name for them."""
    if operation != "createServiceOrder" or not isinstance(body, dict) or "serviceOrderItem" in body:
        return body
    return {("serviceOrderItem" if key == "orderItem" else key): value for key, value in body.items()}
