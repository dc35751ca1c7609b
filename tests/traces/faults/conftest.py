"""Seeded faults: base traces in wire JSON, and tables of what is done to them and what must be seen of it.

A row sets, drops and copies members of a base by paths such as `item.billingAccount.id`, `facts[service.activated
item:2].value.serial` or `history[+]`. Rows of a group share the group's base, gate and rule.
"""

import copy
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from gateway.canonical.judgement import Judgement
from gateway.faces.lifecycle.trace import trace_from_wire
from gateway.rules.engine import Catalogue, judge_all

HERE = Path(__file__).parent

GATES = {
    "intake": "intake",
    "build": "order-to-build",
    "activation": "build-to-activation",
    "billing": "activation-to-billing",
    "close": "billing-to-close",
}

SHORT = {
    "po": "productOrder",
    "item": "productOrder.productOrderItem[0]",
    "item2": "productOrder.productOrderItem[1]",
    "item3": "productOrder.productOrderItem[2]",
    "so": "serviceOrders[0]",
    "soItem": "serviceOrders[0].serviceOrderItem[0]",
    "svc": "serviceOrders[0].serviceOrderItem[0].service",
    "svc2": "serviceOrders[0].serviceOrderItem[1].service",
    "rate": "appliedCustomerBillingRates[0]",
    "rate2": "appliedCustomerBillingRates[1]",
    "rate3": "appliedCustomerBillingRates[2]",
    "bill": "customerBills[0]",
    "posting": "ledger[0]",
    "offer": "reference.offerings[0]",
}

_TOKEN = re.compile(r"\[([^\]]*)\]|([^.\[\]]+)")


class _PlainLoader(yaml.SafeLoader):
    """YAML whose dates stay text, as they are in JSON."""


_PlainLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in rows if tag != "tag:yaml.org,2002:timestamp"]
    for first, rows in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


class Fault(NamedTuple):
    """One row: what is changed, and what has to be seen."""

    name: str
    base: str
    row: dict[str, Any]
    codes: frozenset[str]
    gates: tuple[str, ...]
    missing: str | None
    warns: bool
    all_of_them: bool


@cache
def _base(name: str) -> str:
    return (HERE / "bases" / f"{name}.json").read_text(encoding="utf-8")


def base_document(name: str) -> dict[str, Any]:
    """Return a fresh copy of a base trace."""
    return json.loads(_base(name))


def base_names() -> list[str]:
    """Return the names of all base traces."""
    return sorted(path.stem for path in (HERE / "bases").glob("*.json"))


def _steps(path: str) -> list[str | int]:
    return [name or (int(index) if index.isdecimal() else f"[{index}") for index, name in _TOKEN.findall(path)]


def whole(path: str) -> str:
    """Return a path of a trace with its short name written out."""
    head, *rest = re.split(r"(?=[.\[])", path, maxsplit=1)
    return SHORT.get(head, head) + "".join(rest)


def _key(holder: Any, step: str | int) -> Any:
    if not (isinstance(step, str) and step.startswith("[")):
        return step
    if step == "[+":
        return len(holder)
    wanted, _, subject = step[1:].partition(" ")
    for place, one in enumerate(holder):
        is_it = wanted in {one.get("id"), one.get("predicate"), one.get("name")}
        if is_it and subject in {"", one.get("subject")}:
            return place
    raise AssertionError(f"nothing is called {wanted} {subject}")


def get(document: Any, path: str) -> Any:
    """Return what stands at a path."""
    for step in _steps(path):
        document = document[_key(document, step)]
    return document


def put(document: Any, path: str, value: Any) -> None:
    """Set what stands at a path; `[+]` and the index after the last one add to a list."""
    *way, last = _steps(path)
    for step in way:
        key = _key(document, step)
        if isinstance(document, dict):
            document = document.setdefault(key, [] if isinstance(last, int) else {})
        elif key == len(document):
            document.append({})
            document = document[key]
        else:
            document = document[key]
    key = _key(document, last)
    if isinstance(document, list) and key == len(document):
        document.append(copy.deepcopy(value))
    else:
        document[key] = copy.deepcopy(value)


def drop(document: Any, paths: list[str]) -> None:
    """Take away what stands at the paths, all found before any is gone."""
    found = []
    for path in paths:
        *way, last = _steps(path)
        holder = document
        for step in way:
            holder = holder[_key(holder, step)]
        found.append((holder, _key(holder, last)))
    for holder, key in sorted(found, key=lambda one: -one[1] if isinstance(one[1], int) else 0):
        del holder[key]


def seeded(fault: Fault) -> dict[str, Any]:
    """Return the base with the fault in it."""
    document = base_document(fault.base)
    for path, value in fault.row.get("set", {}).items():
        put(document, whole(path), value)
    for order in fault.row.get("copy", []):
        made = copy.deepcopy(get(document, whole(order["of"])))
        for path, value in order.get("set", {}).items():
            put(made, path, value)
        drop(made, order.get("drop", []))
        put(document, whole(order["to"]), made)
    drop(document, [whole(path) for path in fault.row.get("drop", [])])
    return document


def judged(document: dict[str, Any]) -> tuple[Judgement, ...]:
    """Return what the gates say of a document."""
    return judge_all(trace_from_wire(document), Catalogue.load())


@cache
def tables() -> tuple[Fault, ...]:
    """Return every row of every table."""
    return tuple(_rows())


def _rows() -> Iterator[Fault]:
    for path in sorted(HERE.glob("*.yaml")):
        for group in yaml.load(path.read_text(encoding="utf-8"), Loader=_PlainLoader):
            for row in group["faults"]:
                gates = row.get("gate", group["gate"])
                together = group.get("all", False)
                yield Fault(
                    name=f"{group['rule']}: {row['name']}",
                    base=row.get("base", group["base"]),
                    row=row,
                    codes=frozenset(row.get("codes", ())) | (frozenset() if together else {group["rule"]}),
                    gates=tuple(GATES[one] for one in (gates if isinstance(gates, list) else [gates])),
                    missing=row.get("missing"),
                    warns=group.get("level") == "warn",
                    all_of_them=together,
                )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each fault test its row, and each base test its base."""
    if "fault" in metafunc.fixturenames:
        metafunc.parametrize("fault", tables(), ids=lambda fault: fault.name)
    if "base" in metafunc.fixturenames:
        metafunc.parametrize("base", base_names())
