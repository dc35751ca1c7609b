"""Whether exceptions grow slower than orders do: the power law of Crow and AMSAA, with cumulative orders as the clock.

N(t) = λ·t^β exceptions are expected among the first t orders. β < 1 means that they become rarer as volume grows.
Estimated by maximum likelihood from the counts t₁ … tₙ at which exceptions came, watched to T:
β = n / Σ ln(T/tᵢ), λ = n / T^β. 2nβ/β̂ follows χ² with 2n degrees of freedom, which gives the interval.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, inf, isfinite, lgamma, log

__all__ = ["CONFIDENCE", "Growth", "chi_square_quantile", "growth_of"]

CONFIDENCE = 0.95
_STEPS = 200


@dataclass(frozen=True, slots=True)
class Growth:
    """The growth of one cause. `rate` is exceptions per 1,000 orders now; None where nothing can be estimated."""

    exceptions: int
    orders: int
    beta: float | None = None
    lower: float | None = None
    upper: float | None = None
    rate: float | None = None

    @property
    def verdict(self) -> str:
        """`shrinking` where the whole interval is below 1, `growing` where it is above, else `undecided`."""
        if self.exceptions == 0:
            return "none"
        if self.upper is None or self.lower is None:
            return "undecided"
        return "shrinking" if self.upper < 1 else "growing" if self.lower > 1 else "undecided"


def growth_of(counts: Sequence[float], orders: int, confidence: float = CONFIDENCE) -> Growth:
    """Return the growth of exceptions that came at these cumulative order counts, out of so many orders in all."""
    seen = [max(1.0, float(count)) for count in counts if count <= orders]
    n = len(seen)
    total = sum(log(orders / count) for count in seen) if orders > 0 else 0.0
    if n == 0 or total <= 0.0:
        return Growth(n, orders)
    beta = n / total
    tail = (1.0 - confidence) / 2.0
    lower = beta * chi_square_quantile(tail, 2 * n) / (2 * n)
    upper = beta * chi_square_quantile(1.0 - tail, 2 * n) / (2 * n)
    return Growth(n, orders, beta, lower, upper, 1000.0 * n * beta / orders)  # the derivative of N at T, which is nβ/T


def chi_square_quantile(probability: float, degrees: int) -> float:
    """Return the value that χ² stays below with this probability. `degrees` must be even.

    With 2n degrees of freedom P(χ² > x) is the chance of fewer than n events of a Poisson process with mean x/2: a
    finite sum, so it is inverted by halving an interval.
    """
    if degrees < 2 or degrees % 2:
        raise ValueError(f"degrees of freedom must be even and positive, not {degrees}")
    if not 0.0 < probability < 1.0:
        raise ValueError(f"a probability lies between 0 and 1, not {probability}")
    low, high = 0.0, 2.0 * degrees + 50.0
    while _below(high, degrees) < probability:
        high *= 2.0
    for _ in range(_STEPS):
        middle = (low + high) / 2.0
        if _below(middle, degrees) < probability:
            low = middle
        else:
            high = middle
        if high - low <= 1e-12 * high:
            break
    return (low + high) / 2.0


def _below(x: float, degrees: int) -> float:
    """P(χ² ≤ x): one minus the Poisson sum, or its upper tail where that is the smaller and so the exacter one."""
    n, mean = degrees // 2, x / 2.0
    if mean <= 0.0:
        return 0.0
    if mean < n:
        return _sum(mean, n, upwards=True)
    return 1.0 - _sum(mean, n - 1, upwards=False)


def _sum(mean: float, start: int, *, upwards: bool) -> float:
    """Add Poisson probabilities from `start` on, upwards or down to none, until they no longer matter."""
    term = exp(start * log(mean) - mean - lgamma(start + 1))
    total, k = 0.0, start
    while term > 0.0 and isfinite(term) and term > total * 1e-18:
        total += term
        if upwards:
            k += 1
            term *= mean / k
        elif k == 0:
            break
        else:
            term *= k / mean
            k -= 1
    return min(total, 1.0) if total < inf else 1.0
