"""Traces for rule tests: named bases, changed by dotted paths; and the cases files as parameters."""

import copy
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.canonical.lifecycle import Trace
from gateway.rules.engine import Catalogue

HERE = Path(__file__).parent
KINDS = ("pass", "fail", "benign")
_TOKEN = re.compile(r"\[([^\]]*)\]|([^.\[\]]+)")
_NAMES = ("id", "predicate", "name", "subject")


class _PlainLoader(yaml.SafeLoader):
    """YAML whose dates stay text, as they are in JSON."""


_PlainLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in rows if tag != "tag:yaml.org,2002:timestamp"]
    for first, rows in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read(path: Path) -> Any:
    """Return what a YAML file says."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=_PlainLoader)


def _steps(path: str) -> list[str | int]:
    """`a.b[0][+][name]` as keys: numbers for places, names for the member whose id, predicate or name that is."""
    steps: list[str | int] = []
    for index, name in _TOKEN.findall(path.strip()):
        steps.append(name or (int(index) if index.isdecimal() else f"[{index}"))
    return steps


def _place(holder: Any, step: str | int) -> Any:
    if isinstance(step, str) and step.startswith("["):
        if step == "[+":
            return len(holder)
        wanted = step[1:]
        found = [n for n, one in enumerate(holder) if any(one.get(name) == wanted for name in _NAMES)]
        assert found, f"nothing is called {wanted}"
        return found[-1]
    return step


def change(document: dict[str, Any], settings: dict[str, Any], drops: list[str]) -> dict[str, Any]:
    """Return a copy with members set and dropped. An index at the end of a list, or `[+]`, adds to it."""
    document = copy.deepcopy(document)
    for path, value in settings.items():
        *way, last = _steps(path)
        holder: Any = document
        for step in way:
            key = _place(holder, step)
            holder = holder.setdefault(key, {}) if isinstance(holder, dict) else holder[key]
        key = _place(holder, last)
        if isinstance(holder, list) and key == len(holder):
            holder.append(copy.deepcopy(value))
        else:
            holder[key] = copy.deepcopy(value)
    for path in drops:
        *way, last = _steps(path)
        holder = document
        for step in way:
            holder = holder[_place(holder, step)]
        del holder[_place(holder, last)]
    return document


@cache
def base_documents() -> dict[str, dict[str, Any]]:
    """Return every base, complete, by its name."""
    done: dict[str, dict[str, Any]] = {}
    for name, stated in read(HERE / "bases.yaml").items():
        document = copy.deepcopy(done[stated["extends"]]) if "extends" in stated else {}
        for part, value in stated.items():
            if part == "facts":
                document["facts"] = [*document.get("facts", []), *value]
            elif part not in {"extends", "set"}:
                document[part] = value
        done[name] = change(document, stated.get("set", {}), [])
    return done


def make(base: str, settings: dict[str, Any] | None = None, drops: list[str] | None = None) -> Trace:
    """Return a base with changes, as a trace."""
    return Trace.model_validate(change(base_documents()[base], settings or {}, drops or []))


def case_files() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (code, cases) for each cases file."""
    for path in sorted(HERE.glob("*/*/cases.yaml")):
        yield path.parent.name, read(path)


@pytest.fixture
def trace_of() -> Callable[..., Trace]:
    """Make a trace: `trace_of("built", {"product_order.state": "held"}, ["rates"])`."""
    return make


@pytest.fixture(scope="session")
def documents() -> dict[str, dict[str, Any]]:
    """Every base by its name, as a canonical document."""
    return base_documents()


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """Every built-in rule."""
    return Catalogue.load()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each cases test its cases, each base test its bases and each rule test its rules."""
    if "case" in metafunc.fixturenames:
        rows = [(code, kind, case) for code, cases in case_files() for kind in KINDS for case in cases.get(kind) or ()]
        metafunc.parametrize(
            ("code", "kind", "case"), rows, ids=[f"{code}-{kind}-{case['name']}" for code, kind, case in rows]
        )
    if "base" in metafunc.fixturenames:
        metafunc.parametrize("base", list(base_documents()))
    if "some_rule" in metafunc.fixturenames:
        metafunc.parametrize("some_rule", Catalogue.load().rules, ids=lambda rule: rule.code)
    if "cases_file" in metafunc.fixturenames:
        metafunc.parametrize("cases_file", list(case_files()), ids=lambda row: row[0])
