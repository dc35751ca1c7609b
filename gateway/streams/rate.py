"""How often a legacy system may be asked: a token bucket kept as one instant. Pure.

`full_at` is when the bucket will be full again; each token taken moves it on by one interval (the generic cell rate
algorithm). One number in one row is all that many processes need to share a limit.
"""

from dataclasses import dataclass

__all__ = ["Rate"]

_SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Rate:
    """So many messages a second on the long run, and at most `burst` at once after a quiet time."""

    per_second: float
    burst: int = 1

    def __post_init__(self) -> None:
        if self.per_second <= 0 or self.burst < 1:
            raise ValueError("per_second and burst must be positive")

    @property
    def interval(self) -> int:
        """Microseconds from one token to the next."""
        return max(1, round(_SECOND / self.per_second))

    def tokens(self, full_at: int, now: int) -> int:
        """Return how many tokens lie in the bucket."""
        owed = max(0, full_at - now)
        return max(0, (self.burst * self.interval - owed) // self.interval)

    def taken(self, full_at: int, now: int, tokens: int) -> int:
        """Return when the bucket will be full again after so many tokens were taken."""
        return max(full_at, now) + tokens * self.interval

    def next_token(self, full_at: int, now: int) -> int:
        """Return when there is a token: `now` where there is one."""
        return max(now, full_at - (self.burst - 1) * self.interval)
