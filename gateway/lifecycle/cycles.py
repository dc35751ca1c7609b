"""The cycles in which bills are made: known by the bills that name them."""

from gateway.canonical.bill import Bill, BillCycle
from gateway.canonical.lifecycle import ResourceKind
from gateway.ports.repository import Change, Repository

__all__ = ["MEMBER", "keep_cycles"]

MEMBER = "billCycle"
"""Where a bill names its cycle: among what wires say beyond the model."""


async def keep_cycles(repository: Repository, change: Change) -> None:
    """Store the cycles that the bills of a change name and that are not stored yet."""
    for cycle in _named(change):
        if await repository.get(ResourceKind.BILL_CYCLE, cycle.id) is None:
            await repository.save(Change(put=((ResourceKind.BILL_CYCLE, cycle),)))


def _named(change: Change) -> list[BillCycle]:
    found: dict[str, BillCycle] = {}
    for _, resource in change.put:
        said = resource.extras.get(MEMBER) if isinstance(resource, Bill) else None
        identity, name = (said.get("id"), said.get("name")) if isinstance(said, dict) else (None, None)
        if isinstance(identity, str) and identity:
            found[identity] = BillCycle(id=identity, name=name if isinstance(name, str) else None, revision=1)
    return list(found.values())
