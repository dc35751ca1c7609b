"""One answer of a legacy system, so that its members and codes stand in the new package from the start.

What looks like a code becomes a row that is unmatched: the table is sound, translates nothing, and says what is to be
said. Instants that carry an offset become fields. Nothing is guessed beyond that, and the sample itself is not kept,
since it may hold names of people.
"""

import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import yaml

from adapters.sdk.xml import parse
from gateway.ports.adapter import Role
from gateway.ports.errors import SetupError, Unreadable
from gateway.ports.template import Wanted

__all__ = ["Sample", "read_sample"]

_CODE = re.compile(r"[A-Z][A-Z0-9_-]{0,11}|[0-9]{1,2}|[a-z]{1,3}")
_DIGITS = re.compile(r"(.*\d){3}")  # an identifier, not a code
_MOST_CODES = 12
_STATES: Mapping[Role, str] = {
    Role.CUSTOMER: "canonical.account-status",
    Role.FIELD_WORK: "canonical.order-state",
    Role.ACTIVATION: "canonical.service-state",
    Role.BILLING: "canonical.bill-state",
}
_TARGETS: tuple[tuple[str, str], ...] = (
    ("currency", "canonical.currency"),
    ("waehrung", "canonical.currency"),
    ("unit", "canonical.rate-unit"),
    ("einheit", "canonical.rate-unit"),
    ("role", "canonical.party-role"),
    ("rolle", "canonical.party-role"),
    ("period", "canonical.period"),
    ("action", "canonical.item-action"),
    ("flag", "canonical.flag"),
)
"""What a member's name has in it → the value set that its codes stand for."""
_STATE_NAMES = ("status", "state", "zustand")
_FLAGS = frozenset({"Y", "N", "J", "0", "1", "true", "false", "TRUE", "FALSE"})


@dataclass(frozen=True, slots=True)
class Sample:
    """What a sample comes to: the text of its tables, and what is left to say of it."""

    tables: str
    todo: Sequence[str] = field(default_factory=tuple)


def read_sample(file: Path, wanted: Wanted) -> Sample:
    """Return what a file holds. Raises SetupError for what is neither JSON, XML nor CSV, or holds no member."""
    members: dict[str, list[str]] = {}
    for name, value in _members(file):
        members.setdefault(name, []).append(value)
    if not members:
        raise SetupError("it holds no member with a value", "give one whole answer of the system", file=str(file))
    tables: list[dict[str, Any]] = []
    todo: list[str] = []
    instants: dict[str, str] = {}
    for name, values in members.items():
        codes = _codes(values)
        if all(map(_moment, values)):
            instants[name] = values[0]
        elif codes:
            target = _target(name, codes, wanted.roles[0])
            said = ", ".join(codes)
            if target is None:
                todo.append(f"{name} has {said}: choose what it is translated into, and add a table")
            else:
                tables.append(_table(wanted.name, name, codes, target))
                todo.append(f"{name} has {said}: say what each means, and name the codes that the sample does not show")
        else:
            todo.append(f"{name}: carry it over, or name it with a reason under ignored, from-legacy")
    if instants:
        tables.append(_fields(wanted.name, instants))
    head = f"# What a sample of {wanted.name} showed. Move each table into codes.yaml once its rows are right.\n"
    return Sample(head + "---\n".join(map(_dumped, tables)), tuple(f"sample: {one}" for one in todo))


def _members(file: Path) -> Iterator[tuple[str, str]]:
    content = file.read_bytes()
    try:
        text = content.decode("utf-8-sig")
        if text.lstrip().startswith(("{", "[")):
            yield from _of_json(json.loads(text), "")
        elif text.lstrip().startswith("<"):
            yield from _of_xml(parse(text.encode(), str(file)), "")
        else:
            yield from _of_csv(text, file)
    except UnicodeDecodeError:
        raise SetupError("it is not in UTF-8", "convert it", file=str(file)) from None
    except json.JSONDecodeError as error:
        raise SetupError(f"it is no JSON: {error.msg}", "correct it", file=str(file), line=error.lineno) from None
    except Unreadable as error:
        raise SetupError(error.reason, "give XML without a document type", file=str(file)) from None


def _of_json(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, one in value.items():
            yield from _of_json(one, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        for one in value:
            yield from _of_json(one, path)
    elif value not in {None, ""}:
        yield path, json.dumps(value) if isinstance(value, bool) else str(value)


def _of_xml(element: Element, path: str) -> Iterator[tuple[str, str]]:
    here = f"{path}.{element.tag.rpartition('}')[2]}" if path else element.tag.rpartition("}")[2]
    yield from ((f"{here}@{name.rpartition('}')[2]}", value) for name, value in element.attrib.items() if value)
    if (element.text or "").strip():
        yield here, (element.text or "").strip()
    for child in element:
        yield from _of_xml(child, here)


def _of_csv(text: str, file: Path) -> Iterator[tuple[str, str]]:
    first = text.partition("\n")[0]
    mark = max(";,\t|", key=first.count)
    if not first.count(mark):
        raise SetupError("it is neither JSON, XML nor CSV", "give one answer of the system as it is", file=str(file))
    for row in csv.DictReader(text.splitlines(), delimiter=mark):
        yield from ((name, value.strip()) for name, value in row.items() if name and value and value.strip())


def _codes(values: Sequence[str]) -> list[str]:
    """Return the distinct codes of a member; empty where it has no codes."""
    found = sorted(set(values))
    are_codes = all(one in _FLAGS or (_CODE.fullmatch(one) and not _DIGITS.match(one)) for one in found)
    return found if are_codes and len(found) <= _MOST_CODES else []


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def _target(name: str, codes: Sequence[str], role: Role) -> str | None:
    last = re.split(r"[.@]", name)[-1].lower()
    if any(word in last for word in _STATE_NAMES):
        return _STATES[role]
    known = next((target for word, target in _TARGETS if word in last), None)
    return known or ("canonical.flag" if len(codes) > 1 and _FLAGS.issuperset(codes) else None)


def _table(system: str, name: str, codes: Sequence[str], target: str) -> dict[str, Any]:
    note = f"found as {name}; say what it means"
    return {
        "vocab": f"{system}-sample-{re.sub(r'[^a-z0-9]+', '-', name.lower())}",
        "version": 1,
        "source": {"system": system, "codes": list(codes)},
        "target": target,
        "onUnknown": "hold",
        "map": {code: {"rel": "unmatched", "action": "hold", "note": note} for code in codes},
        "examples": [{"legacy": code, "canonical": "refused"} for code in codes],
    }


def _fields(system: str, instants: Mapping[str, str]) -> dict[str, Any]:
    blanks = {"missing": "refuse", "null": "refuse", "empty": "refuse"}
    examples = []
    for name, text in instants.items():
        moment = _moment(text)
        assert moment is not None
        utc = moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
        examples.append({"field": name, "legacy": text, "canonical": utc})
    return {
        "vocab": f"{system}-sample-field",
        "version": 1,
        "source": {"system": system},
        "target": "canonical.fields",
        "onUnknown": "hold",
        "fields": {name: {"is": "instant", "form": "iso", "blanks": blanks} for name in instants},
        "examples": examples,
    }


class _Plain(yaml.SafeDumper):
    """Writes every value where it stands, without anchors."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the library's signature
        return True


def _dumped(table: dict[str, Any]) -> str:
    return yaml.dump(table, Dumper=_Plain, sort_keys=False, allow_unicode=True, default_flow_style=None, width=140)
