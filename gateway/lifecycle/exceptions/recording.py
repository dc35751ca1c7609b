"""From a hold or a refusal to exceptions: one for each fingerprint among what was found and what is missing. Pure."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any, NamedTuple

from gateway.canonical.exceptions import Case, FaultClass, Origin, Signature
from gateway.canonical.fact import FactKey
from gateway.canonical.ids import new_id
from gateway.canonical.judgement import Finding, Gate, Hold, Severity
from gateway.canonical.order import ProductOrder, ProductOrderItem
from gateway.canonical.reference import Reference
from gateway.canonical.service_order import ServiceOrder
from gateway.canonical.states import BlockedBy
from gateway.lifecycle.exceptions.classes import FAULTS, class_of
from gateway.lifecycle.exceptions.stake import family_of, monthly_of
from gateway.lifecycle.exceptions.values import missing, refused, unknown_code, value_class
from gateway.lifecycle.terms import Terms
from gateway.ports.repository import Closed
from gateway.rules.catalogue import Catalogue
from gateway.rules.paths import PREDICATE_GATE

__all__ = [
    "MISSING",
    "REFUSED",
    "Ended",
    "Subject",
    "cases_of",
    "difference",
    "normal_path",
    "refusal_cases",
    "refused_cases",
]

MISSING = "MISSING"
"""What stands in the place of a rule's code where a fact is absent."""

REFUSED = "refused"
"""What stands there where a legacy system refused an item."""

_INDEX = re.compile(r"\[\d+\]")
_NAMED = re.compile(r"^(item|bill):.+$")
_ITEM = re.compile(r"(product_order|service_orders\[(\d+)\])\.items\[(\d+)\]((?:\.items\[\d+\])*)")


class Ended(NamedTuple):
    """Why and when a step released what it released."""

    cause: str
    at: datetime


class Subject(NamedTuple):
    """The order that an exception is about, as far as it is known."""

    order_id: str
    order: ProductOrder | None
    service_orders: Sequence[ServiceOrder]
    reference: Reference
    terms: Terms | None


def cases_of(subject: Subject, hold: Hold) -> tuple[Case, ...]:
    """Return the exceptions that a hold is. What only warns is none."""
    origin = Origin.FAULT if any(finding.code in FAULTS for finding in hold.findings) else Origin.HOLD
    found = _cases(
        subject, hold.gate, hold.checkpoint, hold.since, hold.missing, hold.findings, origin, blocked_by=hold.blocked_by
    )
    return tuple(found)


def refused_cases(subject: Subject, gate: Gate, findings: Iterable[Finding], now: datetime) -> tuple[Case, ...]:
    """Return the exceptions of an order that was refused at the door: they are over as soon as they are said."""
    cases = _cases(subject, gate, "door", now, (), findings, Origin.REJECT, blocked_by=BlockedBy.CUSTOMER)
    return tuple(case.model_copy(update={"closed_at": now, "cause": "refused: the sender was told"}) for case in cases)


def refusal_cases(subject: Subject, hold: Hold) -> tuple[Case, ...]:
    """Return the exceptions of items that a legacy system refused: they failed, and nothing waits for them."""
    ended = {"closed_at": hold.since, "cause": "the item failed", "origin": Origin.FAULT}
    return tuple(case.model_copy(update=ended) for case in cases_of(subject, hold))


def difference(
    order_id: str, before: Iterable[Hold], after: Iterable[Hold], described: Iterable[Case], ended: Ended
) -> tuple[tuple[Case, ...], tuple[Closed, ...]]:
    """Return what one step opens and what it closes.

    An order that is judged anew and found as before keeps its exceptions: they are as old as they were. Where it now
    waits for somebody else, they close and open again, since another clock runs.
    """
    old = {print_: hold.blocked_by for hold in before for print_ in hold.fingerprints}
    new = {print_: hold.blocked_by for hold in after for print_ in hold.fingerprints}
    # The last word on a fingerprint counts: a step may judge several gates.
    known = {case.fingerprint: case for case in described}
    opened = tuple(known[print_] for print_, owner in new.items() if old.get(print_) is not owner)
    closed = tuple(
        Closed(order_id, print_, ended.cause, ended.at) for print_, owner in old.items() if new.get(print_) is not owner
    )
    return opened, closed


def normal_path(path: str) -> str:
    """Return a path without what differs from order to order: indices are `*`, and so are ids of items and bills."""
    return _NAMED.sub(r"\1:*", _INDEX.sub("[*]", path))


def _cases(  # noqa: PLR0913, PLR0917 - a hold in its parts
    subject: Subject,
    gate: Gate,
    checkpoint: str,
    now: datetime,
    lacking: Iterable[FactKey],
    findings: Iterable[Finding],
    origin: Origin,
    *,
    blocked_by: BlockedBy,
) -> Iterator[Case]:
    told: set[str] = set()
    monthly = _monthly(subject)
    described = [_of_missing(subject, gate, key) for key in lacking]
    described += [_of_finding(subject, gate, one) for one in findings if one.severity is not Severity.WARN]
    for one in described:
        fingerprint = one.signature.fingerprint
        if fingerprint in told:
            continue
        told.add(fingerprint)
        yield Case(
            id=new_id(),
            order_id=subject.order_id,
            fingerprint=fingerprint,
            signature=one.signature,
            fault_class=one.fault_class,
            origin=origin,
            checkpoint=checkpoint,
            opened_at=now,
            blocked_by=blocked_by,
            reason=one.reason,
            known_at=one.known_at,
            adapter=one.adapter,
            vocabulary=one.vocabulary,
            release=_release(),
            monthly=monthly,
        )


class _Described(NamedTuple):
    signature: Signature
    fault_class: FaultClass
    reason: str
    known_at: Gate
    adapter: str = ""
    vocabulary: str = ""


def _of_missing(subject: Subject, gate: Gate, key: FactKey) -> _Described:
    signature = Signature(
        rule=f"{MISSING}@1",
        gate=gate,
        path=normal_path(key.subject),
        value=missing(key.predicate),
        family=_family(subject, (key.subject,)),
    )
    known = PREDICATE_GATE.get(key.predicate, gate)
    return _Described(signature, FaultClass.MISSING_FACT, f"{key} is missing", known)


def _of_finding(subject: Subject, gate: Gate, finding: Finding) -> _Described:
    source, fault_class = finding.source, class_of(finding)
    vocabulary = (source.vocabulary or "") if source else ""
    unknown = fault_class is FaultClass.UNKNOWN_VOCABULARY and finding.observed is not None
    paths = (finding.subject or "", finding.path, *finding.related)
    signature = Signature(
        rule=f"{finding.code}@{_version(finding.code)}",
        gate=gate,
        system=source.system if source else "",
        path=normal_path(finding.path),
        vocabulary=" ".join(name.partition("@")[0] for name in vocabulary.split()),
        value=_value(finding, is_unknown=unknown),
        # A code that a table lacks is lacking for everything that is sold.
        family="" if unknown else _family(subject, paths),
    )
    adapter = (source.adapter or "") if source else ""
    return _Described(signature, fault_class, finding.reason, finding.known_at or gate, adapter, vocabulary)


def _version(code: str) -> int:
    """Return the version of a built-in rule: one that came to mean something else begins new groups."""
    rule = Catalogue.load().rule(code)
    return rule.version if rule is not None else 1


def _value(finding: Finding, *, is_unknown: bool) -> str:
    if finding.observed is not None and (is_unknown or finding.code == REFUSED):
        return (unknown_code if is_unknown else refused)(finding.observed)
    return value_class(finding.observed, finding.expected, finding.reason)


def _family(subject: Subject, paths: Iterable[str]) -> str:
    if subject.terms is None:
        return ""
    for path in paths:
        item = _item(subject, path)
        if item is not None:
            return family_of(subject.terms.offering_of(item, subject.reference), subject.terms)
    return ""


def _item(subject: Subject, path: str) -> ProductOrderItem | None:
    """Return the product order item that a subject or a path leads to, or None."""
    if subject.order is None:
        return None
    if path.startswith("item:"):
        return subject.order.item(path.removeprefix("item:"))
    found = _ITEM.match(path)
    if found is None:
        return None
    steps = [int(step) for step in re.findall(r"\d+", f"{found[3]} {found[4]}")]
    if found[2] is None:
        item: ProductOrderItem | None = _walk(subject.order.items, steps)
        return item
    if int(found[2]) >= len(subject.service_orders):
        return None
    service_item = _walk(subject.service_orders[int(found[2])].items, steps)
    product_item = service_item.product_item_id if service_item is not None else None
    return subject.order.item(product_item) if product_item else None


def _walk(items: Sequence[Any], steps: Sequence[int]) -> Any:
    found = None
    for step in steps:
        if step >= len(items):
            return None
        found = items[step]
        items = found.items
    return found


def _monthly(subject: Subject) -> dict[str, int]:
    if subject.order is None or subject.terms is None:
        return {}
    return monthly_of(subject.order, subject.reference, subject.terms)


@cache
def _release() -> str:
    try:
        return version("tmf-gateway")
    except PackageNotFoundError:
        return ""
