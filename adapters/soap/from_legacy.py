"""From the parts of an answer to facts, as the mapping says. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from adapters.sdk.facts import Speaker, digest
from adapters.sdk.services import outcome_predicate, rate_value
from adapters.sdk.xml import Fault
from adapters.soap.mapping import Shown
from adapters.soap.words import Words
from gateway.canonical.fact import Assurance, Evidence, Fact
from gateway.canonical.service_order import ServiceOrderItem
from gateway.canonical.states import ItemAction, ServiceState

__all__ = ["facts_of", "measured_facts", "only", "rows_of"]

_Row = Mapping[str, Any]


def rows_of(answer: Any, part: str) -> list[_Row]:
    """Return what an answer holds in a part: none, one or several. zeep leaves out the name of a part that is alone."""
    found = answer.get(part, answer) if isinstance(answer, dict) else answer
    rows = found if isinstance(found, list) else [found]
    return [row for row in rows if isinstance(row, dict) and row]


def facts_of(  # noqa: PLR0913 - a row, and what it is read with
    speaker: Speaker, item: ServiceOrderItem, row: _Row, shown: Shown, words: Words, *, resumes: bool
) -> Iterator[Fact]:
    """Yield what the system says of an item's service. Raises UnknownCode, Unreadable."""
    state = words.states.translate(row.get(shown.state))
    at = words.instant(row.get(shown.at))
    value = _values(row, shown, words)
    predicate = outcome_predicate(state, resumes=resumes)
    yield speaker.says(predicate, item.subject, value, at=at, valid_from=at, answer=dict(row))
    address = row.get(shown.ipv4) if shown.ipv4 else None
    resources = {"ipv4": [address]} if address else {}
    if item.action is ItemAction.ADD and resources:
        yield speaker.says("resource.assigned", item.subject, resources, at=at, answer=dict(row))
    if state == ServiceState.TERMINATED:
        yield speaker.says("resource.released", item.subject, resources, at=at, answer=dict(row))


def measured_facts(  # noqa: PLR0913 - the same
    speaker: Speaker, item: ServiceOrderItem, row: _Row, shown: Shown, words: Words, *, resumes: bool
) -> Iterator[Fact]:
    """Yield what was measured, as verified. Raises UnknownCode, Unreadable."""
    state = words.states.translate(row.get(shown.state))
    at = words.instant(row.get(shown.at))
    evidence = Evidence(kind="probe", ref=str(row.get(shown.id)), sha256=digest(dict(row)).removeprefix("sha256:"))
    yield speaker.says(
        outcome_predicate(state, resumes=resumes),
        item.subject,
        _values(row, shown, words),
        at=at,
        valid_from=at,
        answer=dict(row),
        evidence=(evidence,),
        assurance=Assurance.VERIFIED,
    )


def only(rows: list[_Row], part: str) -> _Row:
    """Return the only row. Raises Fault where an answer holds none, which says that nothing was done."""
    if not rows:
        raise Fault("Server.Empty", f"the answer holds no {part}")
    return rows[0]


def _values(row: _Row, shown: Shown, words: Words) -> dict[str, Any]:
    values: dict[str, Any] = {
        name: rate_value(words.rate(row[rate.value], row.get(rate.unit)))
        for name, rate in shown.rates.items()
        if row.get(rate.value) is not None
    }
    address = row.get(shown.ipv4) if shown.ipv4 else None
    return values | ({"ipv4": [address]} if address else {})
