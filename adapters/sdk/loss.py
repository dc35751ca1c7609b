"""Keeping account of what a translation carries and what it loses, nearly without a word of the adapter's author.

An adapter has one `Losses`, and `@translates` on `submit`, `fetch`, `cancel` and `observe`. What is read of the message
is noted by itself: of what is to be done all of it, of what is to be called back which items, and whether what is done
stays. An observation is a look: of it only what the system answers is accounted.
Of an answer it is noted once the answer was wrapped: `reading(body, "ticket")`, `read_row(Ticket, row, "ticket")`, or
for XML `reading(element, "service")` with `child_text`, `attribute` and `text_of`. Outside a translation they do
nothing. To be read is to be carried: whether it arrives, the contract kit tells.
"""

from collections import Counter, OrderedDict
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Any, Protocol, TypeVar

from adapters.sdk.notes import Notes, current_notes, stop_noting, take_notes
from adapters.sdk.tracking import members_of, tracked, withdrawal_of
from gateway.ports.adapter import Message, Operation, Report
from gateway.ports.errors import Refused
from gateway.ports.loss import Direction, Fate, LossReport, LossSum, MemberFate
from gateway.vocabulary.conformance import Ignored, Patterns, load_declaration

__all__ = ["Losses", "carried", "coerced", "defaulted", "translates"]

_KEPT = 256
"""Messages of which the single report is kept; older ones are in the sums only."""

_DOINGS = ("submit", "cancel", "observe")
_MEMBERS, _OTHERS = 20_000, "(others)"
"""How many members are told apart: names that hold values, as of a mapping by id, would grow for ever."""


def coerced(member: str, why: str) -> None:
    """Note that a member of an answer is kept in a form that can say less: rounded, cut, one code for two."""
    _make(member, Fate.COERCED, why)


def defaulted(member: str, why: str) -> None:
    """Note that the system did not say something, and that the adapter took a value of its own."""
    _make(member, Fate.DEFAULTED, why)


def carried(member: str) -> None:
    """Note that a member of an answer is carried, where that cannot be seen, as when it is handed on whole."""
    notes = current_notes()
    if notes is not None:
        notes.present[member] = None
        notes.seen.add(member)


def _make(member: str, fate: Fate, why: str) -> None:
    notes = current_notes()
    if notes is not None:
        notes.present[member] = None
        notes.made[member] = fate, why


@dataclass(slots=True)
class _Log:
    operation: str
    doing: str  # submit, also of the looks after it; cancel; observe
    sent: Notes = field(default_factory=Notes)
    heard: Notes = field(default_factory=Notes)
    is_sent: bool = False  # whether a first attempt went through, so that all that is carried was read

    @property
    def name(self) -> str:
        """What was done, in words: `charge`, `cancel charge`."""
        return self.operation if self.doing == "submit" else f"{self.doing} {self.operation}"

    def sends(self, members: Iterable[str]) -> None:
        """Note what had to be carried."""
        self.sent.present |= dict.fromkeys(members)
        self.is_sent = True


class Losses:
    """The book of one adapter (`gateway.ports.loss.LossBook`)."""

    def __init__(self, adapter: str, ignored: Ignored | None = None) -> None:
        self._adapter, self._ignored = adapter, ignored or Ignored()
        self._logs: OrderedDict[tuple[str, str], _Log] = OrderedDict()  # by what is done and the message's id
        self._past: Counter[tuple[Direction, str, Fate]] = Counter()
        self._patterns: dict[tuple[str, Direction, str], tuple[str, str] | None] = {}  # where, pattern; None: none
        self._notes: dict[tuple[Direction, str], str] = {}
        self._used: set[tuple[str, Direction, str]] = set()  # operation (empty: in all), direction, pattern

    @classmethod
    def beside(cls, adapter: str, module: str) -> "Losses":
        """Return a book whose `ignored` stands in the conformance.yaml beside a module (`__file__`). SetupError."""
        return cls(adapter, load_declaration(Path(module).with_name("conformance.yaml")).ignored)

    @contextmanager
    def translating(self, message: Message, doing: str) -> Iterator[Message]:
        """Give the message to read from, and note what is read of it and of the system's answers.

        `doing` is the adapter's method. Whatever a message that is submitted asks for has to be carried; a later
        attempt may find it done already. So it is with what a cancel says, wherever there was something to call back.
        """
        key = "submit" if doing == "fetch" else doing, message.id
        log = self._logs.pop(key, None) or _Log(message.operation, key[0])
        self._logs[key] = log
        if len(self._logs) > _KEPT:
            self._close(self._logs.popitem(last=False)[1])
        token = take_notes(log.heard)
        try:
            yield tracked(message, log.sent.seen)
        except Refused:
            if doing == "cancel":
                log.sends(withdrawal_of(message))
            raise
        finally:
            stop_noting(token)
            log.heard.elements.clear()
        if doing == "submit" and message.attempt == 1:
            log.sends(members_of(message))
        elif doing == "cancel" and log.heard.present:
            log.sends(withdrawal_of(message))

    def report(self, message_id: str, doing: str | None = None) -> LossReport | None:
        """Return what became of a message's members; None for one that it did not have, or long ago.

        `doing` is `submit`, `cancel` or `observe`, where one message was there for several.
        """
        found = (self._logs.get((one, message_id)) for one in (_DOINGS if doing is None else (doing,)))
        log = next((one for one in found if one is not None), None)
        if log is None:
            return None
        members = tuple(sorted(self._fates(log), key=lambda one: (one.direction, one.member)))
        return LossReport(adapter=self._adapter, message=message_id, operation=log.name, members=members)

    @property
    def sums(self) -> tuple[LossSum, ...]:
        """Each member that was ever met, with how many messages gave it which fate."""
        counts: dict[tuple[Direction, str], Counter[Fate]] = {}
        for (direction, member, fate), number in self._counted().items():
            counts.setdefault((direction, member), Counter())[fate] += number
        return tuple(
            LossSum(direction=key[0], member=key[1], counts=dict(counts[key]), note=self._notes.get(key))
            for key in sorted(counts)
        )

    @property
    def findings(self) -> tuple[MemberFate, ...]:
        """Members that were neither mapped nor declared in any message."""
        return tuple(
            MemberFate(direction=one.direction, member=one.member, fate=Fate.UNMAPPED)
            for one in self.sums
            if set(one.counts) == {Fate.UNMAPPED}
        )

    @property
    def stale(self) -> tuple[str, ...]:
        """Patterns that are declared and fitted no member that was left out."""
        self._counted()
        tables: dict[str, Patterns] = {operation.value: self._ignored.within(operation) for operation in Operation}
        tables[""] = self._ignored
        every = [(name, way, one) for name, table in tables.items() for way in Direction for one in table.of(way)]
        return tuple(" ".join(filter(None, one)) for one in every if one not in self._used)

    def _fates(self, log: _Log) -> Iterator[MemberFate]:
        if log.is_sent:
            yield from self._fates_of(log.operation, Direction.TO_LEGACY, log.sent)
        yield from self._fates_of(log.operation, Direction.FROM_LEGACY, log.heard)

    def _fates_of(self, operation: str, direction: Direction, notes: Notes) -> Iterator[MemberFate]:
        for member in notes.present:
            if member in notes.made:
                fate, note = notes.made[member]
                yield MemberFate(direction=direction, member=member, fate=fate, note=note)
            elif member in notes.seen:
                yield MemberFate(direction=direction, member=member, fate=Fate.MAPPED)
            else:
                reason = self._reason(operation, direction, member)
                fate = Fate.UNMAPPED if reason is None else Fate.DROPPED
                yield MemberFate(direction=direction, member=member, fate=fate, note=reason)

    def _reason(self, operation: str, direction: Direction, member: str) -> str | None:
        key = operation, direction, member
        if key not in self._patterns:
            if len(self._patterns) >= _MEMBERS:
                self._patterns.clear()
            self._patterns[key] = self._declared(*key)
        found = self._patterns[key]
        if found is None:
            return None
        where, pattern = found
        self._used.add((where, direction, pattern))
        table = self._ignored.within(where) if where else self._ignored
        return self._notes.setdefault((direction, member), table.of(direction)[pattern])

    def _declared(self, operation: str, direction: Direction, member: str) -> tuple[str, str] | None:
        for where, table in ((operation, self._ignored.within(operation)), ("", self._ignored)):
            pattern = table.fits(direction, member)
            if pattern is not None:
                return where, pattern
        return None

    def _counted(self) -> Counter[tuple[Direction, str, Fate]]:
        counts = self._past.copy()
        for log in self._logs.values():
            counts.update((one.direction, one.member, one.fate) for one in self._fates(log))
        return counts

    def _close(self, log: _Log) -> None:
        for one in self._fates(log):
            key = one.direction, one.member, one.fate
            is_room = key in self._past or len(self._past) < _MEMBERS
            self._past[key if is_room else (one.direction, _OTHERS, one.fate)] += 1


class _Keeper(Protocol):
    @property
    def losses(self) -> Losses: ...


K = TypeVar("K", bound=_Keeper)
_Method = Callable[[K, Message], Coroutine[Any, Any, Report]]


def translates(method: _Method[K]) -> _Method[K]:
    """Keep account of what an adapter's `submit`, `fetch`, `cancel` or `observe` carries, in its `losses`."""
    doing = method.__name__

    @wraps(method)
    async def keeping(self: K, message: Message) -> Report:
        with self.losses.translating(message, doing) as read:
            return await method(self, read)

    return keeping
