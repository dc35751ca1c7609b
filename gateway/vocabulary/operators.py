"""How a table may be wrong: each operator changes one thing in a document, as a person might by mistake."""

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from gateway.canonical.quantity import UNITS
from gateway.vocabulary.targets import FIELDS, PROFILE, TARGETS

__all__ = ["CODE_OPERATORS", "FIELD_OPERATORS", "Mutant", "mutants_of"]

Data = Mapping[str, Any]
_ENOUGH = 40
_RELATIONS = ("equivalent", "narrower", "broader", "related", "unmatched")


@dataclass(frozen=True, slots=True)
class Mutant:
    """One changed document, and what was changed."""

    operator: str
    what: str
    data: dict[str, Any]


def mutants_of(data: Data) -> Iterator[Mutant]:
    """Yield every mutant of a document that has no problems."""
    operators = FIELD_OPERATORS if data["target"] == FIELDS else CODE_OPERATORS
    for name, operate in operators.items():
        for what, changed in operate(data):
            yield Mutant(name, what, changed)


_Changes = Iterator[tuple[str, dict[str, Any]]]


def _copy(data: Data) -> dict[str, Any]:
    return deepcopy(dict(data))


def _mapped(data: Data) -> list[tuple[str, str]]:
    return [(code, row["to"]) for code, row in data["map"].items() if isinstance(row.get("to"), str)]


def _retarget(data: Data) -> _Changes:
    target = TARGETS[data["target"]]
    used = dict.fromkeys(to for _, to in _mapped(data))
    values = sorted(target.values or ()) if target.values and len(target.values) <= _ENOUGH else [*used, "other"]
    for code, to in _mapped(data):
        for value in values:
            if value != to:
                changed = _copy(data)
                changed["map"][code]["to"] = value
                yield f"{code!r}: {to} → {value}", changed


def _swap(data: Data) -> _Changes:
    for (one, to), (other, instead) in combinations(_mapped(data), 2):
        if to != instead:
            changed = _copy(data)
            changed["map"][one]["to"], changed["map"][other]["to"] = instead, to
            yield f"{one!r} ⇄ {other!r}", changed


def _swap_both_ways(data: Data) -> _Changes:
    """Exchange two codes throughout, so that a round trip still closes: customer and payer, active and suspended."""
    for (one, to), (other, instead) in combinations(_mapped(data), 2):
        if to != instead:
            changed = _copy(data)
            rows = changed["map"]
            rows[one], rows[other] = rows[other], rows[one]
            turned = {one: other, other: one}
            changed["inverse"] = {value: turned.get(code, code) for value, code in data.get("inverse", {}).items()}
            yield f"{one!r} ⇄ {other!r}, both ways", changed


def _drop(data: Data) -> _Changes:
    for code in data["map"]:
        changed = _copy(data)
        del changed["map"][code]
        yield f"{code!r} dropped", changed


def _relate(data: Data) -> _Changes:
    for code, row in data["map"].items():
        for relation in _RELATIONS:
            if relation != row["rel"]:
                changed = _copy(data)
                changed["map"][code]["rel"] = relation
                yield f"{code!r}: {row['rel']} → {relation}", changed


def _reclass(data: Data) -> _Changes:
    for code, row in data["map"].items():
        said = row.get("class")
        if said is None:
            continue
        for name in ("terminal", "billable"):
            if said.get(name) is not None:
                changed = _copy(data)
                changed["map"][code]["class"][name] = not said[name]
                yield f"{code!r}: {name} {said[name]} → {not said[name]}", changed
        for blocker in {None, "customer", "provider"} - {said.get("blockedBy")}:
            changed = _copy(data)
            changed["map"][code]["class"]["blockedBy"] = blocker
            yield f"{code!r}: blockedBy {said.get('blockedBy')} → {blocker}", changed


def _rescale(data: Data) -> _Changes:
    dimension = TARGETS[data["target"]].dimension
    for code, row in data["map"].items():
        if dimension is not None and row.get("to") is not None:
            for factor in (10, 1000):
                changed = _copy(data)
                changed["map"][code]["factor"] = factor
                yield f"{code!r}: times {factor}", changed
        if data["target"] == PROFILE and isinstance(row.get("to"), dict):
            for name, said in row["to"].items():
                figure, _, unit = said.partition(" ")
                for factor in (10, 1000):
                    changed = _copy(data)
                    changed["map"][code]["to"][name] = f"{figure}{'0' * (len(str(factor)) - 1)} {unit}"
                    yield f"{code!r} {name}: times {factor}", changed


def _swap_rates(data: Data) -> _Changes:
    for code, row in data["map"].items():
        if data["target"] == PROFILE and isinstance(row.get("to"), dict):
            for one, other in combinations(row["to"], 2):
                changed = _copy(data)
                rates = changed["map"][code]["to"]
                rates[one], rates[other] = rates[other], rates[one]
                yield f"{code!r}: {one} ⇄ {other}", changed


def _recase(data: Data) -> _Changes:
    for code, row in data["map"].items():
        turned = code.swapcase()
        if turned != code:
            changed = _copy(data)
            changed["map"] = {turned if one == code else one: kept for one, kept in changed["map"].items()}
            changed["source"]["codes"] = [turned if one == code else one for one in data["source"]["codes"]]
            yield f"{code!r} → {turned!r}", changed
        to = row.get("to")
        if isinstance(to, str) and to.swapcase() != to:
            changed = _copy(data)
            changed["map"][code]["to"] = to.swapcase()
            yield f"{code!r}: {to} → {to.swapcase()}", changed


CODE_OPERATORS: Mapping[str, Callable[[Data], _Changes]] = {
    "retarget": _retarget,
    "swap two targets": _swap,
    "swap two codes": _swap_both_ways,  # of party roles: a role swap
    "drop row": _drop,
    "change rel": _relate,
    "change class": _reclass,
    "unit factor": _rescale,
    "swap rates": _swap_rates,
    "case": _recase,
}
"""What may go wrong in a table of codes."""


def _member(name: str, others: Callable[[Any], tuple[Any, ...]]) -> Callable[[Data], _Changes]:
    """Return the operator that gives one member of each field another value."""

    def operate(data: Data) -> _Changes:
        for field, said in data["fields"].items():
            if name in said:
                for other in others(said[name]):
                    if other != said[name]:
                        changed = _copy(data)
                        changed["fields"][field][name] = other
                        yield f"{field}: {name} {said[name]} → {other}", changed

    return operate


def _blanks(data: Data) -> _Changes:
    for field, said in data["fields"].items():
        for one, other in (("null", "empty"), ("missing", "null"), ("missing", "empty")):
            if said["blanks"][one] != said["blanks"][other]:
                changed = _copy(data)
                blanks = changed["fields"][field]["blanks"]
                blanks[one], blanks[other] = blanks[other], blanks[one]
                yield f"{field}: {one} ⇄ {other}", changed
        for sentinel in said["blanks"].get("sentinels", {}):
            changed = _copy(data)
            del changed["fields"][field]["blanks"]["sentinels"][sentinel]
            yield f"{field}: {sentinel!r} is no blank", changed


def _ends(data: Data) -> _Changes:
    for field, said in data["fields"].items():
        if said["is"] == "day":
            changed = _copy(data)
            changed["fields"][field]["end"] = "exclusive" if said.get("end") == "inclusive" else "inclusive"
            yield f"{field}: end {said.get('end')} → {changed['fields'][field]['end']}", changed


def _signs(data: Data) -> _Changes:
    for field, said in data["fields"].items():
        if said["is"] == "sum":
            changed = _copy(data)
            other = "charge" if said.get("positive") == "credit" else "credit"
            changed["fields"][field]["positive"] = other
            yield f"{field}: positive is a {other}", changed


def _marks(data: Data) -> _Changes:
    for field, said in data["fields"].items():
        if said["is"] == "sum" and said["unit"] == "major":
            changed = _copy(data)
            decimal, thousands = said.get("decimal", "."), said.get("thousands", "")
            changed["fields"][field] |= {"decimal": thousands if thousands in {".", ","} else ",", "thousands": decimal}
            yield f"{field}: decimals ⇄ thousands", changed


def _units(unit: Any) -> tuple[Any, ...]:
    if unit in {"minor", "major"}:
        return ("minor", "major")
    dimension, factor = UNITS[unit]
    scaled = {factor * 1000, factor / 1000}
    return tuple(other for other, (kind, size) in UNITS.items() if kind == dimension and size in scaled)


def _patterns(pattern: Any) -> tuple[Any, ...]:
    return (".*", pattern.swapcase()) if "\\" not in pattern else (".*",)


FIELD_OPERATORS: Mapping[str, Callable[[Data], _Changes]] = {
    "unit factor": _member("unit", _units),
    "rate of tax": _member("form", lambda form: ("percent", "permille", "fraction") if _is_rate(form) else ()),
    "form": _member("form", lambda form: _FORMS.get(form, ())),
    "sign": _signs,
    "decimal mark": _marks,
    "zone": _member("zone", lambda _: ("UTC", "America/New_York")),
    "date inclusive": _ends,
    "null ⇄ empty": _blanks,
    "net ⇄ gross": _member("basis", lambda basis: ("excluded",) if basis == "included" else ("included",)),
    "currency": _member("currency", lambda _: ("JPY", "KWD")),
    "role swap": _member("role", lambda role: ("billing",) if role == "installation" else ("installation",)),
    "scheme swap": _member("scheme", lambda scheme: (f"other-{scheme}",)),
    "issuer swap": _member("issuer", lambda issuer: (f"other-{issuer}",)),
    "pattern": _member("pattern", _patterns),
    "region": _member("region", lambda region: ("US",) if region != "US" else ("DE",)),
}
"""What may go wrong in a table of fields."""

_FORMS: Mapping[Any, tuple[Any, ...]] = {
    "epoch-seconds": ("epoch-milliseconds",),
    "epoch-milliseconds": ("epoch-seconds",),
    "e164": ("digits", "national"),
    "digits": ("e164", "national"),
    "national": ("e164", "digits"),
    "international": ("national", "digits"),
    "%d.%m.%Y": ("%m.%d.%Y",),
    "%m/%d/%Y": ("%d/%m/%Y",),
    "%d/%m/%Y": ("%m/%d/%Y",),
}


def _is_rate(form: Any) -> bool:
    return form in {"percent", "permille", "fraction"}
