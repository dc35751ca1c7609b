"""ACT-008: what runs twice."""

from collections.abc import Iterator
from typing import NamedTuple

from gateway.canonical.common import Place
from gateway.canonical.judgement import Severity
from gateway.canonical.reference import ProductRecord
from gateway.rules.claims import ACCESS, Claim, claims, is_free, same_product, share_access
from gateway.rules.context import Context
from gateway.rules.identifiers import identifiers_in
from gateway.rules.rule import Problem, rule

__all__ = ["bound_to_two_active_services"]

Key = tuple[str, str]

_RUNNING = frozenset({"active", "suspended", "pendingterminate"})


@rule("ACT-008", gate=None, severity=Severity.HOLD, reads=("facts|reference.products",), since="0.1", level=9)
def bound_to_two_active_services(ctx: Context) -> Iterator[Problem]:
    """A device, port, number or card that runs in one service does not run in another one.

    What it checks: what an item has is not what a running product of the inventory has that somebody else owns, nor
        what a service of another item or order has that runs already. IDN-003 asks the same of what is only planned.
    Why it matters: one of the two customers is cut off, and the asset of the other one is lost.
    Passes: serial A in one running service.
    Fails: serial A runs for this order and for product PR-77 of another customer.
    Harmless look-alike: the same customer's telephony over the same box; a product that this order gives up, or whose
        port was released; a product that has been terminated.
    How to fix: find out which service really has it; release it there, or bind another one here.
    """
    if ctx.reference.products:
        yield from _in_inventory(ctx)
    if ctx.index.of("service.activated"):
        yield from _running_twice(ctx)


class _Owned(NamedTuple):
    path: str
    record: ProductRecord


def _in_inventory(ctx: Context) -> Iterator[Problem]:
    owned: dict[Key, _Owned] = {}
    for number, record in enumerate(ctx.reference.products or ()):
        known = {**record.extras, **record.characteristics}
        if known and (record.status or "active").strip().lower() in _RUNNING:
            for one in identifiers_in(known, ""):
                owned.setdefault((one.kind, one.value), _Owned(f"reference.products[{number}]", record))
    if not owned:
        return
    named = {line.item.product.id for line in ctx.lines if line.item.product is not None}
    told: set[Key] = set()
    for claim in claims(ctx):
        key = claim.identifier.kind, claim.identifier.value
        found = owned.get(key)
        if found is None or key in told or found.record.id in named or _is_own(ctx, claim, found.record):
            continue
        if is_free(ctx, None, claim):
            continue
        told.add(key)
        reason = f"{key[0]} {key[1]} of {claim.subject} runs in product {found.record.id} already"
        yield Problem(claim.identifier.path, reason, (found.path,))


def _is_own(ctx: Context, claim: Claim, record: ProductRecord) -> bool:
    """Whether a product is the same customer's, and, for a box or port, not known to be somewhere else."""
    if record.customer is None or ctx.customer is None:
        return True
    if record.customer != ctx.customer.id:
        return False
    place = next((p.id for p in _places(claim) if p.id), None)
    elsewhere = place is not None and record.place is not None and ctx.location(place) != ctx.location(record.place)
    return claim.identifier.kind not in ACCESS or not elsewhere


def _places(claim: Claim) -> tuple[Place, ...]:
    product = claim.line.item.product if claim.line is not None else None
    return product.places if product is not None else ()


def _running_twice(ctx: Context) -> Iterator[Problem]:
    subjects = {one.fact.subject for one in ctx.index.of("service.activated")}
    if len(subjects) < 2 and not ctx.trace.others:
        return
    mine: dict[Key, Claim] = {}
    for claim in _running(ctx):
        key = claim.identifier.kind, claim.identifier.value
        first = mine.setdefault(key, claim)
        shared = claim.identifier.kind in ACCESS and share_access(ctx, first.line, claim.line)
        if first.subject != claim.subject and not shared:
            reason = f"{key[0]} {key[1]} runs in {first.subject} and in {claim.subject}"
            yield Problem(claim.identifier.path, reason, (first.identifier.path,))
    for number, trace in enumerate(ctx.trace.others if mine else ()):
        order = trace.product_order
        if order is not None and ctx.order is not None and order.id and order.id == ctx.order.id:
            continue
        other, told = Context(trace, frozenset()), set[Key]()
        for claim in _running(other):
            key = claim.identifier.kind, claim.identifier.value
            found = mine.get(key)
            if found is None or key in told or same_product(ctx, other, found.line, claim.line):
                continue
            if not is_free(ctx, other, claim):
                told.add(key)
                reason = f"{key[0]} {key[1]} of {found.subject} runs in {claim.subject} of another order"
                yield Problem(found.identifier.path, reason, (f"others[{number}].{claim.identifier.path}",))


def _running(ctx: Context) -> Iterator[Claim]:
    """What services have that run now, as facts say."""
    runs = {one.fact.subject for one in ctx.index.of("service.activated")}
    runs -= {one.fact.subject for one in ctx.index.of("service.ceased")}
    return (claim for claim in claims(ctx) if claim.subject in runs and claim.identifier.path.startswith("facts"))
