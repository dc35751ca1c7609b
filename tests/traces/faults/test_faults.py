"""Seeded faults are seen: by the right kind of finding, at the first gate that has the parts, whatever they look like."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

from gateway.canonical.judgement import Severity, Verdict
from gateway.rules.engine import Catalogue

_spec = spec_from_file_location("fault_tables", Path(__file__).with_name("conftest.py"))
tables = module_from_spec(_spec)
_spec.loader.exec_module(tables)

ELSEWHERE = timezone(timedelta(hours=5, minutes=30))


def findings(judgements):
    return [finding for judgement in judgements for finding in judgement.findings]


def stopped_at(judgements):
    return next((one.gate.value for one in judgements if one.verdict is not Verdict.ADVANCE), None)


def test_a_base_has_no_finding(base):
    assert findings(tables.judged(tables.base_document(base))) == []


def test_a_seeded_fault_is_seen_where_it_first_shows(fault):
    judgements = tables.judged(tables.seeded(fault))
    found = findings(judgements)
    if fault.warns:
        assert [one for one in found if one.code in fault.codes and one.gate.value in fault.gates]
        return
    missing = {str(key) for one in judgements for key in one.missing}
    seen = {one.code for one in found if one.severity is not Severity.WARN}
    if fault.all_of_them:
        assert fault.codes <= seen
    else:
        assert fault.codes & seen or fault.missing in missing, found
    assert stopped_at(judgements) in fault.gates, found


def test_each_rule_has_at_least_three_faults():
    counted = Counter(code for fault in tables.tables() for code in [fault.name.partition(":")[0]])
    codes = {rule.code for rule in Catalogue.load().rules}
    assert {code: number for code, number in counted.items() if code in codes and number < 3} == {}


def _everywhere(value: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(value, dict):
        return {name: _everywhere(one, change) for name, one in value.items()}
    if isinstance(value, list):
        return [_everywhere(one, change) for one in value]
    return change(value)


def _elsewhere(value: Any) -> Any:
    """The same instant, as a clock in another zone shows it."""
    if not isinstance(value, str) or "T" not in value:
        return value
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return value
    return value if moment.tzinfo is None else moment.astimezone(ELSEWHERE).isoformat()


def _items_reversed(document: dict[str, Any]) -> dict[str, Any]:
    for name in ("serviceOrders", "appliedCustomerBillingRates", "customerBills", "ledger", "others"):
        if name in document:
            document[name] = document[name][::-1]
    holders = [document.get("productOrder", {}), *document.get("serviceOrders", [])]
    for holder in holders:
        for name in ("productOrderItem", "serviceOrderItem"):
            if name in holder:
                holder[name] = holder[name][::-1]
                holders.extend(holder[name])
    return document


def _facts_reversed(document: dict[str, Any]) -> dict[str, Any]:
    return {**document, "facts": document["facts"][::-1]}


def _extended(value: Any, *, inside: str = "") -> Any:
    """Every object of the wire with a member that nobody knows; quantities, money and the like stay as they are."""
    if isinstance(value, list):
        return [_extended(one, inside=inside) for one in value]
    if not isinstance(value, dict):
        return value
    made = {name: _extended(one, inside=name) for name, one in value.items() if inside != "value"}
    closed = inside == "value" or value.keys() <= {"unit", "value", "amount", "units"}
    return value if closed else {**made, "x-vendor": {"colour": "blue"}}


def _rewritten(document: dict[str, Any]) -> dict[str, Any]:
    return _everywhere(document, _elsewhere)


COSMETICS = {
    "items reversed": _items_reversed,
    "facts reversed": _facts_reversed,
    "unknown members": _extended,
    "another zone": _rewritten,
}


def _told(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for judgement in tables.judged(document):
        yield judgement.gate.value, judgement.verdict.value
        yield from sorted({(one.code, one.severity.value) for one in judgement.findings})
        yield from sorted((str(key), "missing") for key in judgement.missing)


@pytest.mark.parametrize("cosmetic", COSMETICS)
def test_a_base_stays_clean_when_it_only_looks_different(base, cosmetic):
    document = COSMETICS[cosmetic](tables.base_document(base))
    assert findings(tables.judged(document)) == []


def test_a_fault_is_seen_alike_when_it_only_looks_different(fault):
    document = tables.seeded(fault)
    told = list(_told(document))
    for change in COSMETICS.values():
        document = change(document)
    again = list(_told(document))
    if "ORD-016" in fault.codes:  # which of two items of one id is meant depends on which comes first
        assert ("ORD-016", "reject") in again
    else:
        assert again == told
