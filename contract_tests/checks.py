"""What a check of the kit is: a code that stays, a level, the version it came with, and the law that it holds to."""

import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest

__all__ = [
    "ADAPTER_LEVELS",
    "ADDRESS_LEVELS",
    "VERSION",
    "Broken",
    "Check",
    "check",
    "check_of",
    "checks_in",
    "is_newer",
    "require",
]

VERSION = "0.2"
"""The newest set of checks. A check that can fail what passed before comes with a new minor version only."""

ADAPTER_LEVELS = {
    1: "declared: what it supports is said, and it answers",
    2: "words: every code is translated, or refused with a reason",
    3: "sharp words: a small mistake in a table would be noticed",
    4: "facts: it does what it declares and says it with units, money, times and identities",
    5: "once: the same message again, or a look, makes nothing twice",
    6: "trouble: a lost, late, unreadable or refused answer is named for what it is",
    7: "read back: what runs there can be observed and listed",
    8: "order and load: neither the order of items nor a neighbour changes what it says",
    9: "agreement: the same order gives the same facts as the reference",
}
"""What each level of an adapter means, in a sentence."""

ADDRESS_LEVELS = {
    1: "reachable: every answer is as the document declares it",
    2: "read: what was sent is what is there, whole and in part",
    3: "lists: paging, counts, filters and sorting",
    4: "life cycle: legal moves succeed, illegal ones are refused",
    5: "hostile input: every bad request gets a proper error",
    6: "once: a repeated request makes nothing twice",
    7: "events: a listener is told, once, in its own version",
    8: "concurrency: two writers do not undo each other",
    9: "agreement and torture: lists, resources and events tell one story under load",
}
"""What each level of an address means, in a sentence."""

_F = TypeVar("_F", bound=Callable[..., Any])
_MARK = "contract_check"
_LONGEST_ROW = 400


@dataclass(frozen=True, slots=True)
class Check:
    """One check. `code` is permanent and never used again; `law` is what has to hold, as a sentence."""

    code: str
    level: int
    law: str
    since: str = "0.1"
    apis: tuple[str, ...] = ()  # of an address: the APIs that it is about; none is all

    def applies_to(self, api: str) -> bool:
        """Whether an API (`tmf641`) is one that it is about."""
        return not self.apis or api in self.apis


class Broken(AssertionError):
    """A law does not hold. `rows` say of what: a scenario's step, a code of a table, a member of an answer."""

    def __init__(self, what: Check | str, rows: Iterable[str]) -> None:
        self.rows: Sequence[str] = tuple(_short(row) for row in rows)
        head = f"{what.code}: {what.law}" if isinstance(what, Check) else what
        super().__init__("\n".join([head, *(f"  - {row}" for row in self.rows)]))


def _short(row: str) -> str:
    return row if len(row) <= _LONGEST_ROW else f"{row[: _LONGEST_ROW - 1]}…"


def check(code: str, level: int, law: str, *, since: str = "0.1", apis: tuple[str, ...] = ()) -> Callable[[_F], _F]:
    """Mark a test as a check of the kit."""

    def mark(function: _F) -> _F:
        setattr(function, _MARK, Check(code, level, law, since, apis))
        if inspect.iscoroutinefunction(function):
            pytest.mark.asyncio(function)  # so that it runs in pytest-asyncio's strict mode too
        marked: _F = pytest.mark.contract(function)
        return marked

    return mark


def check_of(function: Any) -> Check | None:
    """Return the check that a function is, or None."""
    found = getattr(function, _MARK, None)
    return found if isinstance(found, Check) else None


def checks_in(*holders: object) -> Iterator[Check]:
    """Yield the checks of classes or modules, by code."""
    found = {one.code: one for holder in holders for name in dir(holder) if (one := check_of(getattr(holder, name)))}
    yield from sorted(found.values(), key=lambda one: (one.level, one.code))


def require(function: Any, rows: Iterable[str]) -> None:
    """Raise Broken with the law of the check that a function is, where there is any row against it."""
    against = tuple(rows)
    if against:
        raise Broken(check_of(function) or str(function), against)


def is_newer(since: str, pinned: str) -> bool:
    """Whether a check is of a later version than the pinned one."""
    return _parts(since) > _parts(pinned)


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
