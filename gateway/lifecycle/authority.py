"""Who may state what: a system without authority over a predicate can corroborate it, and no more.

The order's intent is for order capture to state, what runs for activation and its probe, a charge for billing. The
table stands in the landscape; a named human who attests something needs no place in it.
"""

from collections.abc import Iterable, Mapping

from gateway.canonical.fact import Assurance, Fact

__all__ = ["has_authority", "set_aside"]


def has_authority(fact: Fact, authority: Mapping[str, frozenset[str]]) -> bool:
    """Whether a statement counts by itself: its system may make it, or a human attests it by name."""
    allowed = authority.get(fact.predicate)
    if allowed is None or fact.source.system in allowed:
        return True
    return fact.assurance is Assurance.ATTESTED and fact.verifier is not None and fact.verifier.kind == "human"


def set_aside(facts: Iterable[Fact], authority: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Return the ids of the statements that do not count: nobody with authority has said anything of their key.

    Beside a statement with authority the others count: they corroborate it or contradict it.
    """
    if not authority:
        return frozenset()
    weak = []
    stated = set()
    for fact in facts:
        if has_authority(fact, authority):
            stated.add(fact.key)
        else:
            weak.append(fact)
    return frozenset(fact.id for fact in weak if fact.key not in stated)
