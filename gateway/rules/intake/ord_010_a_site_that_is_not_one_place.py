"""ORD-010: where it is installed."""

from collections.abc import Iterator

from gateway.canonical.judgement import Gate, Severity
from gateway.canonical.states import ItemAction
from gateway.rules.context import Context
from gateway.rules.rule import Problem, rule
from gateway.rules.sites import sites, unresolved

__all__ = ["a_site_that_is_not_one_place"]


@rule(
    "ORD-010",
    gate=Gate.INTAKE,
    severity=Severity.REJECT,
    reads=("product_order", "reference.offerings"),
    since="0.1",
    level=4,
)
def a_site_that_is_not_one_place(ctx: Context) -> Iterator[Problem]:
    """An item whose offering is bound to a site names one installation place that resolves to one location.

    What it checks: an added item of a site-bound offering has one place to install at; where places are given, that
        place is known and is one location.
    Why it matters: the crew is sent nowhere, or to the wrong door.
    Passes: ADDR-1, which is one location.
    Fails: no place; two places at different locations; a place with two candidates.
    Harmless look-alike: the same location under two ids; a billing address beside the installation address; a mobile
        offering, which needs no place; a place on the bundle that holds the item.
    How to fix: name one installation place by an id that resolves to one location.
    """
    for line in ctx.wanted:
        offering = ctx.offering(line.item) if line.item.action is ItemAction.ADD else None
        if offering is None or not offering.site_bound:
            continue
        found = sites(ctx, line)
        if not found:
            if line.item.id not in ctx.bundles:
                yield Problem(f"{line.path}.product.places", f"item {line.item.id} is site-bound but names no place")
            continue
        if len({ctx.location(place) for _, place in found}) > 1:
            named = ", ".join(place for _, place in found)
            yield Problem(f"{line.path}.product.places", f"item {line.item.id} names several places: {named}")
            continue
        path, place = found[0]
        fault = unresolved(ctx, place, line)
        if fault is not None:
            yield Problem(f"{path}.id", fault)
