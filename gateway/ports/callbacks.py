"""What an adapter may offer where its system reports back to an address that it was given with what it was asked.

The address is `Message.callback`: it is signed, is of this one message, and holds for some days. What is posted there
is stored first, then shown to the adapter. It says the same as an answer to `fetch` does, earlier.
"""

from typing import Any, Protocol, cast, runtime_checkable

from gateway.canonical.base import Model
from gateway.ports.adapter import Adapter, Capability, Operation, Report

__all__ = ["CALLBACK", "CALLBACK_FACE", "CalledBack", "ReportsBack", "reports_back"]

CALLBACK = "callback"
"""The name of the capability, in `Adapter.capabilities` and in the adapter's declaration."""

CALLBACK_FACE = "callback"
"""What the inbox calls the place where call-backs come in."""

_DECLARED = frozenset({Capability.FULL, Capability.PARTIAL})


class CalledBack(Model):
    """What a system posted about one message. Of the three forms of a body one is there, or none where it was empty."""

    order_id: str
    message: str
    operation: Operation
    media: str  # application/json, text/xml …
    json_body: Any = None
    text: str | None = None
    octets: str | None = None  # in base64: what is neither JSON nor UTF-8


@runtime_checkable
class ReportsBack(Protocol):
    """The optional part of an adapter whose system calls back."""

    def report_from_callback(self, called: CalledBack) -> Report:
        """Return what it says, as `fetch` would. Pure. Raises UnknownCode, Unreadable: the order is held then."""


def reports_back(adapter: Adapter) -> ReportsBack | None:
    """Return an adapter as one whose system calls back; None where it does not declare that."""
    if adapter.capabilities.get(CALLBACK) in _DECLARED and isinstance(adapter, ReportsBack):
        return cast("ReportsBack", adapter)
    return None
