"""Filters in the query of an address, in every spelling that TMF630 knows, as one tree."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.faces.attributes import Attributes
from gateway.faces.problems import problem
from gateway.ports.query import AnyOf, Filter, Operator, SortKey

__all__ = ["MAX_CONDITIONS", "read_filters", "read_sort", "unquoted"]

MAX_CONDITIONS = 50
MAX_KEYS = 8

SUFFIXES = {
    "eq": "==",
    "ne": "!=",
    "gt": ">",
    "gte": ">=",
    "lt": "<",
    "lte": "<=",
    "regex": "=~",
}
"""What may stand behind an attribute's name, and the sign that means the same."""

SIGNS = {
    "=": Operator.EQ,
    "==": Operator.EQ,
    "!=": Operator.EQ,  # negated
    ">": Operator.GT,
    ">=": Operator.GTE,
    "<": Operator.LT,
    "<=": Operator.LTE,
    "=~": Operator.REGEX,
    "*=": Operator.REGEX,
}

_TERM = re.compile(r"([^<>=!*~;,'\"]+)(>=|<=|==|!=|=~|\*=|>|<|=)(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Term:
    """One comparison as it was written."""

    name: str
    sign: str
    value: str


def read_filters(pairs: tuple[tuple[str, str], ...], attributes: Attributes) -> tuple[Filter, ...]:
    """Return the filters that all must hold. Raises FaceError 400 that names what is unknown or malformed."""
    together: dict[tuple[str, str], list[str]] = {}
    apart: list[Filter] = []
    for name, value in pairs:
        first, *others = _terms(name, value, attributes)
        if others:
            apart.append(AnyOf(tuple(_condition(one, _values(one), attributes) for one in (first, *others))))
        else:
            sign = "=" if first.sign == "==" else first.sign
            together.setdefault((first.name, sign), []).extend(_values(first))
    if len(together) + len(apart) > MAX_CONDITIONS:
        raise problem("badParameter", reason=f"more than {MAX_CONDITIONS} filters", fix="filter by less at once")
    joined = [_condition(_Term(name, sign, ""), values, attributes) for (name, sign), values in together.items()]
    return (*joined, *apart)


def read_sort(texts: list[str], attributes: Attributes) -> tuple[SortKey, ...]:
    """Return the keys of `sort=-a,+b,c.d`; a raw + arrives as a blank. Raises FaceError 400."""
    keys: list[SortKey] = []
    for text in ",".join(texts).split(",") if texts else ():
        name = text.strip().lstrip("+-").strip()
        found = attributes.find(name)
        if found.is_object:
            raise problem("unknownAttribute", reason=f"{name} has no value to sort by", path=name)
        keys.append(SortKey(".".join(found.path), descending=text.strip().startswith("-")))
    if len(keys) > MAX_KEYS:
        raise problem("badParameter", reason=f"more than {MAX_KEYS} keys to sort by", fix="sort by fewer", path="sort")
    return tuple(keys)


def unquoted(value: str) -> str:
    """Return a value without the literal quotes around it."""
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"" else value


def _terms(name: str, value: str, attributes: Attributes) -> list[_Term]:
    """Return the comparisons of one pair: one, or several that semicolons join.

    What stands behind a semicolon is another value of the attribute, or another comparison where it looks like one.
    """
    # An operator may stand in the name, with what was split from it at the first =, or with its value and no = at all.
    text = name if not value and _TERM.fullmatch(name) else f"{name}={value}"
    found: list[list[str]] = []
    for part in _split(text, ";"):
        match = _TERM.fullmatch(part.strip())
        if match is not None and (not found or attributes.knows(_name(match[1]))):
            found.append([match[1].strip(), match[2], match[3]])
        elif found:
            is_pattern = SIGNS[_term(*found[-1]).sign] is Operator.REGEX
            found[-1][2] += f"{';' if is_pattern else ','}{part}"
        else:
            raise problem(
                "badParameter",
                reason=f"{text[:100]!r} is no comparison of an attribute with a value",
                fix="write attribute=value",
                path=name[:100],
            )
    return [_term(*one) for one in found]


def _term(name: str, sign: str, value: str) -> _Term:
    suffix = name.rpartition(".")[2]
    if sign == "=" and suffix in SUFFIXES and suffix != name:
        return _Term(_name(name), SUFFIXES[suffix], value)
    return _Term(name, sign, value)


def _name(name: str) -> str:
    head, _, suffix = name.strip().rpartition(".")
    return head if head and suffix in SUFFIXES else name.strip()


def _condition(term: _Term, values: list[str], attributes: Attributes) -> Filter:
    return attributes.condition(term.name, SIGNS[term.sign], values, negated=term.sign == "!=")


def _values(term: _Term) -> list[str]:
    if SIGNS[term.sign] is Operator.REGEX:  # a pattern may have commas of its own
        return [unquoted(term.value)]
    return [unquoted(part.strip()) for part in _split(term.value, ",")]


def _split(text: str, separator: str) -> Iterator[str]:
    """Yield what stands between separators; those inside quotes that open a value are part of it."""
    part, quote = "", ""
    for char in text:
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"" and (not part or part[-1] in "=<>~,;"):
            quote = char
        if char == separator and not quote:
            yield part
            part = ""
        else:
            part += char
    yield part
