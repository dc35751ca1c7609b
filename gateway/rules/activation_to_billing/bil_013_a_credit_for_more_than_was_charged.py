"""BIL-013: what is given back was taken before."""

from collections.abc import Iterator
from decimal import Decimal

from gateway.canonical.bill import AppliedRate
from gateway.canonical.judgement import Gate, Severity
from gateway.rules.amounts import say
from gateway.rules.charges import Charge, charges, names_rate
from gateway.rules.context import Context
from gateway.rules.rule import Problem, rule

__all__ = ["a_credit_for_more_than_was_charged"]

_NAME = "correctsRate"


@rule(
    "BIL-013",
    gate=Gate.ACTIVATION_TO_BILLING,
    severity=Severity.HOLD,
    reads=("rates",),
    since="0.1",
    level=9,
)
def a_credit_for_more_than_was_charged(ctx: Context) -> Iterator[Problem]:
    """A credit refers to a charge, is at most what is left of it, and is given once.

    What it checks: a rate of type credit is negative and names in `correctsRate` a charge that is there, in its
        currency and with its tax rate; all credits of a charge together, with their tax, are at most the charge; no
        two of them are the same amount.
    Why it matters: what is refunded twice, or more than it cost, is a loss or a fraud.
    Passes: 5.00 of 36.00.
    Fails: 40.00 of 36.00; a credit for a charge that does not exist, or for none; 5.00 twice.
    Harmless look-alike: the whole charge given back; two credits of different amounts; a discount, which is no credit.
    How to fix: name the charge that the credit is for, and credit no more than is left of it.
    """
    by_id = {rate.id: rate for rate in ctx.trace.rates or () if rate.id}
    given: dict[str, list[Charge]] = {}
    for charge in charges(ctx):
        if charge.kind != "credit":
            continue
        rate, named = charge.rate, names_rate(charge.rate, _NAME)
        if rate.net is not None and rate.net.amount > 0:
            yield Problem(f"{charge.path}.net", f"credit {rate.id} of {say(rate.net)} is no credit: it is positive")
        if named is None:
            reason = f"credit {rate.id} does not say which charge it corrects"
            yield Problem(f"{charge.path}.characteristics", reason)
        elif named not in by_id or named == rate.id:
            yield Problem(f"{charge.path}.characteristics", f"credit {rate.id} corrects {named}, which is no charge")
        else:
            yield from _against(charge, by_id[named])
            given.setdefault(named, []).append(charge)
    for named, credits_given in given.items():
        yield from _together(by_id[named], credits_given)


def _against(charge: Charge, corrected: AppliedRate) -> Iterator[Problem]:
    mine, theirs = charge.rate.net, corrected.net
    if mine is not None and theirs is not None and mine.currency != theirs.currency:
        yield Problem(f"{charge.path}.net", f"the credit is in {mine.currency}, the charge in {theirs.currency}")
    rates = {tax.rate for tax in charge.rate.taxes if tax.rate is not None}
    known = {tax.rate for tax in corrected.taxes if tax.rate is not None}
    if rates and known and rates != known:
        said, was = ", ".join(map(str, sorted(rates))), ", ".join(map(str, sorted(known)))
        yield Problem(f"{charge.path}.taxes", f"the credit is taxed with {said} %, the charge with {was} %")


def _together(corrected: AppliedRate, credits_given: list[Charge]) -> Iterator[Problem]:
    seen: set[Decimal] = set()
    for name in ("net", "gross"):
        cost = getattr(corrected, name)
        left = abs(cost.amount) if cost is not None else None
        for charge in credits_given:
            money = getattr(charge.rate, name)
            if money is None or left is None or money.currency != cost.currency:
                continue
            left -= abs(money.amount)
            if left < 0:
                yield Problem(f"{charge.path}.{name}", f"more is given back than charge {corrected.id} of {say(cost)}")
                return
    for charge in credits_given:
        net = charge.rate.net
        if net is not None and net.amount in seen:
            yield Problem(f"{charge.path}.net", f"{say(net)} of charge {corrected.id} was given back before")
        elif net is not None:
            seen.add(net.amount)
