"""What a system may offer that is started for a demonstration: doing one order wrongly; and whether it is real."""

from typing import Protocol, runtime_checkable

from gateway.ports.adapter import Role, Simulation

__all__ = ["Misbehaves", "is_simulated"]


@runtime_checkable
class Misbehaves(Protocol):
    """The optional part of a `Simulation` that does something wrongly when it is told so."""

    async def misbehave(self, role: Role, reference: str, fault: str) -> None:
        """Do the order that the customer calls `reference` wrongly. Raises SetupError for an unknown fault."""


def is_simulated(simulation: Simulation) -> bool:
    """Whether a system is simulated; a real one that was only started here says `simulated = False`."""
    return bool(getattr(simulation, "simulated", True))
