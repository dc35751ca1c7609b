"""VOC-001: a code without a meaning."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from gateway.canonical.judgement import Severity
from gateway.canonical.states import BillState, OrderState, ProductStatus, ServiceState, TaskState
from gateway.rules.context import Context
from gateway.rules.rule import Problem, rule
from gateway.rules.versions import is_of_any_version

__all__ = ["a_code_nobody_knows"]

_CODES = ("code", "legacyCode", "legacyState", "legacyStatus", "sourceCode", "sourceState", "rawCode", "rawState")
_MAPPED = ("mapped", "mappedTo", "translated", "canonical", "target")
_STATES = ("state", "status", "orderState", "serviceState")
_MARKS = frozenset({*_CODES, *_STATES, "rel", "relationship", "defaulted", "default", "unmapped"})
_NOTHING = frozenset({"", "none", "null", "unknown", "unmapped", "unmatched", "default", "?", "-"})
_LOOKS_LIKE_A_CODE = re.compile(r"[A-Z][A-Z0-9]{2,4}")
_PLACES = frozenset({"address.resolved", "site.qualified", "party.identified", "appointment.booked", "permit.granted"})
_LISTS = (OrderState, ServiceState, ProductStatus, BillState, TaskState)
_PLAIN = (
    "up down on off ok nok online offline ready done open closed new lit dark pass passed fail error enabled disabled "
    "true false yes no na sync live idle busy free used good none null auth gone full part init boot rma"
)
_WORDS = frozenset({*_PLAIN.split(), *(word.lower() for words in _LISTS for word in words)})
_HISTORY = frozenset(OrderState)
_OPEN = frozenset({"rate-type"})  # the faces leave these words to their users; a new one is no fault yet


@rule("VOC-001", gate=None, severity=Severity.HOLD, reads=(), since="0.1", level=5)
def a_code_nobody_knows(ctx: Context) -> Iterator[Problem]:
    """A code that the vocabulary does not have is neither guessed nor defaulted.

    What it checks: no state, status, action or type is a word of no version; no statement carries a source code whose
        translation is empty or defaulted, nor a bare code in place of a state; no event has a state that there is not.
        A rate's type is free text on the wire, so a new one is only warned of.
    Why it matters: what is not understood is taken for the usual, and the exception goes through as the rule.
    Passes: code JEP, translated to held.
    Fails: code JEPX, translated to nothing; a state of JEPX.
    Harmless look-alike: a source code that is kept beside its translation; a device that is UP; the state of an
        address.
    How to fix: add the code to the vocabulary; everything that waited for it is judged anew.
    """
    for one in ctx.trace.unread:
        if not is_of_any_version(one):
            severity = Severity.WARN if one.target in _OPEN else None
            yield Problem(one.path, f"{one.value!r} is no word of {one.target} in any version", severity=severity)
    for number, fact in enumerate(ctx.trace.facts if not _MARKS.isdisjoint(ctx.members) else ()):
        if not _MARKS.isdisjoint(fact.value):
            yield from _untranslated(fact.value, f"facts[{number}].value", fact.predicate)
    for said, path in _beside(ctx):
        yield from _untranslated(said, path, "")
    for number, entry in enumerate(ctx.trace.history or ()):
        if entry.state not in _HISTORY and entry.state.strip() not in _HISTORY:
            yield Problem(f"history[{number}].state", f"{entry.state!r} is no state of an order in any version")


def _beside(ctx: Context) -> Iterator[tuple[Mapping[str, Any], str]]:
    """What orders and their items have beside their own members, where it may carry a code of another system."""
    if ctx.order is not None:
        if not _MARKS.isdisjoint(ctx.order.extras):
            yield ctx.order.extras, "product_order"
        for line in ctx.lines:
            if line.item.extras and not _MARKS.isdisjoint(line.item.extras):
                yield line.item.extras, line.path
    for number, built in enumerate(ctx.trace.service_orders or ()):
        if built.extras and not _MARKS.isdisjoint(built.extras):
            yield built.extras, f"service_orders[{number}]"


def _untranslated(said: Mapping[str, Any], path: str, predicate: str) -> Iterator[Problem]:
    code = next((name for name in _CODES if said.get(name) not in (None, "")), None)
    mapped = next((name for name in _MAPPED if name in said), None)
    if code is not None and mapped is not None and _says_nothing(said[mapped]):
        yield Problem(f"{path}.{code}", f"code {said[code]!r} is translated to nothing")
        return
    rel = said.get("rel", said.get("relationship"))
    if isinstance(rel, str) and rel.strip().lower() == "unmatched":
        yield Problem(f"{path}.rel", f"code {said.get(code or 'code')!r} has no match, and was taken nevertheless")
        return
    if any(said.get(name) is True for name in ("defaulted", "default", "unmapped")) and code is not None:
        yield Problem(f"{path}.{code}", f"code {said[code]!r} is not known, and was defaulted")
        return
    if predicate in _PLACES or not predicate:
        return
    for name in _STATES:
        value = said.get(name)
        if isinstance(value, str) and _LOOKS_LIKE_A_CODE.fullmatch(value.strip()) and not _is_word(value):
            yield Problem(f"{path}.{name}", f"{value!r} is a code of some system, not a state")


def _is_word(value: str) -> bool:
    return value.strip().lower().replace("_", "") in _WORDS


def _says_nothing(value: Any) -> bool:
    return value is None or value is False or (isinstance(value, str) and value.strip().lower() in _NOTHING)
