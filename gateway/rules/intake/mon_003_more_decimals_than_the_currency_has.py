"""MON-003: minor units."""

from collections.abc import Iterator

from gateway.canonical.judgement import Severity
from gateway.canonical.money import CURRENCY_EXPONENTS
from gateway.rules.amounts import say
from gateway.rules.context import Context
from gateway.rules.money import amounts, unread
from gateway.rules.rule import Problem, rule

__all__ = ["more_decimals_than_the_currency_has"]


@rule("MON-003", gate=None, severity=Severity.REJECT, reads=("product_order|rates|bills",), since="0.1", level=2)
def more_decimals_than_the_currency_has(ctx: Context) -> Iterator[Problem]:
    """No amount has more decimals than its currency.

    What it checks: prices, charges, bills and postings fit the minor unit of their currency.
    Why it matters: the ledger refuses what it cannot post.
    Passes: JPY 3055; KWD 1.255.
    Fails: JPY 30.55; EUR 19.999; EUR "19,99", which is no number.
    Harmless look-alike: zeros at the end (30.000 EUR); the price of one unit of usage, a fraction of a cent.
    How to fix: round the amount to the currency's minor unit.
    """
    for path, money, _, per_unit in amounts(ctx):
        if not per_unit and money.currency in CURRENCY_EXPONENTS and not money.is_postable:
            places = CURRENCY_EXPONENTS[money.currency]
            yield Problem(f"{path}.amount", f"{say(money)} has more than the {places} decimals of {money.currency}")
    for path, raw in unread(ctx):
        if not isinstance(raw, dict) or str(raw.get("unit") or "").strip():
            yield Problem(f"{path}.amount", f"{raw!r} is no amount of money")
