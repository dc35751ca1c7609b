"""MON-010: how often a price is due."""

from collections.abc import Iterator

from gateway.canonical.judgement import Gate, Severity
from gateway.rules.context import Context
from gateway.rules.money import prices
from gateway.rules.rule import Problem, rule

__all__ = ["a_price_with_the_wrong_period"]

_ONCE = frozenset({"nonrecurring", "onetime", "oneoff", "once"})


@rule("MON-010", gate=Gate.INTAKE, severity=Severity.REJECT, reads=("product_order",), since="0.1", level=2)
def a_price_with_the_wrong_period(ctx: Context) -> Iterator[Problem]:
    """A recurring price names its period; a one-time price has none.

    What it checks: prices of type recurring have a period, prices of type nonRecurring have none.
    Why it matters: what is due each month is billed once a year, or what is due once each month.
    Passes: recurring, month; nonRecurring without a period.
    Fails: recurring without a period; nonRecurring each month.
    Harmless look-alike: a usage price, with or without a period; the type in other letters (`non-recurring`).
    How to fix: state the period of a recurring price, and drop it from a one-time price.
    """
    for path, price, _ in prices(ctx):
        kind = (price.price_type or "").lower().replace("-", "").replace("_", "").replace(" ", "")
        period = (price.period or "").strip()
        if kind == "recurring" and not period:
            yield Problem(f"{path}.period", "the price is recurring but names no period")
        elif kind in _ONCE and period:
            yield Problem(f"{path}.period", f"the price is due once but has the period {period}")
