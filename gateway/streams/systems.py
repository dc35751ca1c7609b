"""A legacy system as the lanes see it: its name, our patience with it, and how often it may be asked."""

from dataclasses import dataclass, field

from gateway.streams.breaker import Patience
from gateway.streams.rate import Rate

__all__ = ["System"]


@dataclass(frozen=True, slots=True)
class System:
    """One legacy system. All lanes that work with it share its circuit and its rate, in every process.

    `settings` is a digest of how we are let in: where it changed, a locked system is tried anew.
    """

    name: str
    patience: Patience = field(default_factory=Patience)
    rate: Rate | None = None
    settings: str = ""
