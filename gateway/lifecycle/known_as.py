"""Which order of ours another system means, by what it was given or by what it calls its own thing."""

from gateway.canonical.lifecycle import ResourceKind
from gateway.lifecycle.desk import OrderDesk
from gateway.ports.identity import IdentityQuery

__all__ = ["order_known_as"]


async def order_known_as(
    desk: OrderDesk, system: str, *, reference: str | None = None, legacy_id: str | None = None
) -> str | None:
    """Return the one lifecycle that is meant, None where there is none, or more than one."""
    repository = desk.repository
    if reference is not None:
        if await repository.load(reference) is not None:
            return reference
        return await repository.owner(ResourceKind.SERVICE_ORDER, reference)
    if legacy_id is None:
        return None
    query = IdentityQuery(system=system, legacy_id=legacy_id, at=desk.clock.now())
    found, _ = await repository.find_identities(query)
    orders = {one.order_id for one in found}
    return orders.pop() if len(orders) == 1 else None
