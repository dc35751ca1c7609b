"""What may be asked of the facts that a rule stumbled over: the first question that fits every finding."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from gateway.rules.suggest.group import Offence

__all__ = ["Question", "question_of", "quoted"]

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}(T.*)?")
_MOST_VALUES = 5


class Question(NamedTuple):
    """An expression, what it says in words, facts that pass and fail it, and the item where that matters."""

    expression: str
    words: str
    passing: Mapping[str, Any]
    failing: Mapping[str, Any]
    item: Mapping[str, Any] | None = None


def question_of(offences: Sequence[Offence]) -> Question | None:
    """Return what may be asked so that every finding fails it, or None where the facts do not show what is wrong."""
    return next((one for one in _questions(offences) if one is not None), None)


def _questions(offences: Sequence[Offence]) -> Iterator[Question | None]:
    yield _contradiction(offences)
    yield _less_than_ordered(offences)
    yield _run_out(offences)
    yield _bad_value(offences)


def _contradiction(offences: Sequence[Offence]) -> Question | None:
    """Two facts that say different things under one name, in every finding."""
    found: set[tuple[str, str, str]] | None = None
    for one in offences:
        mine: set[tuple[str, str, str]] = set()
        for left, _ in one.facts:
            for right, _ in one.facts:
                if left["predicate"] >= right["predicate"] or left["subject"] != right["subject"]:
                    continue
                mine |= {
                    (str(left["predicate"]), str(right["predicate"]), name)
                    for name in _names(left) & _names(right)
                    if left["value"][name] != right["value"][name]
                }
        found = mine if found is None else found & mine
    if not found:
        return None
    first, second, name = min(found)
    pair = _pair(offences[0], first, second, name)
    subject = _subject(offences)
    return Question(
        f"fact('{first}', {subject}).{name} == fact('{second}', {subject}).{name}",
        f"{first} and {second} say the same {name}",
        {first: {name: pair[0]}, second: {name: pair[0]}},
        {first: {name: pair[0]}, second: {name: pair[1]}},
    )


def _pair(offence: Offence, first: str, second: str, name: str) -> tuple[Any, Any]:
    values = {str(fact["predicate"]): fact["value"].get(name) for fact, _ in offence.facts}
    return values[first], values[second]


def _less_than_ordered(offences: Sequence[Offence]) -> Question | None:
    """One fact that says less than the item's characteristic of the same name."""
    found = _single(offences)
    if found is None or not all(one.names_characteristic for one in offences):
        return None
    predicate, name, values = found
    ordered = f"item.product.characteristics.{name}"
    said = f"fact('{predicate}', item.id).{name}"
    value = values[0]
    if isinstance(value, dict) and isinstance(value.get("amount"), int | float) and "units" in value:
        expression = f"!has({ordered}) || {said}.units != {ordered}.units || {said}.amount >= {ordered}.amount"
        more = {**value, "amount": value["amount"] * 2 + 1}
        words = f"{predicate} says no smaller {name} than was ordered, where both are in one unit"
        item: Mapping[str, Any] = {"product": {"characteristics": {name: more}}}
        return Question(expression, words, {predicate: {name: more}}, {predicate: {name: value}}, item)
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        item = {"product": {"characteristics": {name: _other(value)}}}
        expression = f"!has({ordered}) || {said} == {ordered}"
        words = f"{predicate} says the {name} that was ordered"
        return Question(expression, words, {predicate: {name: _other(value)}}, {predicate: {name: value}}, item)
    return None


def _run_out(offences: Sequence[Offence]) -> Question | None:
    """One fact with a day that was over when it was found."""
    if any(len(one.facts) != 1 for one in offences):
        return None
    days: set[str] | None = None
    for one in offences:
        value = one.facts[0][0].get("value") or {}
        past = {
            name
            for name, day in value.items()
            if isinstance(day, str) and _DAY.fullmatch(day) and day[:10] < one.at[:10]
        }
        named = one.facts[0][1]
        mine = past & {named} if named is not None else {name for name in past if "until" in name.lower()}
        days = mine if days is None else days & mine
    predicates = {str(one.facts[0][0]["predicate"]) for one in offences}
    if not days or len(predicates) != 1:
        return None
    name, (predicate,) = min(days), predicates
    subject = _subject(offences)
    return Question(
        f"fact('{predicate}', {subject}).{name} >= now.substring(0, 10)",
        f"the {name} of {predicate} is not over",
        {predicate: {name: "2026-01-02"}},
        {predicate: {name: "2025-12-31"}},
    )


def _bad_value(offences: Sequence[Offence]) -> Question | None:
    """One fact with one of a few words that were always wrong."""
    found = _single(offences)
    if found is None:
        return None
    predicate, name, values = found
    words = sorted({value for value in values if isinstance(value, str)})
    if len(words) > _MOST_VALUES or not all(isinstance(value, str) for value in values):
        return None
    bad = ", ".join(quoted(word) for word in words)
    return Question(
        f"!(fact('{predicate}', {_subject(offences)}).{name} in [{bad}])",
        f"the {name} of {predicate} is none of {', '.join(words)}",
        {predicate: {name: _other(words[0])}},
        {predicate: {name: words[0]}},
    )


def _single(offences: Sequence[Offence]) -> tuple[str, str, list[Any]] | None:
    """Return predicate, member and values where every finding names the same member of one fact."""
    named = [(fact, name) for one in offences for fact, name in one.facts if name is not None]
    kinds = {(str(fact["predicate"]), name) for fact, name in named}
    if len(kinds) != 1 or len(named) < len(offences):
        return None
    ((predicate, name),) = kinds
    values = [(fact.get("value") or {}).get(name) for fact, _ in named]
    return (predicate, name, values) if name is not None and all(value is not None for value in values) else None


def _names(fact: Mapping[str, Any]) -> set[str]:
    return {name for name in fact.get("value") or {} if re.fullmatch(r"[A-Za-z_]\w*", name)}


def _subject(offences: Iterable[Offence]) -> str:
    subjects = {str(fact["subject"]) for one in offences for fact, _ in one.facts}
    return "item.id" if any(one.startswith("item:") for one in subjects) else "'productOrder'"


def _other(value: Any) -> Any:
    return f"other than {value}" if isinstance(value, str) else value + 1


def quoted(word: str) -> str:
    """Return a text as CEL writes it."""
    return "'" + word.replace("\\", "\\\\").replace("'", "\\'") + "'"
