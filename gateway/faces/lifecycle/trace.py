"""The trace document: all that is known of one order's life in one piece of JSON, and what the gates say of it."""

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, datetime
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any, TypeVar

import orjson

from gateway.canonical.base import Extended
from gateway.canonical.bill import AppliedRate
from gateway.canonical.common import ExternalReference
from gateway.canonical.judgement import Judgement, Severity
from gateway.canonical.lifecycle import Trace, Unread
from gateway.canonical.order import ProductOrder
from gateway.canonical.reference import Policy, Reference
from gateway.canonical.service_order import ServiceOrder
from gateway.faces.lifecycle.linking import with_product_items
from gateway.faces.lifecycle.parts import TraceProblem, read_instant, read_list, read_object
from gateway.faces.lifecycle.reading import read_fact, read_history, read_ledger, read_policy
from gateway.faces.lifecycle.reference import read_reference
from gateway.faces.lifecycle.resources import read_rate_type, read_resource
from gateway.faces.lifecycle.wire import fact_to_wire, finding_to_wire
from gateway.faces.lifecycle.wires import DEFAULT, WIRES
from gateway.faces.shape import Shape
from gateway.rules.engine import Catalogue

__all__ = ["TraceProblem", "answer_of", "trace_from_wire"]

MAX_DEPTH = 100
"""How deep a trace may be nested."""

LARGEST = 10**15
"""The largest number that is read: beyond, sums in floating point are no longer exact to the minor unit."""

_NUMBERS = frozenset({"amount", "percentage", "taxRate"})
"""Members that hold a number, which some write as text."""

M = TypeVar("M", bound=Extended)


def trace_from_wire(document: Any) -> Trace:
    """Return the trace that a document says. A part that is absent stays None. Raises TraceProblem, nothing else."""
    said = read_object(document, "")
    _check_numbers(said)
    _check_text(said)
    trace = _trace(said, "")
    _check_moments(trace)
    return trace


def answer_of(
    judgements: Sequence[Judgement], trace: Trace | None = None, catalogue: Catalogue | None = None
) -> dict[str, Any]:
    """Return what the gates say, in the names of the trace document.

    `contextHash` is over the facts of `trace`, whatever their order; without a trace there is none. `catalogue`
    is the one that judged; the built-in one by default.
    """
    answer: dict[str, Any] = {
        "gates": [
            {
                "gate": one.gate.value,
                "verdict": one.verdict.value,
                "missing": [str(key) for key in one.missing],
                "failed": list(dict.fromkeys(f.code for f in one.findings if f.severity is not Severity.WARN)),
            }
            for one in judgements
        ],
        "findings": [finding_to_wire(finding, trace) for one in judgements for finding in one.findings],
        "level": f"L{_level(judgements, catalogue or Catalogue.load())}",
    }
    tried = [finding_to_wire(finding, trace) for one in judgements for finding in one.dry_run]
    if tried:
        answer["dryRun"] = tried
    if judgements and judgements[0].rule_set:
        answer["ruleSet"] = judgements[0].rule_set
    if trace is not None:
        answer["contextHash"] = _context_hash(trace)
    return answer


def _trace(said: dict[str, Any], at: str) -> Trace:
    version = said.get("version", DEFAULT)
    wires = WIRES.get(version) if isinstance(version, str) else None
    if wires is None:
        raise TraceProblem(f"{at}version", f"is not one of {', '.join(WIRES)}")
    if "now" not in said:
        raise TraceProblem(f"{at}now", "is missing")
    zone = said.get("zone", "UTC")
    if not isinstance(zone, str):
        raise TraceProblem(f"{at}zone", "is no text")
    unread: list[Unread] = []
    several = _Several(said, at, unread)
    order = None
    if "productOrder" in said:
        order = read_resource(wires.product_order, said["productOrder"], f"{at}productOrder", "product_order", unread)
        _within_reach(order.order_date, f"{at}productOrder.{'.'.join(wires.product_order.said_at('order_date'))}")
    services = several.read("serviceOrders", "service_orders", wires.service_order)
    rates = several.read("appliedCustomerBillingRates", "rates", wires.rate)
    if rates is not None:
        rates = tuple(read_rate_type(rate, f"rates[{number}]", unread) for number, rate in enumerate(rates))
    now = read_instant(said["now"], f"{at}now")
    _within_reach(now, f"{at}now")
    around = {"now": said["now"], "version": version}
    return Trace(
        version=version,
        now=now,
        zone=zone,
        reference=read_reference(said["reference"], f"{at}reference") if "reference" in said else Reference(),
        product_order=order,
        service_orders=None if services is None else tuple(_linked(with_product_items(one), order) for one in services),
        facts=_part(said, "facts", read_fact, at) or (),
        history=_part(said, "history", read_history, at),
        rates=None if rates is None else _charging(rates, order),
        bills=several.read("customerBills", "bills", wires.bill),
        ledger=_part(said, "ledger", read_ledger, at),
        others=_part(said, "others", partial(_other, around=around), at) or (),
        policy=read_policy(said["policy"], f"{at}policy") if "policy" in said else Policy(),
        unread=tuple(unread),
        extras={name: value for name, value in said.items() if name not in _PARTS},
    )


_PARTS = frozenset(
    {
        "version",
        "now",
        "zone",
        "reference",
        "productOrder",
        "serviceOrders",
        "facts",
        "history",
        "appliedCustomerBillingRates",
        "customerBills",
        "ledger",
        "others",
        "policy",
    }
)


@dataclass(frozen=True, slots=True)
class _Several:
    """The arrays of wire objects in a trace that stands at `at`; words that cannot be read are added to `unread`."""

    said: dict[str, Any]
    at: str
    unread: list[Unread]

    def read(self, name: str, part: str, shape: Shape[M]) -> tuple[M, ...] | None:
        """Return the array called `name`, which is canonical `part`; None where it is absent."""
        if name not in self.said:
            return None
        start = self.at + name

        def read(value: Any, path: str) -> M:
            return read_resource(shape, value, path, part + path.removeprefix(start), self.unread)

        return read_list(self.said[name], start, read)


def _other(value: Any, path: str, *, around: dict[str, Any]) -> Trace:
    """Return a further trace, at the moment and in the version of the one around it where it says none."""
    return _trace({**around, **read_object(value, path)}, path + ".")


def _within_reach(moment: datetime | None, path: str) -> None:
    """Refuse moments that a change of the time zone would take out of the calendar."""
    if moment is not None and not MINYEAR < moment.year < MAXYEAR:
        raise TraceProblem(path, "is out of range")


def _check_moments(trace: Trace) -> None:
    """Refuse moments of what happened that no grace can be added to."""
    for index, fact in enumerate(trace.facts):
        _within_reach(fact.observed_at, f"facts[{index}].observedAt")
        _within_reach(fact.recorded_at, f"facts[{index}].recordedAt")
    for index, entry in enumerate(trace.history or ()):
        _within_reach(entry.at, f"history[{index}].at")
    for number, order in enumerate((trace.product_order, *(trace.service_orders or ()))):
        if order is not None:
            path = f"serviceOrders[{number - 1}]" if number else "productOrder"
            _within_reach(order.completion_date, f"{path}.completionDate")
            _within_reach(order.order_date, f"{path}.orderDate")


def _part(said: dict[str, Any], name: str, read: Callable[[Any, str], Any], at: str) -> tuple[Any, ...] | None:
    return read_list(said[name], at + name, read) if name in said else None


def _linked(service_order: ServiceOrder, order: ProductOrder | None) -> ServiceOrder:
    """Name the product order of a service order that carries its id as an external one, or refers to one."""
    if order is None or service_order.product_order_id is not None:
        return service_order
    known = {order.id, *(external.value for external in order.external_ids)} - {""}
    references = {one.id: _kind(one) for one in service_order.external_references if one.id}
    if known & {*references, *(external.value for external in service_order.external_ids)}:
        return service_order.model_copy(update={"product_order_id": order.id})
    others = [one for one, kind in references.items() if kind in _PRODUCT_ORDER]
    return service_order.model_copy(update={"product_order_id": others[0]}) if others else service_order


_PRODUCT_ORDER = frozenset({"", "externalid", "order", "orderid", "productorder", "productorderid", "productorderref"})
"""What an external reference to a product order calls itself; one that says nothing is an external id."""


def _kind(reference: ExternalReference) -> str:
    """Return the kind of a reference in bare letters: its type, or else its name."""
    return "".join(filter(str.isalpha, reference.type or reference.name or "")).lower()


def _charging(rates: Sequence[AppliedRate], order: ProductOrder | None) -> tuple[AppliedRate, ...]:
    """Name the item that each rate charges, where exactly one item is about the rate's product."""
    if order is None:
        return tuple(rates)
    items: dict[str, list[str]] = {}
    for _, item in order.all_items():
        if item.product is not None and item.product.id is not None:
            items.setdefault(item.product.id, []).append(item.id)
    found = []
    for rate in rates:
        about = items.get(rate.product.id, ()) if rate.product else ()
        named = {"order_id": order.id, "item_id": about[0]} if len(about) == 1 else {}
        found.append(rate.model_copy(update=named) if named else rate)
    return tuple(found)


def _check_numbers(document: dict[str, Any]) -> None:
    """Refuse numbers that no sum survives, and nesting that no stack does; the path is told where one is found."""
    todo: list[tuple[Any, _Way, int]] = [(document, None, 0)]
    while todo:
        value, way, depth = todo.pop()
        if depth > MAX_DEPTH:
            raise TraceProblem(_path_of(way)[:200], f"is nested more than {MAX_DEPTH} levels deep")
        if isinstance(value, dict):
            for name, one in value.items():
                is_money = name == "value" and "unit" in value
                is_number = name in _NUMBERS or is_money
                if is_money and (isinstance(one, dict | list) or one is None):
                    raise TraceProblem(_path_of((way, "value")), "is no amount")
                if type(one) is not str or is_number:
                    todo.append((_as_number(one), (way, name), depth + 1))
        elif isinstance(value, list):
            todo.extend((one, (way, index), depth + 1) for index, one in enumerate(value) if type(one) is not str)
        elif isinstance(value, _NUMERIC) and not (math.isfinite(value) and -LARGEST <= value <= LARGEST):
            raise TraceProblem(_path_of(way), "is a number out of range")


_Way = tuple["_Way", str | int] | None  # the way to what is around a value, and the last step; None is the document
_NUMERIC = (int, float, Decimal)


def _path_of(way: _Way) -> str:
    """Return a way as a path; only a document that is refused needs one."""
    steps: list[str] = []
    while way is not None:
        way, step = way
        steps.append(f"[{step}]" if isinstance(step, int) else f".{step}")
    return "".join(reversed(steps)).removeprefix(".")


def _check_text(document: dict[str, Any]) -> None:
    """Refuse half a character, which a reader of JSON may let in and no writer lets out."""
    try:
        orjson.dumps(document, default=str)
    except TypeError:
        raise TraceProblem("", "has text that is not Unicode") from None


def _as_number(value: Any) -> Any:
    """Return a number that is written as text as what it says, anything else as it is."""
    if type(value) is not str:
        return value
    try:
        return Decimal(value)
    except InvalidOperation:
        return value


def _level(judgements: Sequence[Judgement], rules: Catalogue) -> int:
    """Return the highest level that was asked for beneath the first one that failed."""
    levels = {rule.code: rule.level for rule in rules.rules}
    asked = {levels[code] for one in judgements for code in one.rules if code in levels}
    failed = {
        levels[finding.code]
        for one in judgements
        for finding in one.findings
        if finding.severity is not Severity.WARN and finding.code in levels
    }
    highest = max(asked, default=2)  # L1 and L2, syntax and profile, hold of whatever could be read
    return max(1, min([highest, *(level - 1 for level in failed)]))


def _context_hash(trace: Trace) -> str:
    said = sorted(orjson.dumps(fact_to_wire(fact), option=orjson.OPT_SORT_KEYS) for fact in trace.facts)
    return "sha256:" + hashlib.sha256(b"[" + b",".join(said) + b"]").hexdigest()
