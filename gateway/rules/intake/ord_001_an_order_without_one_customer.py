"""ORD-001: who buys."""

from collections.abc import Iterator

from gateway.canonical.judgement import Gate, Severity
from gateway.canonical.states import OrderState
from gateway.rules.context import Context
from gateway.rules.rule import Problem, rule

__all__ = ["an_order_without_one_customer"]


@rule("ORD-001", gate=Gate.INTAKE, severity=Severity.REJECT, reads=("product_order",), since="0.1", level=3)
def an_order_without_one_customer(ctx: Context) -> Iterator[Problem]:
    """Exactly one party in role customer, resolvable to a known party.

    What it checks: the order names exactly one customer; where the known parties are given, it is one of them, and
        a payer who is not the customer is known to pay for that customer or for the account.
    Why it matters: an order without an owner is built for nobody and billed to the wrong one.
    Passes: one party in role `Customer`.
    Fails: only a payer; two different customers; a customer that no system knows; a payer whom nothing makes pay.
    Harmless look-alike: the role in other letters (`CUSTOMER`), the same customer listed twice, more roles beside it,
        a payer whom the reference data knows to pay for the customer.
    How to fix: name exactly one related party with role customer, by an id that the customer system knows; record whom
        a payer pays for.
    """
    order = ctx.order
    if order is None or order.state is OrderState.REJECTED:
        return
    found = {p.id: n for n, p in reversed(list(enumerate(order.parties))) if (p.role or "").lower() == "customer"}
    if len(found) != 1:
        said = f"names {len(found)} different customers" if found else "names no party in role customer"
        yield Problem("product_order.parties", f"the order {said}")
        return
    known = ctx.reference.parties
    customer, number = next(iter(found.items()))
    if known is not None and all(party.id != customer for party in known):
        fact = ctx.seen("party.identified", "productOrder")
        if fact is None or fact.value.get("party") != customer:
            yield Problem(f"product_order.parties[{number}].id", f"customer {customer} is not a known party")
    for place, party in enumerate(order.parties if known is not None else ()):
        if "payer" in (party.role or "").lower() and party.id != customer and not _pays(ctx, party.id, customer):
            reason = f"{party.id} is to pay, but is not known to pay for {customer}"
            yield Problem(f"product_order.parties[{place}].id", reason)


def _pays(ctx: Context, payer: str, customer: str) -> bool:
    """Whether a party, or an account of its own, is known to pay for a customer or for the agreed account."""
    wanted = {customer, *(account.id for line in ctx.lines if (account := ctx.account(line)) is not None)}
    party = ctx.reference.party(payer)
    if party is not None and wanted.intersection(party.pays_for):
        return True
    return any(
        one.customer in {None, payer} and wanted.intersection({*one.pays_for, *([one.id] if one.customer else [])})
        for one in ctx.reference.accounts or ()
        if one.pays_for or one.customer == payer
    )
