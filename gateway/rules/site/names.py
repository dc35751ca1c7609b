"""Which names an expression uses, checked against what the variables of site rules have.

CEL checks that a variable exists, but takes any member of it; a member that is never there would make a rule that
never says anything. So expressions are read here once more, as a row of words.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.canonical.fact import PREDICATES
from gateway.rules.site.cel import CelError

__all__ = ["ITEM", "ORDER", "POLICY", "SERVICE", "Shape", "Used", "check_value", "used"]

Shape = Any
"""None: a plain value. "any": whatever is there. A mapping: members by name. A list with one shape: a list of it."""

_MONEY = {"minor": None, "currency": None}
_NAMED = [{"id": None, "role": None}]
_LINK = [{"id": None, "type": None}]
_PRICE = [{"type": None, "period": None, "net": _MONEY, "gross": _MONEY, "taxRate": None}]

ITEM: Shape = {
    "id": None,
    "action": None,
    "quantity": None,
    "state": None,
    "offering": None,
    "parent": None,
    "place": None,
    "billingAccount": None,
    "appointment": None,
    "product": {"id": None, "name": None, "status": None, "serial": None, "characteristics": "any", "places": _NAMED},
    "prices": _PRICE,
    "relationships": _LINK,
}
"""A product order item. `offering`, `place`, `billingAccount` and `appointment` are ids."""

ORDER: Shape = {
    "id": None,
    "state": None,
    "category": None,
    "description": None,
    "priority": None,
    "orderDate": None,
    "requestedStart": None,
    "requestedCompletion": None,
    "expectedCompletion": None,
    "completionDate": None,
    "customer": None,
    "billingAccount": None,
    "parties": _NAMED,
    "externalIds": [{"value": None, "issuer": None}],
    "notes": [{"text": None, "author": None}],
    "items": [ITEM],
}
"""The product order. Times are RFC 3339 texts; `customer` and `billingAccount` are ids."""

SERVICE: Shape = {
    "id": None,
    "action": None,
    "state": None,
    "quantity": None,
    "order": None,
    "productItem": None,
    "service": None,
    "serviceState": None,
    "specification": None,
    "name": None,
    "category": None,
    "characteristics": "any",
    "places": _NAMED,
    "relationships": _LINK,
}
"""A service order item. `service` is its service's id, `order` its service order's, `productItem` what it serves."""

POLICY: Shape = dict.fromkeys(
    ("proration", "rateTolerancePercent", "backdateDays", "billLagDays", "graceMinutes", "rollUp")
)
"""The parameters of the landscape."""

_TOKEN = re.compile(
    r"(?P<text>[rRbB]{0,2}(?:\"\"\".*?\"\"\"|'''.*?'''|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'))"
    r"|(?P<word>[A-Za-z_]\w*)|(?P<number>\d[\w.]*)|(?P<sign>\.\?|\[\?|\S)|//[^\n]*",
    re.DOTALL,
)
_MACROS = frozenset({"all", "exists", "exists_one", "existsOne", "filter", "map"})


@dataclass
class Used:
    """The variables and the facts that an expression names."""

    variables: set[str] = field(default_factory=set)
    facts: set[str] = field(default_factory=set)


@dataclass
class _Reader:
    expression: str
    shapes: dict[str, Shape]
    used: Used = field(default_factory=Used)

    def __post_init__(self) -> None:
        found = [(match.lastgroup or "", match.group(), match.start()) for match in _TOKEN.finditer(self.expression)]
        self.tokens = [token for token in found if token[0]]

    def text(self, index: int) -> str:
        """The token at a place; empty beyond the end."""
        return self.tokens[index][1] if 0 <= index < len(self.tokens) else ""

    def kind(self, index: int) -> str:
        """What kind of token is at a place; empty beyond the end."""
        return self.tokens[index][0] if 0 <= index < len(self.tokens) else ""

    def wrong(self, index: int, reason: str) -> CelError:
        start = self.tokens[index][2]
        before = self.expression[:start]
        return CelError(reason, before.count("\n") + 1, start - (before.rfind("\n") + 1) + 1)

    def read(self) -> Used:
        for index, (kind, word, _) in enumerate(self.tokens):
            if kind != "word" or self.text(index - 1) in {".", ".?"}:
                continue
            if word == "fact" and self.text(index + 1) == "(":
                self._fact(index)
            elif word in self.shapes:
                if word in _ROOTS:
                    self.used.variables.add(word)
                self._chain(index)
        return self.used

    def _fact(self, index: int) -> None:
        at = index + 2
        if self.kind(at) != "text":
            raise self.wrong(index, "names no fact; write its name out, as in fact('site.qualified', item.id)")
        name = self.text(at).strip("rRbB").strip("'\"")
        if name not in PREDICATES:
            raise self.wrong(at, f"{name!r} is no fact; there are {', '.join(sorted(PREDICATES))}")
        self.used.facts.add(name)

    def _chain(self, index: int) -> None:
        shape, path, at = self.shapes[self.text(index)], self.text(index), index + 1
        while True:
            sign = self.text(at)
            if sign in {".", ".?"} and self.kind(at + 1) == "word":
                name = self.text(at + 1)
                if self.text(at + 2) == "(":
                    self._call(at + 1, shape)
                    return
                shape = self._member(at + 1, shape, path, name)
                path, at = f"{path}.{name}", at + 2
            elif sign in {"[", "[?"} and self.kind(at + 1) == "text" and self.text(at + 2) == "]":
                name = self.text(at + 1).strip("'\"")
                shape = self._member(at + 1, shape, path, name)
                path, at = f"{path}.{name}", at + 3
            elif sign in {"[", "[?"} and self.text(at + 2) == "]":
                shape = shape[0] if isinstance(shape, list) else "any"
                path, at = f"{path}[]", at + 3
            else:
                return

    def _member(self, index: int, shape: Shape, path: str, name: str) -> Shape:
        if shape == "any":
            return shape
        if isinstance(shape, Mapping):
            if name in shape:
                return shape[name]
            raise self.wrong(index, f"{path} has no member {name!r}; it has {', '.join(shape) or 'none'}")
        what = "is a list" if isinstance(shape, list) else "is a plain value"
        raise self.wrong(index, f"{path} {what} and has no member {name!r}")

    def _call(self, index: int, shape: Shape) -> None:
        """Learn what the variable of a loop stands for."""
        name = self.text(index + 2)
        if self.text(index) in _MACROS and self.kind(index + 2) == "word" and self.text(index + 3) == ",":
            element = shape[0] if isinstance(shape, list) else "any"
            self.shapes[name] = element if self.shapes.get(name, element) == element else "any"


_ROOTS = frozenset({"item", "order", "service", "services", "params", "policy", "now"})


def used(expression: str, params: Mapping[str, Any]) -> Used:
    """Return what an expression names. Raises CelError with its place for a member or a fact that there is not."""
    shapes: dict[str, Shape] = {
        "item": ITEM,
        "order": ORDER,
        "service": SERVICE,
        "services": [SERVICE],
        "policy": POLICY,
        "params": dict.fromkeys(params, "any"),
        "now": None,
    }
    return _Reader(expression, shapes).read()


def check_value(value: Any, shape: Shape, path: tuple[str | int, ...]) -> tuple[tuple[str | int, ...], str] | None:
    """Return where a value of an example has a member that the variable has not, and which; None where it fits."""
    if isinstance(shape, Mapping) and isinstance(value, Mapping):
        for name, one in value.items():
            if name not in shape:
                return (*path, name), name
            found = check_value(one, shape[name], (*path, name))
            if found is not None:
                return found
    if isinstance(shape, list) and isinstance(value, list):
        for index, one in enumerate(value):
            found = check_value(one, shape[0], (*path, index))
            if found is not None:
                return found
    return None
