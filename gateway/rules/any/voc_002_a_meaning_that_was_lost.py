"""VOC-002: a translation that is not exact has to be wanted."""

from collections.abc import Iterator, Mapping
from typing import Any

from gateway.canonical.judgement import Severity
from gateway.rules.context import Context
from gateway.rules.rule import Problem, rule

__all__ = ["a_meaning_that_was_lost"]

_RELATIONS = ("rel", "relation", "relationship", "equivalence")
_NAMED = frozenset(_RELATIONS)
_INEXACT = {
    "narrower": "narrower",
    "source-is-narrower-than-target": "narrower",
    "broader": "broader",
    "wider": "broader",
    "source-is-broader-than-target": "broader",
    "related": "related",
    "related-to": "related",
    "inexact": "related",
}
_ACCEPTS = ("accept", "accepted", "accepts", "acceptedRelations")
_KEPT = ("note", "reason", "detail", "carry", "carried", "legacyState", "sourceCode", "comment")


@rule(
    "VOC-002",
    gate=None,
    severity=Severity.REJECT,
    reads=("facts|product_order",),
    since="0.1",
    level=5,
    params=("accepted_relations",),
)
def a_meaning_that_was_lost(ctx: Context) -> Iterator[Problem]:
    """A code became a narrower or broader one only where that is accepted.

    What it checks: where a statement says how its code relates to what it became (narrower, broader, related), that
        relation is accepted by the statement itself or by the policy's acceptedRelations. Where nobody says whether it
        is, and the detail is kept in a note or a reason, that is a warning: nothing is lost yet.
    Why it matters: two codes that became one cannot be told apart again, and the work for one is done for both.
    Passes: narrower, accepted.
    Fails: broader, and accepted are equivalent ones only.
    Harmless look-alike: an equivalent code; a relation between orders or items; a narrower one whose detail is kept.
    How to fix: give the code a row of its own, or accept the loss where the map is used, with a note.
    """
    for number, fact in enumerate(ctx.trace.facts if not _NAMED.isdisjoint(ctx.members) else ()):
        if not _NAMED.isdisjoint(fact.value):
            yield from _lost(ctx, fact.value, f"facts[{number}].value")
    order = ctx.order
    if order is not None and order.extras:
        yield from _lost(ctx, order.extras, "product_order")
    for number, entry in enumerate(ctx.trace.history or ()):
        if entry.extras:
            yield from _lost(ctx, entry.extras, f"history[{number}]")


def _lost(ctx: Context, said: Mapping[str, Any], path: str) -> Iterator[Problem]:
    name = next((name for name in _RELATIONS if name in said), None)
    stated = said[name] if name is not None else None
    relation = _INEXACT.get(stated.strip().lower()) if isinstance(stated, str) else None
    if relation is None or relation in ctx.policy_for(None).accepted_relations:
        return
    accepted = next((said[one] for one in _ACCEPTS if one in said), None)
    if accepted is True or relation in _names(accepted):
        return
    kept = accepted is None and any(said.get(one) for one in _KEPT)
    reason = f"the code became one to which it is {relation}, and that is not accepted"
    yield Problem(f"{path}.{name}", reason, severity=Severity.WARN if kept else None)


def _names(accepted: Any) -> set[str]:
    several = accepted if isinstance(accepted, list | tuple) else [accepted]
    return {str(one).strip().lower() for one in several}
