"""MON-004: currencies."""

from collections.abc import Iterator

from gateway.canonical.judgement import Severity
from gateway.canonical.money import CURRENCY_EXPONENTS
from gateway.rules.context import Context
from gateway.rules.money import amounts, unread
from gateway.rules.rule import Problem, rule

__all__ = ["a_currency_that_is_none"]


@rule("MON-004", gate=None, severity=Severity.REJECT, reads=("product_order|rates|bills",), since="0.1", level=2)
def a_currency_that_is_none(ctx: Context) -> Iterator[Problem]:
    """Every currency is one of ISO 4217.

    What it checks: the unit of every amount is a currency code of ISO 4217 in capital letters.
    Why it matters: an amount in no currency cannot be posted.
    Passes: EUR.
    Fails: Euro; eur; €; an amount without any.
    Harmless look-alike: a currency that is rare, or one without minor units, such as JPY.
    How to fix: write the three letters of ISO 4217.
    """
    for path, money, _, _ in amounts(ctx):
        if money.currency not in CURRENCY_EXPONENTS:
            yield Problem(f"{path}.currency", f"{money.currency!r} is no currency of ISO 4217")
    for path, raw in unread(ctx):
        if isinstance(raw, dict) and not str(raw.get("unit") or "").strip():
            yield Problem(f"{path}.currency", "the amount names no currency")
