"""What an adapter may offer beside doing its work: understanding what its system says by itself.

A legacy system that speaks TM Forum's APIs notifies; the gateway is its listener. What comes in is stored first, then
shown to the adapters that declare its type. A notification says the same things as an answer to `fetch` does, earlier.
"""

from collections.abc import Collection
from typing import Protocol, runtime_checkable

from gateway.canonical.base import Model
from gateway.canonical.listening import HeardEvent
from gateway.ports.adapter import Adapter, Operation, Report

__all__ = ["About", "ListensTo", "listens_to"]


class About(Model):
    """What a notification is about: an operation of ours, for the order that the message's `reference_key` named.

    Where the system does not send the reference back, `legacy_id` is what it calls its own object: the gateway looks
    in its map of identities for the order that it was named for.
    """

    operation: Operation
    reference: str | None = None
    legacy_id: str | None = None


@runtime_checkable
class ListensTo(Protocol):
    """The optional part of an adapter. Both methods are pure: they read, and ask nobody."""

    hears: Collection[str]
    """Types of the notifications that it understands, such as `ServiceOrderStateChangeEvent`."""

    def about(self, heard: HeardEvent) -> About | None:
        """Return what a notification is about; None where it is none of this adapter's."""

    def report_from_event(self, heard: HeardEvent) -> Report:
        """Return what it says, as `fetch` would. Raises UnknownCode, Unreadable: the order is held then."""


def listens_to(adapter: Adapter, event_type: str) -> ListensTo | None:
    """Return the adapter as one that understands notifications of a type, None where it does not."""
    return adapter if isinstance(adapter, ListensTo) and event_type in adapter.hears else None
