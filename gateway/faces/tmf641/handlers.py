"""TMF641 (Service Ordering): which handler serves which operation. The same in every version."""

from gateway.canonical.lifecycle import ResourceKind
from gateway.faces.answer import Handler
from gateway.faces.operations import Parts

__all__ = ["handlers"]


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
