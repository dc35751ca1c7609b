"""MON-001: one currency."""

from collections.abc import Iterator

from gateway.canonical.judgement import Severity
from gateway.canonical.money import CURRENCY_EXPONENTS
from gateway.rules.charges import charges
from gateway.rules.context import Context, Line
from gateway.rules.money import amounts
from gateway.rules.rule import Problem, rule

__all__ = ["two_currencies_on_one_account"]


@rule("MON-001", gate=None, severity=Severity.REJECT, reads=("product_order|rates|bills",), since="0.1", level=2)
def two_currencies_on_one_account(ctx: Context) -> Iterator[Problem]:
    """One currency in a chain of prices and in a bill.

    What it checks: prices, charges, taxes, bills and postings of one billing account are all in one currency, and the
        prices of an item in that of the catalogue.
    Why it matters: a total of two currencies means nothing.
    Passes: EUR throughout.
    Fails: one item in EUR and one in GBP on the same account; net in EUR and gross in USD; EUR in the catalogue and
        USD in the order.
    Harmless look-alike: two accounts, each in a currency of its own.
    How to fix: state all amounts of the account in the account's currency.
    """
    first: dict[str | None, tuple[str, str]] = {}
    for path, money, account, _ in amounts(ctx):
        if money.currency not in CURRENCY_EXPONENTS:
            continue
        currency, before = first.setdefault(account, (money.currency, path))
        if money.currency != currency:
            yield Problem(
                f"{path}.currency", f"{money.currency} beside {currency} on one account", (f"{before}.currency",)
            )
    for charge in charges(ctx):
        agreed = _catalogue(ctx, charge.line) if charge.line is not None and not charge.line.item.prices else None
        net = charge.rate.net
        if net is not None and agreed is not None and net.currency != agreed and net.currency in CURRENCY_EXPONENTS:
            yield Problem(f"{charge.path}.net.currency", f"the charge is in {net.currency}, the catalogue in {agreed}")
    for line in ctx.wanted:
        known = _catalogue(ctx, line) if line.item.prices else None
        for number, price in enumerate(line.item.prices if known is not None else ()):
            net = price.net or price.gross
            if known is None or net is None or net.currency not in CURRENCY_EXPONENTS or net.currency == known:
                continue
            reason = f"the price is in {net.currency}, that of the catalogue in {known}"
            yield Problem(f"{line.path}.prices[{number}].{'net' if price.net else 'gross'}.currency", reason)


def _catalogue(ctx: Context, line: Line) -> str | None:
    """Return the currency in which the catalogue has an item's price, or None."""
    offering = ctx.offering(line.item)
    price = offering.price if offering is not None else None
    return price.net.currency if price is not None and price.net is not None else None
