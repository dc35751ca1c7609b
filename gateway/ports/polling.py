"""What an adapter may offer where its system calls nobody: saying which of its things have changed since it was asked.

One question for all orders in place of one for each. The gateway keeps the cursor; one process at a time asks. What has
changed is then fetched at once, however long the adapter said to wait. Nothing that a poll says is a fact.
"""

from collections.abc import Sequence
from typing import Protocol, cast, runtime_checkable

from pydantic import Field, model_validator

from gateway.canonical.base import Model
from gateway.ports.adapter import Adapter, Capability, Role

__all__ = ["POLL", "POLL_LANE", "Changed", "Cursors", "Hurried", "Polled", "Polls", "poller_of"]

POLL = "poll"
"""The name of the capability, in `Adapter.capabilities` and in the adapter's declaration."""

POLL_LANE = "poll"
"""The lane that asks for changes."""

_DECLARED = frozenset({Capability.FULL, Capability.PARTIAL})


class Changed(Model):
    """One thing that changed: by the reference that it was made under (`Message.reference_key`), else by its own id."""

    reference: str | None = None
    legacy_id: str | None = None

    @model_validator(mode="after")
    def _is_named(self) -> "Changed":
        if not (self.reference or self.legacy_id):
            raise ValueError("a change names neither reference nor legacy_id")
        return self


class Polled(Model):
    """What a poll found. `cursor` is handed to the next one, and stored with what has to be done about the changes.

    Where there is more than fits, say `again_after_seconds=0` and a cursor behind what was said.
    """

    changes: tuple[Changed, ...] = Field(default=(), max_length=10_000)
    cursor: str | None = Field(default=None, max_length=1_000_000)
    again_after_seconds: float = Field(default=5.0, ge=0, le=86_400)


@runtime_checkable
class Polls(Protocol):
    """The optional part of an adapter that asks for changes."""

    async def poll(self, cursor: str | None) -> Polled:
        """Return what changed since `cursor`, None the first time; whatever may have changed rather than too little.

        The same cursor may be handed in again. Changes nothing there. Raises AdapterError: it is asked again later.
        """


class Hurried(Model):
    """An order whose messages to a role are fetched at once."""

    role: Role
    order_id: str


class Cursors(Protocol):
    """Where cursors are kept. Every method may raise StoreUnavailable."""

    async def schedule(self, role: Role) -> None:
        """Have a role's system polled from now on; once for all processes."""

    async def cursor(self, role: Role, system: str) -> str | None:
        """Return where the last poll of a system ended; None before the first."""

    async def advance(
        self, role: Role, system: str, polled: Polled, hurried: Sequence[Hurried], unknown: Sequence[Changed]
    ) -> None:
        """Move the cursor and see to the changes, in one transaction. Raises LeaseLost: another process polls by now.

        An order that is just being asked for is looked at once more; of `unknown` nobody knows the order yet.
        """

    async def hurry(self, hurried: Hurried) -> bool:
        """Have what an order waits for fetched now. False where that is being done already, perhaps too early."""


def poller_of(adapter: Adapter) -> Polls | None:
    """Return an adapter as one that asks for changes; None where it does not declare that."""
    if adapter.capabilities.get(POLL) in _DECLARED and isinstance(adapter, Polls):
        return cast("Polls", adapter)
    return None
