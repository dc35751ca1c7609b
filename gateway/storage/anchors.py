"""Where pages of the whole list began, so that a page deep in it is sought and not counted to.

Rows come at the end of the list. So a remembered place is right as long as the list has grown by no more and no less
than what was created since; where it has not, because something was removed, all places of that kind are forgotten.
"""

import threading
from bisect import bisect_right, insort
from dataclasses import dataclass, field

from gateway.canonical.lifecycle import ResourceKind
from gateway.storage.json_sql import JSON_SQL
from gateway.storage.schema import RESOURCES
from gateway.streams.sql import Connection

__all__ = ["Anchors", "Seek"]

_MOST = 2000
_NEAR = 500
"""Offsets up to which counting is as quick."""


@dataclass(frozen=True, slots=True, order=True)
class Seek:
    """The row at an offset: when it was created, and its key."""

    offset: int
    created: int
    row: int | str


@dataclass(slots=True)
class _Known:
    total: int = 0
    last: int = 0  # created after everything that was counted
    seeks: list[Seek] = field(default_factory=list)


class Anchors:
    """The places of all kinds that one process knows; used by several threads."""

    def __init__(self) -> None:
        self._known: dict[ResourceKind, _Known] = {}
        self._gate = threading.Lock()

    def nearest(self, conn: Connection, kind: ResourceKind, offset: int, total: int) -> Seek | None:
        """Return the last known row at or before an offset, None where counting from the start is as good."""
        if offset <= _NEAR:
            return None
        with self._gate:
            known = self._known.get(kind)
            before = None if known is None else (known.total, known.last)
        if known is None or before is None:
            return None
        table, mark = RESOURCES[kind].name, JSON_SQL[conn.dialect].mark
        text = f"SELECT count(*), max(created) FROM {table} WHERE created > {mark}"  # noqa: S608 - our own words
        ((fresh, last),) = conn.cursor.execute(text, [before[1]]).fetchall()
        with self._gate:
            if self._known.get(kind) is not known or (known.total, known.last) != before:
                return None  # another thread was quicker
            if known.total + fresh != total:
                del self._known[kind]
                return None
            known.total, known.last = total, last or known.last
            at = bisect_right(known.seeks, offset, key=lambda seek: seek.offset)
            return known.seeks[at - 1] if at else None

    def remember(self, conn: Connection, kind: ResourceKind, total: int, seeks: list[Seek]) -> None:
        """Remember rows of a page, counted in the present transaction."""
        if not seeks or seeks[-1].offset <= _NEAR:
            return
        with self._gate:
            known = self._known.get(kind)
        if known is None:
            table = RESOURCES[kind].name
            ((last,),) = conn.cursor.execute(f"SELECT max(created) FROM {table}").fetchall()  # noqa: S608 - the same
            known = _Known(total, last)
        with self._gate:
            if self._known.setdefault(kind, known) is not known or known.total != total:
                return
            for seek in seeks:
                if seek not in known.seeks[-2:] and all(seek.offset != other.offset for other in known.seeks[-2:]):
                    insort(known.seeks, seek)
            if len(known.seeks) > _MOST:
                known.seeks = known.seeks[::2]
