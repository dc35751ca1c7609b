"""Tax: whether a sum has it in it, and how its rate is written."""

from decimal import Decimal
from enum import StrEnum

from gateway.canonical.money import exact

__all__ = ["RATE_FORMS", "TaxBasis", "percent_of", "rate_in"]


class TaxBasis(StrEnum):
    """Whether a sum of money contains its tax."""

    INCLUDED = "included"
    EXCLUDED = "excluded"
    EXEMPT = "exempt"


RATE_FORMS: dict[str, Decimal] = {"percent": Decimal(1), "permille": Decimal(10), "fraction": Decimal("0.01")}
"""How a rate of tax may be written → what one per cent is in it."""


def percent_of(written: float | str | Decimal, form: str) -> Decimal:
    """Return a rate in per cent: 200 per mille, 0.2 as a fraction and 20 per cent are the same."""
    return exact(written) / RATE_FORMS[form]


def rate_in(percent: Decimal, form: str) -> Decimal:
    """Return a rate that is known in per cent, as a system writes it."""
    return percent * RATE_FORMS[form]
