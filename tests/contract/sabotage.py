"""All broken copies of the reference adapters."""

from tests.contract import broken_activation, broken_others
from tests.contract.mistakes import FOUND, HONEST

__all__ = ["FOUND", "HONEST", "broken_activation", "broken_others"]
