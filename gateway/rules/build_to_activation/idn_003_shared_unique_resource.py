"""IDN-003: a device, port, number or card that two services have."""

from collections.abc import Iterator

from gateway.canonical.judgement import Severity
from gateway.canonical.lifecycle import Trace
from gateway.rules.claims import ACCESS, Claim, claims, is_free, same_product, share_access
from gateway.rules.context import Context
from gateway.rules.rule import Problem, rule


@rule(
    "IDN-003",
    gate=None,
    severity=Severity.HOLD,
    reads=("product_order|service_orders|facts",),
    since="0.1",
    level=9,
)
def shared_unique_resource(ctx: Context) -> Iterator[Problem]:
    """Two services have the same device, port, number, card or address.

    What it checks: each serial, port, number, card and address belongs to one item of the order, and to no live item of
    another order that is known.
    Why it matters: two customers on one port cut each other off, and one of them is not billed.
    Passes: two lines with two boxes.
    Fails: the serial that was bound yesterday for another order is bound again.
    Harmless look-alike: the port of a service that was given up and released; telephony over the line that it
    relies on; a change of the very product that has the device.
    How to fix: find out which service really has it, correct the other one, or release it there first.
    """
    mine: dict[tuple[str, str], Claim] = {}
    told: set[tuple[str, str, str]] = set()
    for claim in claims(ctx):
        kind, value, path = claim.identifier
        first = mine.setdefault((kind, value), claim)
        if first.subject == claim.subject or (kind in ACCESS and share_access(ctx, first.line, claim.line)):
            continue
        if (kind, value, claim.subject) not in told:
            told.add((kind, value, claim.subject))
            yield Problem(
                path, f"{kind} {value} of {claim.subject} is that of {first.subject} too", (first.identifier.path,)
            )
    for number, other in enumerate(ctx.trace.others if mine else ()):
        yield from _taken(ctx, mine, other, f"others[{number}]")


def _taken(ctx: Context, mine: dict[tuple[str, str], Claim], trace: Trace, path: str) -> Iterator[Problem]:
    order = trace.product_order
    if order is not None and ctx.order is not None and order.id and order.id == ctx.order.id:
        return
    other = Context(trace, frozenset())
    told: set[tuple[str, str]] = set()
    for claim in claims(other):
        key = claim.identifier.kind, claim.identifier.value
        found = mine.get(key)
        if found is None or key in told or same_product(ctx, other, found.line, claim.line):
            continue
        if is_free(ctx, other, claim):
            continue
        told.add(key)
        yield Problem(
            found.identifier.path,
            f"{key[0]} {key[1]} of {found.subject} belongs to {claim.subject} of another order",
            related=(f"{path}.{claim.identifier.path}",),
        )
