"""Taking in statements: what one may supersede, and when it supersedes an older one by itself. Pure on a draft."""

from collections.abc import Sequence

from gateway.canonical.fact import PREDICATES, Fact
from gateway.lifecycle.draft import Draft
from gateway.ports.errors import FaceError

__all__ = ["check_statement", "record", "restating"]


def check_statement(fact: Fact, path: str) -> None:
    """Refuse a statement that nobody could use: unknown predicate, correction without reason. Raises FaceError 400."""
    if fact.predicate not in PREDICATES:
        raise FaceError(
            400,
            "unknownPredicate",
            f"{fact.predicate!r} is no predicate",
            f"use one of {', '.join(sorted(PREDICATES))}",
            path=f"{path}.predicate",
        )
    if fact.supersedes is not None and not (fact.reason or "").strip():
        raise FaceError(
            400, "badFact", "a correction has no reason", "say in `reason` why the older statement was wrong",
            path=f"{path}.reason",
        )  # fmt: skip


def record(draft: Draft, facts: Sequence[Fact]) -> tuple[Fact, ...]:
    """Record statements of one order; return each as it is kept, from the first time where it was said before.

    Raises FaceError 422 where a statement supersedes one that the order does not have, or one about something else.
    """
    kept = []
    for index, fact in enumerate(facts):
        _check_superseded(draft, fact, f"facts[{index}]")
        fact_id = draft.fact_id(fact)
        draft.add_fact(fact)
        kept.append(next(one for one in draft.facts if one.id == fact_id))
    return tuple(kept)


def restating(draft: Draft, fact: Fact) -> Fact:
    """Return a system's statement as the correction of its own older one, where it was read anew.

    That is so when a newer version of the vocabulary read it, or when the system was asked again and now says
    something else: what one system says twice is a correction, never a contradiction.
    """
    older = _standing(draft, fact)
    if fact.supersedes is not None or older is None or older.value == fact.value:
        return fact
    if older.source.vocabulary != fact.source.vocabulary and fact.source.vocabulary:
        reason = f"read anew with {fact.source.vocabulary}, before with {older.source.vocabulary or 'no vocabulary'}"
    elif draft.lifecycle.generation > 1:
        reason = f"{fact.source.system} was asked again"
    else:
        return fact
    return fact.model_copy(update={"supersedes": older.id, "reason": reason})


def _standing(draft: Draft, fact: Fact) -> Fact | None:
    """Return what the same system last said of the same thing, unless that was superseded."""
    replaced = {one.supersedes for one in draft.facts if one.supersedes}
    same = (
        one
        for one in reversed(draft.facts)
        if one.key == fact.key and one.source.system == fact.source.system and one.id not in replaced
    )
    return next(same, None)


def _check_superseded(draft: Draft, fact: Fact, path: str) -> None:
    if fact.supersedes is None:
        return
    older = next((one for one in draft.facts if one.id == fact.supersedes), None)
    if older is None:
        raise FaceError(
            422,
            "unknownFact",
            f"the order has no fact {fact.supersedes!r} to supersede",
            "name the id of a fact that GET facts lists for this order",
            path=f"{path}.supersedes",
        )
    if older.key != fact.key:
        raise FaceError(
            422,
            "unknownFact",
            f"fact {older.id} is about {older.key}, not about {fact.key}",
            "supersede a statement about the same thing",
            path=f"{path}.supersedes",
        )
