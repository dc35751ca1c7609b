"""How long to wait before the next attempt."""

import random
from dataclasses import dataclass

__all__ = ["Backoff"]


@dataclass(frozen=True, slots=True)
class Backoff:
    """Doubles from `first_seconds` to `cap_seconds`. The part `jitter` of each pause is drawn evenly from nothing.

    1.0, full jitter, spreads the attempts of many processes best; 0.0 waits for exactly the ceiling.
    """

    first_seconds: float = 1.0
    cap_seconds: float = 300.0
    factor: float = 2.0
    jitter: float = 1.0

    def ceiling(self, attempt: int) -> float:
        """Return the longest pause after the attempt of that number, counted from 1."""
        # The exponent is bounded: after a week of attempts a float would overflow.
        return min(self.cap_seconds, self.first_seconds * self.factor ** min(max(attempt, 1) - 1, 64))

    def pause(self, attempt: int) -> float:
        """Return seconds to wait after the attempt of that number."""
        ceiling = self.ceiling(attempt)
        return random.uniform((1.0 - self.jitter) * ceiling, ceiling)  # noqa: S311 - spreads load, guards nothing
