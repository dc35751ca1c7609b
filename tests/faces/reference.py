"""What a query of TMF630 means, in plain Python over the documents as a client gets them, and how it can be written.

Nothing of the product is used here. A query is made of nodes; each is written in one of its spellings and evaluated on
its own: whoever reads it wrongly finds other documents.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from urllib.parse import quote

SIGNS = {"eq": "==", "ne": "!=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<=", "regex": "=~"}


@dataclass(frozen=True)
class Attribute:
    """An attribute and its dotted name in each version; `kind` says how it is sorted."""

    v4: str
    v5: str
    kind: str = "text"

    def name(self, version):
        return self.v4 if version == "v4" else self.v5


@dataclass(frozen=True)
class Compare:
    """Some value of the attribute compares so with one of the wanted texts; with `ne`, none equals any."""

    attribute: Attribute
    operator: str
    values: tuple
    spelling: int = 0

    def holds(self, node, version):
        found = values_at(node, self.attribute.name(version).split("."))
        if self.operator == "ne":
            return not any(compares(value, "eq", text) for value in found for text in self.values)
        return any(compares(value, self.operator, text) for value in found for text in self.values)

    def written(self, version):
        """Return the parts of an address's query that say this."""
        name, values = quote(self.attribute.name(version)), [literal(one, self.spelling) for one in self.values]
        if self.operator == "eq":
            if len(values) > 1 and self.spelling % 3 == 0:
                return [f"{name}={value}" for value in values]
            joined = ("," if self.spelling % 3 == 1 else ";").join(values)
            return [name + ["=", ".eq=", "==", "%3D%3D"][self.spelling % 4] + joined]
        sign = {"regex": ["=~", "*=", "%3D~"]}.get(self.operator, [SIGNS[self.operator], quote(SIGNS[self.operator])])
        spellings = [f".{self.operator}=", *sign]
        return [name + spellings[self.spelling % len(spellings)] + ",".join(values)]

    def path(self, version):
        """Return the predicate of a JSONPath that says this."""
        name = "@." + self.attribute.name(version)
        tests = [f"{name}{SIGNS[self.operator]}{json_literal(one, self.operator)}" for one in self.values]
        joined = (" && " if self.operator == "ne" else " || ").join(tests)
        return f"({joined})" if len(tests) > 1 else joined


@dataclass(frozen=True)
class Either:
    """At least one of several comparisons, joined by semicolons."""

    parts: tuple

    def holds(self, node, version):
        return any(part.holds(node, version) for part in self.parts)

    def written(self, version):
        return [";".join(part.written(version)[0] for part in self.parts)]


@dataclass(frozen=True)
class Tree:
    """A predicate: `and`, `or`, `not`, or one comparison."""

    word: str
    parts: tuple

    def holds(self, node, version):
        held = (part.holds(node, version) for part in self.parts)
        return {"and": all, "or": any, "not": lambda found: not any(found)}[self.word](held)

    def path(self, version):
        inner = [part.path(version) for part in self.parts]
        if self.word == "not":
            return f"!({inner[0]})"
        return "(" + {"and": " && ", "or": " || "}[self.word].join(inner) + ")"


@dataclass(frozen=True)
class Element:
    """One and the same element of an array fits a predicate; no array: the document does."""

    array: str
    predicate: object

    def holds(self, node, version):
        elements = values_at(node, self.array.split(".")) if self.array else [node]
        return any(self.predicate.holds(one, version) for one in elements)

    def written(self, version):
        return ["filter=" + quote(f"${'.' if self.array else ''}{self.array}[?({self.predicate.path(version)})]")]


@dataclass(frozen=True)
class Asked:
    """A whole query: conditions that all hold, keys to sort by (attribute, descending), a page, fields."""

    nodes: tuple = ()
    keys: tuple = ()
    offset: int = 0
    limit: int = 100
    fields: tuple = field(default=())

    def written(self, version):
        parts = [part for node in self.nodes for part in node.written(version)]
        if self.keys:
            parts.append("sort=" + ",".join(("-" if down else "+") + one.name(version) for one, down in self.keys))
        if self.fields:
            parts.append("fields=" + ",".join(one.name(version) for one in self.fields))
        return "&".join([*parts, f"offset={self.offset}", f"limit={self.limit}"])

    def found(self, documents, version):
        """Return the documents that it finds, all pages, in its order; they come in the order of their creation."""
        kept = [one for one in documents if all(node.holds(one, version) for node in self.nodes)]
        if self.keys:
            kept.sort(key=lambda one: one["id"])
        for attribute, down in reversed(self.keys):
            kept.sort(key=lambda one, a=attribute, d=down: sort_key(one, a, version, d), reverse=down)
        return kept

    def shown(self, document, version):
        """Return the members of a document that `fields` leaves, with those that are always there."""
        if not self.fields:
            return document
        tree = {}
        for one in self.fields:
            *around, last = one.name(version).split(".")
            node = tree
            for step in around:
                node = node.setdefault(step, {}) if node is not None else None
            if node is not None:
                node[last] = None
        kept = {"id", "href"} | ({"@type"} if version == "v5" else set())
        return chosen(document, tree, {"@type"} if version == "v5" else set(), kept)


def chosen(value, tree, everywhere, kept=frozenset()):
    if tree is None:
        return value
    if isinstance(value, list):
        return [chosen(one, tree, everywhere) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        key: chosen(inner, tree.get(key), everywhere)
        for key, inner in value.items()
        if key in tree or key in everywhere or key in kept
    }


def values_at(node, steps):
    """Return what stands at a path, looking into arrays; null is nothing."""
    here = [node]
    for step in steps:
        here = [one[step] for one in here if isinstance(one, dict) and one.get(step) is not None]
        here = [inner for one in here for inner in (one if isinstance(one, list) else [one]) if inner is not None]
    return here


def compares(value, operator, text):
    if operator == "regex":
        return isinstance(value, str) and re.search(text, value) is not None
    if operator == "eq":
        if isinstance(value, bool):
            return text == str(value).lower()
        if isinstance(value, str):
            return value == text or (moment(text) is not None and moment(text) == moment(value))
        return isinstance(value, int | float) and number(text) is not None and number(value) == number(text)
    if isinstance(value, bool | dict | list):
        return False
    for reading in (number, moment):
        wanted = reading(text)
        if wanted is not None:
            found = reading(value)
            return found is not None and in_order(found, operator, wanted)
    return isinstance(value, str) and in_order(value, operator, text)


def in_order(one, operator, other):
    return {"gt": one > other, "gte": one >= other, "lt": one < other, "lte": one <= other}[operator]


def number(value):
    text = value if isinstance(value, str) else str(value)
    if not re.fullmatch(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?", text):
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def moment(value):
    if not isinstance(value, str) or not re.match(r"\d{4}-\d\d-\d\dT", value):
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.tzinfo else None


def sort_key(document, attribute, version, down):
    """Return a key that puts what has no value last, whichever way it is sorted."""
    reading = {"text": lambda one: one if isinstance(one, str) else None, "number": number, "moment": moment}
    found = [reading[attribute.kind](one) for one in values_at(document, attribute.name(version).split("."))]
    found = [one for one in found if one is not None]
    if not found:
        return (0,) if down else (1,)
    return (1, max(found)) if down else (0, min(found))


def literal(text, spelling):
    """Return a value as it stands in an address: in literal quotes where it must, or now and then."""
    needs = any(char in text for char in ",;=<>~!*") or text != text.strip()
    if needs or spelling % 5 == 4 or text[:1] in "'\"":
        mark = '"' if "'" in text else "'"
        text = f"{mark}{text}{mark}"
    return quote(text, safe="")


def json_literal(text, operator):
    if operator == "regex":
        return "/" + text.replace("/", "\\/") + "/"
    if text in ("true", "false") or number(text) is not None:
        return text
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
