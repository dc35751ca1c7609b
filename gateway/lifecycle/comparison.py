"""Comparing an order as delivered with what the systems say now: drifts, scores and sums. Pure.

The rules judge wherever they can: the order's trace with what is said now in place of what was said then, and whatever
is found that was not found before is a drift, under the rule's own code. Only what is not there any more is compared
here.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import orjson

from gateway.canonical.bill import AppliedRate
from gateway.canonical.drift import Drift, PredicateScore
from gateway.canonical.fact import Fact
from gateway.canonical.judgement import Finding, Gate, Severity
from gateway.canonical.lifecycle import Trace
from gateway.canonical.money import Money
from gateway.canonical.order import ProductOrderItem
from gateway.canonical.quantity import UnknownUnit, read_quantity
from gateway.canonical.states import ItemAction, OrderState
from gateway.lifecycle.agreement import REDUCTIONS, minor_sums, prices_of
from gateway.lifecycle.delivered import OUTCOMES, Delivered, Observed
from gateway.rules.engine import Catalogue, judge_all

__all__ = ["CHARGE", "DELIVERY", "Comparison", "compare_charges", "compare_services", "unread_scores"]

DELIVERY, CHARGE = "delivery", "charge"
"""The two aspects of an order that are read back."""

_FIRST = (
    *("ACT-006", "BIL-010", "BIL-009", "BIL-004", "BIL-008", "BIL-001", "BIL-003", "BIL-007", "BIL-005", "BIL-006"),
    *("IDN-003", "IDN-002", "AGR-001"),
)
"""Of several rules that one difference breaks, the one that says most plainly what it is."""

_WHOLE = "productOrder"
_RATE = re.compile(r"rates\[(\d+)\]")
_FACT = re.compile(r"facts\[(\d+)\]")
_ITEM = re.compile(r"product_order((?:\.items\[\d+\])+)")
_STATE_OF_STATUS = {"active": "active", "suspended": "inactive", "terminated": "terminated"}
"""Product status → the state of its service."""

_MONEY_OF_RATE = frozenset({"BIL-001", "BIL-003", "BIL-004", "BIL-009", "BIL-010"})


class Comparison(NamedTuple):
    """What one aspect came to. `sums` are in minor units by currency."""

    drifts: tuple[Drift, ...]
    scores: tuple[PredicateScore, ...]
    sums: dict[str, int]


def compare_services(case: Delivered, seen: Observed, catalogue: Catalogue, run: str) -> Comparison:
    """Compare what runs with what was delivered."""
    then, now = _delivered_states(case, seen.adapter), _states(seen.facts)
    drifts: list[Drift] = []
    alike: set[str] = set()
    for item in case.items:
        was, is_now = then.get(item.subject, set()), now.get(item.subject, set())
        if is_now == was:
            alike.add(item.subject)
            continue
        drift = _state_drift(case, item, seen, (was, is_now), run)
        if drift is not None:
            drifts.append(drift)
    trace = case.trace_with_services(seen)
    is_news = _statements(case.said_by(seen.adapter)) != _statements(seen.facts)
    for subject, findings in _by_item(_new(case, trace, catalogue) if is_news else [], trace).items():
        if subject in alike or (subject == _WHOLE and not drifts):
            money = minor_sums(
                one for item in case.items if subject in {item.subject, _WHOLE} for one in prices_of(item, case.terms)
            )
            drifts.append(_drift(case, seen.adapter, DELIVERY, subject, findings, money, run))
    running = (one for one in case.items if not then.get(one.subject) or "active" in now.get(one.subject, set()))
    delivered = minor_sums(
        money
        for item in running
        if item.state is OrderState.COMPLETED and item.action in {ItemAction.ADD, ItemAction.MODIFY}
        for money in prices_of(item, case.terms)
    )
    return Comparison(tuple(drifts), tuple(_service_scores(case, seen, then, now)), delivered)


def compare_charges(case: Delivered, seen: Observed, catalogue: Catalogue, run: str) -> Comparison:
    """Compare what is charged with what was charged when the order was closed."""
    recorded = {rate.id: rate for rate in case.charged()}
    present = {rate.id: rate for rate in seen.rates}
    drifts: list[Drift] = []
    for item in case.items:
        gone = [
            rate
            for rate in recorded.values()
            if rate.item_id == item.id and rate.id not in present and rate.type not in REDUCTIONS
        ]
        if gone:
            drifts.append(_vanished(case, seen.adapter, item, gone, run))
    missed = {drift.subject for drift in drifts}
    if missed:
        missed.add(_WHOLE)  # a bill without its lines follows from the charges that are gone
    trace = case.trace_with_charges(seen)
    is_news = _plain(recorded) != _plain(present)
    for subject, findings in _by_item(_new(case, trace, catalogue) if is_news else [], trace).items():
        if subject not in missed:
            money = _charge_money(findings[0], trace, recorded)
            drifts.append(_drift(case, seen.adapter, CHARGE, subject, findings, money, run))
    billed = minor_sums(rate.net for rate in seen.rates if rate.net is not None and rate.type not in REDUCTIONS)
    return Comparison(tuple(drifts), tuple(_charge_scores(recorded, present)), billed)


def unread_scores(case: Delivered, read: Iterable[str]) -> tuple[PredicateScore, ...]:
    """Return what was stated by others than the adapters that were read: it cannot be compared."""
    names = set(read)
    counts: dict[str, int] = {}
    for fact in case.facts:
        name = (fact.source.adapter or "").partition("@")[0]
        if name and name not in names and fact.subject in case.subjects:
            counts[fact.predicate] = counts.get(fact.predicate, 0) + len(fact.value)
    return tuple(PredicateScore(predicate=name, statements=count) for name, count in counts.items())


# -- drifts ------------------------------------------------------------------------------------------------------------


def _state_drift(
    case: Delivered, item: ProductOrderItem, seen: Observed, states: tuple[set[str], set[str]], run: str
) -> Drift | None:
    was, is_now = states
    if not was or (was == {"terminated"} and not is_now):
        return None  # nothing was said of it then, or what was ended is not there any more
    said = [fact for fact in seen.facts if fact.subject == item.subject and fact.predicate in OUTCOMES]
    since = max((fact.valid_from for fact in said if fact.valid_from), default=None)
    grace_seconds = case.trace().policy.grace_minutes * 60
    if since is not None and (case.now - since).total_seconds() <= grace_seconds:
        return None  # a change that others may not have heard of yet
    money = minor_sums(prices_of(item, case.terms))
    if "active" in was and (not is_now or is_now == {"terminated"}):
        finding = _finding(
            "ACT-011",
            f"item {item.id}: {seen.adapter} has no service that runs for product {_product(item)}",
            "provision the service again, or cease the product and its charges",
        )
    else:
        finding = _finding(
            "AGR-001",
            f"item {item.id} was delivered {_words(was)}, {seen.adapter} says {_words(is_now)}"
            + (f" since {since.isoformat()}" if since else ""),
            "find out which is right; mend it in the network, or send an order that says so",
        )
    return _drift(case, seen.adapter, DELIVERY, item.subject, [finding], money, run)


def _vanished(case: Delivered, system: str, item: ProductOrderItem, gone: list[AppliedRate], run: str) -> Drift:
    finding = _finding(
        "BIL-002",
        f"item {item.id} runs, and {system} no longer has {len(gone)} of its charges",
        "create the charge again from the day on which it ended there",
    )
    money = minor_sums(rate.net for rate in gone if rate.net is not None)
    return _drift(case, system, CHARGE, item.subject, [finding], money, run)


def _finding(code: str, reason: str, fix: str) -> Finding:
    gate = Gate.ACTIVATION_TO_BILLING
    return Finding(code=code, severity=Severity.HOLD, gate=gate, path="", reason=reason, fix=fix)


def _drift(  # noqa: PLR0913, PLR0917 - a drift in its parts
    case: Delivered,
    system: str,
    aspect: str,
    subject: str,
    findings: list[Finding],
    money: dict[str, int],
    run: str,
) -> Drift:
    first = findings[0]
    return Drift(
        code=first.code,
        severity=first.severity,
        system=system,
        aspect=aspect,
        subject=subject,
        reason=first.reason,
        fix=first.fix,
        order_id=case.order.id,
        path=first.path,
        also=tuple(dict.fromkeys(one.code for one in findings[1:] if one.code != first.code)),
        money=money,
        opened_at=case.now,
        seen_at=case.now,
        run=run,
    )


def _statements(facts: Iterable[Fact]) -> set[tuple[object, ...]]:
    """Return what facts say of services, apart from when it was said."""
    return {
        (fact.key, fact.source.system, orjson.dumps(fact.value, option=orjson.OPT_SORT_KEYS), fact.valid_from)
        for fact in facts
        if fact.predicate.startswith(("service.", "resource.assigned"))
    }


def _plain(rates: dict[str, AppliedRate]) -> dict[str, AppliedRate]:
    return {name: rate.model_copy(update={"revision": 0}) for name, rate in rates.items()}


def _new(case: Delivered, trace: Trace, catalogue: Catalogue) -> list[Finding]:
    """Return what the rules find now and did not find of the order as it was delivered."""
    before = {(one.code, one.reason) for one in _findings(case.trace(), catalogue)}
    return [one for one in _findings(trace, catalogue) if (one.code, one.reason) not in before]


def _findings(trace: Trace, catalogue: Catalogue) -> Iterator[Finding]:
    for judgement in judge_all(trace, catalogue):
        yield from (one for one in judgement.findings if one.severity is not Severity.WARN)


def _by_item(findings: list[Finding], trace: Trace) -> dict[str, list[Finding]]:
    """Return findings by the item that they are about, the plainest first."""
    found: dict[str, list[Finding]] = {}
    order = {code: place for place, code in enumerate(_FIRST)}
    for one in sorted(findings, key=lambda one: (order.get(one.code, len(order)), one.code, one.path)):
        found.setdefault(_subject(one, trace), []).append(one)
    if len(found) > 1 and _WHOLE in found:  # what is said of the order as a whole follows from one of its items
        whole = found.pop(_WHOLE)
        next(iter(found.values())).extend(whole)
    return found


def _subject(finding: Finding, trace: Trace) -> str:
    for path in (finding.path, *finding.related):
        if (match := _FACT.match(path)) is not None and trace.facts[int(match[1])].subject.startswith("item:"):
            return trace.facts[int(match[1])].subject
        if (match := _RATE.match(path)) is not None and (item := (trace.rates or ())[int(match[1])].item_id):
            return f"item:{item}"
        if (match := _ITEM.match(path)) is not None:
            found: Any = trace.product_order
            for number in re.findall(r"\d+", match[1]):
                found = found.items[int(number)]
            return str(found.subject)
    return _WHOLE


def _charge_money(finding: Finding, trace: Trace, recorded: dict[str, AppliedRate]) -> dict[str, int]:
    match = _RATE.match(finding.path)
    rate = (trace.rates or ())[int(match[1])] if match else None
    if rate is None or rate.net is None:
        return {}
    before = recorded.get(rate.id)
    if finding.code in _MONEY_OF_RATE or before is None or before.net is None:
        return minor_sums([rate.net])
    if before.net.currency != rate.net.currency:
        return minor_sums([rate.net])
    return minor_sums([Money(amount=abs(rate.net.amount - before.net.amount), currency=rate.net.currency)])


# -- scores ------------------------------------------------------------------------------------------------------------


def _delivered_states(case: Delivered, adapter: str) -> dict[str, set[str]]:
    """Return the state in which each service was handed over: that of its product, else what was said of it."""
    said = _states(case.said_by(adapter))
    for item in case.items:
        state = _STATE_OF_STATUS.get(str(item.product.status)) if item.product is not None else None
        if state is not None and item.subject in said:
            said[item.subject] = {state}
    return said


def _states(facts: Iterable[Fact]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for fact in facts:
        if fact.predicate in OUTCOMES:
            found.setdefault(fact.subject, set()).add(OUTCOMES[fact.predicate])
    return found


def _service_scores(
    case: Delivered, seen: Observed, then: dict[str, set[str]], now: dict[str, set[str]]
) -> Iterator[PredicateScore]:
    for subject, states in then.items():
        agrees = int(now.get(subject, set()) == states)
        yield PredicateScore(predicate="service.state", statements=1, comparable=1, agreeing=agrees)
    fresh = {(fact.key, fact.source.system): fact.value for fact in seen.facts}
    for fact in case.said_by(seen.adapter):
        value = fresh.get((fact.key, fact.source.system))
        known = {} if value is None else {name: value[name] for name in fact.value if name in value}
        agreeing = sum(_equal(fact.value[name], one) for name, one in known.items())
        yield PredicateScore(
            predicate=fact.predicate, statements=len(fact.value), comparable=len(known), agreeing=agreeing
        )


def _charge_scores(recorded: dict[str, AppliedRate], present: dict[str, AppliedRate]) -> Iterator[PredicateScore]:
    for rate in recorded.values():
        now = present.get(rate.id)
        pairs = {
            "charge.running": (True, now is not None),
            "charge.net": (rate.net, now.net if now else None),
            "charge.gross": (rate.gross, now.gross if now else None),
            "charge.account": (rate.billing_account, now.billing_account if now else None),
            "charge.period": (rate.period_cover, now.period_cover if now else None),
        }
        for name, (mine, theirs) in pairs.items():
            comparable = int(name == "charge.running" or now is not None)
            agreeing = int(comparable and mine == theirs)
            yield PredicateScore(predicate=name, statements=1, comparable=comparable, agreeing=agreeing)


def _equal(one: Any, other: Any) -> bool:
    if one == other:
        return True
    try:
        mine, theirs = read_quantity(one), read_quantity(other)
    except UnknownUnit:
        return False
    return mine is not None and theirs is not None and (mine.dimension, mine.base) == (theirs.dimension, theirs.base)


def _product(item: ProductOrderItem) -> str:
    return (item.product.id if item.product else None) or f"of item {item.id}"


def _words(states: set[str]) -> str:
    return " and ".join(sorted(states)) or "nothing"
