"""LIF-006: who has to act."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from gateway.canonical.common import Note
from gateway.canonical.judgement import Severity
from gateway.canonical.order import ProductOrder
from gateway.canonical.service_order import ServiceOrder
from gateway.canonical.states import BLOCKED_BY, BlockedBy, OrderState
from gateway.rules.context import Context
from gateway.rules.rule import Problem, rule
from gateway.rules.waiting import who_acts

__all__ = ["the_wrong_one_is_waited_for"]

_S, _CUSTOMER, _PROVIDER = OrderState, BlockedBy.CUSTOMER, BlockedBy.PROVIDER
_WAITING = {_S.PENDING.value: _CUSTOMER, _S.HELD.value: _PROVIDER}

_BLOCKERS = ("blockedby", "waitingfor", "waitsfor", "pendingparty", "actionby", "responsible")
_NAMES = {
    "customer": _CUSTOMER,
    "buyer": _CUSTOMER,
    "subscriber": _CUSTOMER,
    "provider": _PROVIDER,
    "seller": _PROVIDER,
    "partner": _PROVIDER,
    "supplier": _PROVIDER,
}
_REASONS = ("reason", "statereason", "note", "text", "comment", "description", "pendingreason", "holdreason", "message")
_ALERTS = ("jeopardyalert", "errormessage", "note", "notes")
_STATES = frozenset({"state", "orderState"})
_RAW = ("code", "legacystate", "sourcestate", "rawstate", "originalstate", "mefstate")


class _Said(NamedTuple):
    path: str
    who: BlockedBy | None
    words: str


@rule("LIF-006", gate=None, severity=Severity.REJECT, reads=("product_order|service_orders",), since="0.1", level=5)
def the_wrong_one_is_waited_for(ctx: Context) -> Iterator[Problem]:
    """`pending` waits for the customer and `held` for the provider or its partners.

    What it checks: what order, items, service orders and events say of a waiting state (who blocks it, why, the notes
        of it) names the one for whom that state waits; a word of a profile in which the two are the other way round
        (MEF) was translated. Words count only where they clearly say who has to act, and notes only where all agree.
    Why it matters: nobody acts, since each side waits for the other; and the clock of the promise runs wrong.
    Passes: pending, and the note asks the customer for a date.
    Fails: held, because the customer has not signed; MEF's held taken over as held.
    Harmless look-alike: an old note of the customer on an order that waits for a port now; a note that does not say
        for whom; a contract that the customer did sign.
    How to fix: translate the state by whom it waits for, and let that side know.
    """
    order = ctx.order
    if order is not None:
        if order.state in BLOCKED_BY:
            yield from _judge(order.state, "product_order.state", _of_order(order, "product_order"))
        for line in ctx.lines:
            if line.item.state in BLOCKED_BY and line.item.extras:
                yield from _judge(line.item.state, f"{line.path}.state", _members(line.item.extras, line.path))
    for number, built in enumerate(ctx.trace.service_orders or ()):
        path = f"service_orders[{number}]"
        if built.state in BLOCKED_BY:
            yield from _judge(built.state, f"{path}.state", _of_order(built, path))
    for number, entry in enumerate(ctx.trace.history or ()):
        if entry.extras and entry.state in _WAITING:
            path = f"history[{number}]"
            yield from _judge(entry.state, f"{path}.state", _members(entry.extras, path))
            if _is_untranslated(entry.extras, entry.state):
                yield Problem(f"{path}.state", f"{entry.state} is MEF's word, where it waits for the other side")
    yield from _facts(ctx)


def _judge(state: str, path: str, said: Iterator[_Said]) -> Iterator[Problem]:
    """Compare a waiting state with what is said about it; where the voices differ, nothing is certain."""
    voices = [one for one in said if one.who is not None]
    wanted = _WAITING[state]
    if voices and all(one.who is not wanted for one in voices):
        other = voices[-1].who or wanted
        yield Problem(
            path, f"{state} waits for the {wanted}, but the {other} has to act: {voices[-1].words}", (voices[-1].path,)
        )


def _of_order(order: ProductOrder | ServiceOrder, path: str) -> Iterator[_Said]:
    """Whatever an order says about its waiting: members beside its own, notes and alerts."""
    yield from _members(order.extras, path)
    yield from _notes(order.notes, f"{path}.notes")
    yield from _alerts(order, f"{path}.jeopardies")


def _members(extras: Mapping[str, Any], path: str) -> Iterator[_Said]:
    for name, value in extras.items():
        bare = name.lower().replace("_", "")
        if bare in _BLOCKERS and isinstance(value, str):
            yield _Said(f"{path}.{name}", _NAMES.get(value.strip().lower()), value)
        elif bare in _REASONS and isinstance(value, str):
            yield _Said(f"{path}.{name}", who_acts(value), value)
        elif bare in _REASONS and isinstance(value, dict):
            yield from _members(value, f"{path}.{name}")
        elif bare.endswith(_ALERTS) and isinstance(value, list):
            for number, one in enumerate(value):
                yield from _members(one, f"{path}.{name}[{number}]") if isinstance(one, dict) else ()


def _notes(notes: tuple[Note, ...], path: str) -> Iterator[_Said]:
    for number, note in enumerate(notes):
        if note.text:
            yield _Said(f"{path}[{number}].text", who_acts(note.text), note.text)


def _alerts(order: ProductOrder | ServiceOrder, path: str) -> Iterator[_Said]:
    for number, alert in enumerate(order.jeopardies):
        for words in filter(None, (alert.message, alert.exception, alert.name)):
            yield _Said(f"{path}[{number}]", who_acts(words), words)


def _is_untranslated(said: Mapping[str, Any], state: str) -> bool:
    """Whether a state came from MEF's list under the very word that it still has."""
    source = said.get("source")
    vocabulary = source.get("vocabulary", source.get("vocab")) if isinstance(source, dict) else source
    profile = f"{vocabulary or ''} {said.get('vocabulary') or ''} {said.get('profile') or ''}".lower()
    raw = {str(value) for name, value in said.items() if name.lower().replace("_", "") in _RAW}
    return "mef" in profile and state in raw


def _facts(ctx: Context) -> Iterator[Problem]:
    for number, fact in enumerate(ctx.trace.facts if not _STATES.isdisjoint(ctx.members) else ()):
        state = fact.value.get("state", fact.value.get("orderState"))
        if not isinstance(state, str) or state not in _WAITING:
            continue
        path = f"facts[{number}].value"
        yield from _judge(state, f"{path}.state", _members({**fact.value, "reason": fact.reason or ""}, path))
        if _is_untranslated({"vocabulary": fact.source.vocabulary, **fact.value}, state):
            yield Problem(f"{path}.state", f"{state} is MEF's word, where it waits for the other side")
