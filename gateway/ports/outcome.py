"""What is done where an answer was lost: the legacy system is asked, or may be told again, or a person looks.

An adapter says which in its capabilities, for each operation: `lookup activate`, `idempotent activate`. Silence means
that neither is so, and then nothing is ever sent a second time without a person's word.
"""

from enum import StrEnum
from typing import Protocol, cast, runtime_checkable

from gateway.ports.adapter import Adapter, Capability, Message, Operation

__all__ = ["InDoubt", "Known", "OutcomeTeller", "in_doubt", "known_of", "teller_of"]

_DECLARED = frozenset({Capability.FULL, Capability.PARTIAL})


class Known(StrEnum):
    """What a legacy system has of a message."""

    ABSENT = "absent"  # nothing of it: it may be sent
    PARTLY = "partly"  # some of it: sent again, it does the rest, since `submit` looks for each thing before making it
    PRESENT = "present"  # all of it, done or being done: only its report is wanting


class InDoubt(StrEnum):
    """What may be done with a message of which nobody knows whether it was taken."""

    ASK = "ask"
    RESEND = "resend"  # the system knows a message that it has had by its id, and does it once
    HOLD = "hold"


@runtime_checkable
class OutcomeTeller(Protocol):
    """The optional part of an adapter that asks what became of a message. It changes nothing there."""

    async def outcome_of(self, message: Message) -> Known:
        """Look under the message's id or reference what the system has of it. Raises AdapterError."""


def in_doubt(adapter: Adapter, operation: Operation) -> InDoubt:
    """Return what an adapter lets us do with an operation in doubt. Asking is preferred."""
    if adapter.capabilities.get(f"lookup {operation}") in _DECLARED and isinstance(adapter, OutcomeTeller):
        return InDoubt.ASK
    # Half a promise not to do it twice is none.
    resend = adapter.capabilities.get(f"idempotent {operation}") is Capability.FULL
    return InDoubt.RESEND if resend else InDoubt.HOLD


def teller_of(adapter: Adapter) -> OutcomeTeller:
    """Return an adapter, of which `in_doubt` says ASK, as one that can be asked."""
    return cast("OutcomeTeller", adapter)


def known_of(there: int, wanted: int) -> Known:
    """Return what is known where so many of the things that a message wants are there."""
    if there >= wanted:
        return Known.PRESENT
    return Known.PARTLY if there else Known.ABSENT
