"""What an adapter may offer beside doing its work: saying what its system holds now. Reading only."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, cast, runtime_checkable

from pydantic import Field

from gateway.canonical.base import Model
from gateway.canonical.money import Money
from gateway.ports.adapter import Adapter, Capability, Message, Report
from gateway.ports.errors import NotSupported

__all__ = ["INVENTORY", "OBSERVE", "InventoryItem", "InventoryKind", "ReadBack", "reader_of"]

OBSERVE, INVENTORY = "observe", "inventory"
"""The names of both capabilities, in `Adapter.capabilities` and in the adapter's declaration."""

_READ = frozenset({Capability.FULL, Capability.PARTIAL})


class InventoryKind(StrEnum):
    """What an inventory lists."""

    SERVICE = "service"
    CHARGE = "charge"


class InventoryItem(Model):
    """One object that a legacy system holds, whoever made it.

    `state` is canonical; None where the vocabulary has no word for it. `product` and `reference` are what the system
    was once told: the product that it serves, the order that made it.
    """

    kind: InventoryKind
    scheme: str
    legacy_id: str
    state: str | None = None
    runs: bool = False  # whether it costs or serves now
    product: str | None = None
    offering: str | None = None
    reference: str | None = None
    net: Money | None = None
    since: datetime | None = None
    values: Mapping[str, Any] = Field(default_factory=dict)


@runtime_checkable
class ReadBack(Protocol):
    """The optional part of an adapter. Neither method changes anything in the legacy system."""

    async def observe(self, message: Message) -> Report:
        """Return what the system says now of a message's items: facts observed now, charges as they stand.

        The message names the operation whose effect is asked for. An item of which the report says nothing is not
        there, and a charge that it leaves out is gone: charges that were billed are part of it. Raises AdapterError.
        """

    def inventory(self, after: int = 0) -> AsyncIterator[InventoryItem]:
        """Yield all that the system holds, in a lasting order, without the first `after`. Raises AdapterError."""


def reader_of(adapter: Adapter, capability: str) -> ReadBack:
    """Return the adapter as one that can be read back. Raises NotSupported where it does not declare that."""
    declared = adapter.capabilities.get(capability, Capability.UNKNOWN)
    if declared not in _READ or not isinstance(adapter, ReadBack):
        raise NotSupported(adapter.name, capability)
    return cast("ReadBack", adapter)
