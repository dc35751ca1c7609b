"""CTX-001: what is known stays known until it is corrected."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from gateway.canonical.fact import Assurance, Fact
from gateway.canonical.judgement import Severity
from gateway.rules.amounts import money_of, near
from gateway.rules.charges import price_kind
from gateway.rules.context import Context
from gateway.rules.prices import reduced_by
from gateway.rules.rule import Problem, rule
from gateway.rules.sites import sites

__all__ = ["a_contradiction_in_silence"]

Said = Iterator[tuple[str, str, str]]  # member of the fact, why it contradicts, what it contradicts

_SETTLED = ("party.identified", "account.open", "offer.valid", "address.resolved", "site.qualified")
_IDENTITY = ("party", "account", "customer", "offering", "place", "location")
_VERIFIED = Assurance.VERIFIED.rank


@rule("CTX-001", gate=None, severity=Severity.HOLD, reads=("facts",), since="0.1", level=8)
def a_contradiction_in_silence(ctx: Context) -> Iterator[Problem]:
    """What contradicts an inherited fact supersedes it, with a reason.

    What it checks: what facts say of customer, place, offering, decomposition, charge and bill is what the messages
        say; a verified fact that is replaced is replaced with a reason; a service goes to the place of its item.
    Why it matters: each stage works on a truth of its own.
    Passes: an amended address that supersedes the first, with a reason.
    Fails: the address changes and nothing says so.
    Harmless look-alike: the same location under another place id; a correction with `supersedes` and `reason`; the
        same statement by two systems.
    How to fix: send the new fact with `supersedes`, the id of the old one, and the `reason`; or correct the message.
    """
    for predicate, comparisons in _COMPARED.items():
        for path, fact in ctx.facts_of(predicate):
            for compare in comparisons:
                for member, reason, other in compare(ctx, fact):
                    yield Problem(f"{path}.value.{member}", f"{fact.key}: {reason}", (other,))
    yield from _service_places(ctx)
    yield from _unexplained(ctx)
    yield from _about_nothing(ctx)


def _place(ctx: Context, fact: Fact) -> Said:
    line = ctx.by_id.get(fact.subject.removeprefix("item:"))
    place = fact.value.get("place")
    if line is None or not isinstance(place, str):
        return
    mine = sites(ctx, line)
    if mine and mine[0][1] != place and all(ctx.location(place) != ctx.location(one) for _, one in mine):
        yield "place", f"the place is {place}, the item's is {mine[0][1]}", mine[0][0]
    location, record = fact.value.get("location"), ctx.place(place)
    if isinstance(location, str) and record is not None and record.location not in (None, location):
        yield "location", f"{place} is {location}, but known as {record.location}", f"{line.path}.product.places"


def _party(ctx: Context, fact: Fact) -> Said:
    stated, customer = fact.value.get("party"), ctx.customer
    if isinstance(stated, str) and customer is not None and stated != customer.id:
        yield "party", f"the customer is {stated}, the order's is {customer.id}", "product_order.parties"


def _accepted(ctx: Context, fact: Fact) -> Said:
    stated = fact.value.get("order")
    if isinstance(stated, str) and ctx.order is not None and ctx.order.id:
        known = {ctx.order.id, *(one.value for one in ctx.order.external_ids)}
        if stated not in known:
            yield "order", f"it is about order {stated}, not {ctx.order.id}", "product_order.id"
    yield from _party(ctx, fact)


def _account(ctx: Context, fact: Fact) -> Said:
    stated = fact.value.get("account")
    agreed = [account.id for line in ctx.lines if (account := ctx.account(line)) is not None]
    if isinstance(stated, str) and agreed and stated not in agreed:
        yield "account", f"the account is {stated}, the order's is {agreed[0]}", "product_order.items"
    owner, customer = fact.value.get("customer"), ctx.customer
    if not isinstance(owner, str) or customer is None or owner == customer.id:
        return
    record, party = ctx.reference.account(str(stated)), ctx.reference.party(owner)
    pays = (record is not None and record.customer == owner) or (party is not None and customer.id in party.pays_for)
    if not pays:
        yield "customer", f"the account is that of {owner}, the order is that of {customer.id}", "product_order.parties"


def _offering(ctx: Context, fact: Fact) -> Said:
    line = ctx.by_id.get(fact.subject.removeprefix("item:"))
    stated = fact.value.get("offering")
    if line is None or line.item.offering is None or not isinstance(stated, str):
        return
    if stated != line.item.offering.id:
        yield "offering", f"{stated} is valid, {line.item.offering.id} is ordered", f"{line.path}.offering"


def _decomposition(ctx: Context, fact: Fact) -> Said:
    stated = fact.value.get("items")
    if not isinstance(stated, list) or ctx.order is None or not ctx.trace.service_orders:
        return
    for item in (str(one) for one in stated):
        if item not in ctx.by_id:
            yield "items", f"item {item} is said to be decomposed but is not in the order", "product_order.items"
        elif not ctx.services_of(item) and item not in ctx.bundles:
            yield "items", f"item {item} is said to be decomposed but has no service", ctx.by_id[item].path
    for line in ctx.live:
        built = ctx.services_of(line.item.id)
        if built and line.item.id not in {str(one) for one in stated}:
            yield "items", f"item {line.item.id} has a service but is not said to be decomposed", built[0].path


def _price(ctx: Context, fact: Fact) -> Said:
    line = ctx.by_id.get(fact.subject.removeprefix("item:"))
    stated = money_of(ctx, fact.value.get("net"))
    kind = price_kind(str(fact.value.get("type", "")))
    if line is None or stated is None:
        return
    priced = [price for price in line.item.prices if price.net is not None]
    if priced and kind and all(price_kind(price.price_type) not in {kind, ""} for price in priced):
        yield "type", f"a price that is {kind} is agreed, the item has none", f"{line.path}.prices"
    elif priced and all(price.net is not None and price.net.currency != stated.currency for price in priced):
        yield (
            "net",
            f"the price is agreed in {stated.currency}, the item's is in another currency",
            f"{line.path}.prices",
        )
    amounts = [
        price.net.amount * count
        for price in line.item.prices
        if price.net is not None
        and price.net.currency == stated.currency
        and price_kind(price.price_type) in {kind, ""}
        for count in {1, line.item.quantity or 1}
    ]
    amounts += [sum(amounts, Decimal(0))] if len(line.item.prices) > 1 else []
    reductions = [reduced_by(change, 1) for price in line.item.prices for change in price.alterations]
    reduced = [less(amount) for amount in amounts for less in reductions if less is not None]
    is_reduced = any(near(one, stated.amount, stated.currency) for one in reduced)
    if amounts and stated.amount not in amounts and not is_reduced:
        said = f"{stated.amount} {stated.currency} is agreed, the item says {amounts[0]} {stated.currency}"
        yield "net", said, f"{line.path}.prices"


def _posted(ctx: Context, fact: Fact) -> Said:
    bill_id = fact.subject.removeprefix("bill:")
    if ctx.trace.ledger is not None and all(entry.bill != bill_id for entry in ctx.trace.ledger):
        yield "amount", f"bill {bill_id} is said to be posted, but the ledger does not have it", "ledger"
    yield from _bill(ctx, fact)


def _released(ctx: Context, fact: Fact) -> Said:
    stated, orders = fact.value.get("serviceOrders"), ctx.trace.service_orders
    known = {order.id for order in orders or ()}
    if isinstance(stated, list) and known and "" not in known:
        for one in stated:
            if isinstance(one, str) and one not in known:
                yield "serviceOrders", f"service order {one} is released but not there", "service_orders"


def _rate(ctx: Context, fact: Fact) -> Said:
    stated, rates = fact.value.get("rate"), ctx.trace.rates
    if isinstance(stated, str) and rates and all(rate.id != stated for rate in rates):
        yield "rate", f"rate {stated} is created but not there", "rates"


def _started(ctx: Context, fact: Fact) -> Said:
    line = ctx.by_id.get(fact.subject.removeprefix("item:"))
    stated = fact.value.get("product")
    mine = line.item.product.id if line is not None and line.item.product is not None else None
    if line is not None and mine and isinstance(stated, str) and stated != mine:
        yield "product", f"charging started for {stated}, the item's product is {mine}", f"{line.path}.product.id"


def _visit(ctx: Context, fact: Fact) -> Said:
    stated = fact.value.get("appointment")
    booked = ctx.statements("appointment.booked", fact.subject)
    known = {name for one in booked if isinstance(name := one.fact.value.get("appointment"), str | int)}
    if isinstance(stated, str) and known and stated not in known and not (fact.reason or "").strip():
        said = f"the work was done at appointment {stated}, {', '.join(sorted(map(str, known)))} was booked"
        yield "appointment", said, booked[0].path


def _differs(ctx: Context, value: Any, *known: Any) -> str | None:
    """Return what a fact's amount should be, where it is none of the known ones; None where that cannot be told."""
    stated = money_of(ctx, value)
    amounts = [one for one in known if one is not None]
    if stated is None or not amounts:
        return None
    if any(one.currency == stated.currency and one.amount == stated.amount for one in amounts):
        return None
    return f"{stated.amount} {stated.currency}, the bill has {amounts[0].amount} {amounts[0].currency}"


_BILLED = {
    "taxExcludedAmount": ("net",),
    "taxIncludedAmount": ("gross", "amount_due"),
    "amount": ("amount_due", "gross", "remaining"),
}
"""Members of facts about a bill, and which amounts of the bill each may be."""


def _bill(ctx: Context, fact: Fact) -> Said:
    bill_id = fact.subject.removeprefix("bill:")
    for number, bill in enumerate(ctx.trace.bills or ()):
        if bill.id != bill_id:
            continue
        path = f"bills[{number}]"
        for member, names in _BILLED.items():
            if member not in fact.value:
                continue
            difference = _differs(ctx, fact.value[member], *(getattr(bill, name) for name in names))
            if difference is not None:
                yield member, difference, path
        account = fact.value.get("account")
        if isinstance(account, str) and bill.billing_account is not None and account != bill.billing_account.id:
            yield "account", f"account {account}, the bill's is {bill.billing_account.id}", path


_COMPARED: dict[str, tuple[Callable[[Context, Fact], Said], ...]] = {
    "address.resolved": (_place,),
    "site.qualified": (_place,),
    "appointment.booked": (_place,),
    "permit.granted": (_place,),
    "field.completed": (_place, _visit),
    "service.activated": (_place,),
    "party.identified": (_party,),
    "credit.ok": (_party,),
    "acceptance.given": (_party,),
    "charge.started": (_started,),
    "order.accepted": (_accepted,),
    "account.open": (_account,),
    "offer.valid": (_offering,),
    "price.agreed": (_price,),
    "decomposition.complete": (_decomposition,),
    "build.released": (_released,),
    "rate.created": (_rate,),
    "bill.balanced": (_bill,),
    "bill.sent": (_bill,),
    "ledger.posted": (_posted,),
}
"""What of each fact is compared with the messages."""


def _service_places(ctx: Context) -> Iterator[Problem]:
    for service in ctx.live_services:
        line = ctx.by_id.get(service.product_item or "")
        if line is None or service.item.service is None or not service.item.service.places:
            continue
        mine = {ctx.location(place) for _, place in sites(ctx, line)}
        theirs = [place.id for place in service.item.service.places if place.id]
        if mine and theirs and not mine.intersection(ctx.location(place) for place in theirs):
            path = f"{service.path}.service.places[0].id"
            yield Problem(path, f"the service goes to {theirs[0]}, the item to another place", (line.path,))


def _unexplained(ctx: Context) -> Iterator[Problem]:
    """A verified fact that was replaced in silence: without a reason, or by a later word that supersedes nothing."""
    for number, fact in ctx.corrections:
        old = ctx.index.by_id(fact.supersedes or "")
        if old is None or old.fact.assurance.rank < _VERIFIED or old.fact.value == fact.value:
            continue
        if not (fact.reason or "").strip():
            reason = f"{fact.key} replaces a verified fact but gives no reason"
            yield Problem(f"facts[{number}].reason", reason, (old.path,))
    for predicate in _SETTLED:
        standing = ctx.facts_of(predicate)
        for path, fact in standing if len(standing) > 1 else ():
            before = [one for one in ctx.statements(predicate, fact.subject) if _is_before(ctx, one.fact, fact)]
            for member in _IDENTITY if before else ():
                mine, known = fact.value.get(member), before[0].fact.value.get(member)
                if mine is not None and known is not None and _same(ctx, mine) != _same(ctx, known):
                    reason = f"{fact.key}: the {member} is {mine}, verified was {known}, and nothing is superseded"
                    yield Problem(f"{path}.value.{member}", reason, (before[0].path,))


def _about_nothing(ctx: Context) -> Iterator[Problem]:
    """Facts about an item that the order does not have, or about a bill that is not among those that are there."""
    items = {line.subject for line in ctx.lines} | {line.subject for line in ctx.services}
    bills = {f"bill:{bill.id}" for bill in ctx.trace.bills or ()}
    known = {"productOrder", "serviceOrder", *items, *bills}
    if ctx.order is None or known.issuperset([fact.subject for fact in ctx.trace.facts]):
        return
    for number, fact in enumerate(ctx.trace.facts):
        if fact.subject in known:
            continue
        unknown = fact.subject.startswith("item:")
        if unknown or (bills and fact.subject.startswith("bill:")):
            yield Problem(f"facts[{number}].subject", f"{fact.key} is about {fact.subject}, which is not there")


def _is_before(ctx: Context, old: Fact, new: Fact) -> bool:
    earlier = ctx.instant(old.observed_at) < ctx.instant(new.observed_at)
    return earlier and old.assurance.rank >= _VERIFIED


def _same(ctx: Context, value: Any) -> Any:
    return ctx.location(value) if isinstance(value, str) else value
