"""Whether a report says what the reference adapter says of the same order, whatever the ids and names in it."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from contract_tests.measure import lacks, measured, shown
from contract_tests.scenario import Names
from gateway.canonical.bill import AppliedRate, Bill
from gateway.canonical.fact import Fact
from gateway.canonical.lifecycle import LedgerEntry
from gateway.ports.adapter import Report

__all__ = ["disagreements", "key_of", "members_of", "projection"]

_UNNUMBERED = "bill"
_NONE = Decimal(0)  # a system that taxes nothing need not name a tax


def key_of(fact: Fact) -> str:
    """Return `predicate subject`; a bill has no number here, as each system gives its own."""
    subject = _UNNUMBERED if fact.subject.startswith(f"{_UNNUMBERED}:") else fact.subject
    return f"{fact.predicate} {subject}"


def disagreements(
    where: str, expected: Mapping[str, Any], report: Report, excused: Sequence[str] = ()
) -> Iterator[str]:
    """Yield what a report leaves out, says otherwise, or says beyond what is expected.

    `excused` are predicates that the target declares not to state, or to state beyond the others, and single members.
    """
    yield from _facts(where, expected.get("facts") or {}, report.facts, excused)
    lines = {
        "rates": [_rate(one) for one in report.rates],
        "bills": [_bill(one) for one in report.bills],
        "ledger": [_posting(one) for one in report.ledger],
    }
    for kind, said in lines.items():
        yield from _lines(f"{where}: {kind}", expected.get(kind) or (), said)
    for kind, records in (expected.get("knows") or {}).items():
        known = getattr(report.reference, kind, None) if report.reference else None
        yield from _records(f"{where}: {kind}", [_without(kind, one, excused) for one in records], known)


def members_of(expected: Mapping[str, Any]) -> Iterator[str]:
    """Yield what can be excused of what is expected: `PREDICATE.MEMBER` of facts, `KIND.MEMBER` of records."""
    for key, want in (expected.get("facts") or {}).items():
        yield from (
            f"{key.split(' ', 1)[0]}.{name}" for part in ("value", "has") for name in (want or {}).get(part) or ()
        )
    for kind, records in (expected.get("knows") or {}).items():
        yield from (f"{kind}.{name}" for record in records for name in record)


def projection(report: Report, expected: Mapping[str, Any], names: Names, excused: Sequence[str] = ()) -> Any:
    """Return what a report says of what is expected, in the scenario's words: two targets' can be compared."""
    said: dict[str, Any] = {}
    facts = expected.get("facts") or {}
    for fact in report.facts:
        key = key_of(fact)
        wanted = _without(fact.predicate, (facts.get(key) or {}).get("value") or {}, excused)
        value = {name: measured(names.here(fact.value[name])) for name in wanted if name in fact.value}
        said.setdefault(key, {}).update(value)
    said["rates"] = sorted(str(measured(names.here(_rate(one)))) for one in report.rates)
    said["bills"] = sorted(str(measured(names.here(_bill(one)))) for one in report.bills)
    said["ledger"] = sorted(str(measured(names.here(_posting(one)))) for one in report.ledger)
    said["refusals"] = sorted(one.subject for one in report.refusals)
    return said


def _facts(where: str, wanted: Mapping[str, Any], facts: Sequence[Fact], excused: Sequence[str]) -> Iterator[str]:
    by_key: dict[str, list[Fact]] = {}
    for fact in facts:
        by_key.setdefault(key_of(fact), []).append(fact)
    for key in by_key.keys() - wanted.keys():
        if key.split(" ", 1)[0] not in excused:
            yield f"{where}: {key} is stated, and the reference does not state it"
    for key, want in wanted.items():
        if key not in by_key:
            if key.split(" ", 1)[0] not in excused:
                yield f"{where}: {key} is not stated"
            continue
        yield from _one(f"{where}: {key}", want or {}, by_key[key], excused)


def _without(owner: str, members: Mapping[str, Any], excused: Sequence[str]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if f"{owner}.{name}" not in excused}


def _one(where: str, want: Mapping[str, Any], facts: Sequence[Fact], excused: Sequence[str]) -> Iterator[str]:
    owner = facts[0].predicate
    value = _without(owner, want.get("value") or {}, excused)
    has = _without(owner, dict.fromkeys(want.get("has") or ()), excused)
    together: dict[str, Any] = {}
    for fact in facts:
        together |= fact.value
        said = {name: one for name, one in value.items() if name in fact.value}
        for lack in lacks(said, fact.value):
            yield f"{where}: {lack} (says {fact.source.system})"
    for name in (*value, *has):
        if together.get(name) in (None, "", [], ()):
            yield f"{where}: {name} is not said" + (f"; wanted {shown(value[name])}" if name in value else "")
    least = int(want.get("evidence") or 0)
    if max(len(fact.evidence) for fact in facts) < least:
        yield f"{where}: no evidence is named"


def _rate(one: AppliedRate) -> dict[str, Any]:
    return {
        "item": one.item_id,
        "type": one.type,
        "net": one.net,
        "gross": one.gross,
        "tax": one.taxes[0].rate if one.taxes else _NONE if one.net and one.net == one.gross else None,
        "account": one.billing_account.id if one.billing_account else None,
    }


def _bill(one: Bill) -> dict[str, Any]:
    account = one.billing_account.id if one.billing_account else None
    return {"account": account, "net": one.net, "gross": one.gross, "state": one.state.value if one.state else None}


def _posting(one: LedgerEntry) -> dict[str, Any]:
    return {"account": one.account, "amount": one.amount}


def _lines(where: str, wanted: Sequence[Mapping[str, Any]], said: list[dict[str, Any]]) -> Iterator[str]:
    left = list(said)
    unmet = []
    for asked in wanted:
        line = {name: str(value) if name == "item" else value for name, value in asked.items()}
        found = next((one for one in left if not lacks(line, one)), None)
        if found is None:
            unmet.append(line)
        else:
            left.remove(found)
    for line in unmet:
        nearest = min(left, key=lambda one: len(lacks(line, one)), default=None)
        if nearest is None:
            yield f"{where}: there is none with {_text(line)}"
        else:
            left.remove(nearest)
            yield f"{where}: {'; '.join(lacks(line, nearest))}"
    for line in left:
        yield f"{where}: one too many, with {_text(line)}"


def _text(line: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {shown(value)}" for name, value in line.items() if value is not None)


def _records(where: str, wanted: Sequence[Mapping[str, Any]], known: Any) -> Iterator[str]:
    if known is None:
        yield f"{where}: nothing is said of what it knows"
        return
    by_id = {record.id: record.model_dump() for record in known}
    if not wanted and by_id:
        yield f"{where}: {', '.join(by_id)} is said to be known, and nobody knows it"
    for record in wanted:
        if record["id"] not in by_id:
            yield f"{where}: {record['id']} is not known"
        else:
            yield from (f"{where}: {record['id']}: {lack}" for lack in lacks(record, by_id[record["id"]]))
