"""BLD-008: each element once."""

from collections.abc import Iterator

from gateway.canonical.judgement import Gate, Severity
from gateway.canonical.service_order import Service
from gateway.rules.context import Context
from gateway.rules.rule import Problem, rule

__all__ = ["a_service_built_twice"]


@rule(
    "BLD-008",
    gate=Gate.ORDER_TO_BUILD,
    severity=Severity.REJECT,
    reads=("product_order", "service_orders"),
    since="0.1",
    level=6,
)
def a_service_built_twice(ctx: Context) -> Iterator[Problem]:
    """There is one service item for each decomposed element.

    What it checks: no product item is served twice with the same specification and the same action, over all service
        orders; an item with quantity n may be served n times.
    Why it matters: a message that was sent again provisions the service again.
    Passes: one service item for item 1.
    Fails: two service items with the same specification for item 1.
    Harmless look-alike: two services of different specifications for one item; a first attempt that was cancelled or
        failed; a replacement that deletes one and adds another.
    How to fix: send each service item once; withdraw the repeated service order.
    """
    first: dict[tuple[str, str, str], list[str]] = {}
    for service in ctx.live_services:
        line = ctx.by_id.get(service.product_item or "")
        wanted = service.item.service
        if line is None or wanted is None:
            continue
        element = wanted.specification.id if wanted.specification else wanted.name or _likeness(wanted)
        found = first.setdefault((line.item.id, element, service.item.action.value), [])
        found.append(service.path)
        if len(found) > max(line.item.quantity or 1, 1):
            yield Problem(service.path, f"item {line.item.id} is served with {element} again", (found[0],))


def _likeness(service: Service) -> str:
    """What a service without specification and name is like: its type and what it is to be."""
    said = sorted(f"{one.name}={one.value}" for one in service.characteristics)
    return f"{service.service_type or 'a service'} {', '.join(said)}"
