"""The exceptions in the database."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from gateway.canonical.exceptions import Case, Fix, Group, GroupEvent, GroupStatus, ReplayState
from gateway.canonical.ids import new_id
from gateway.ports.clock import Clock, SystemClock
from gateway.ports.errors import StaleVersion
from gateway.ports.exceptions import (
    AGES,
    DAYS_OF_A_MONTH,
    Ages,
    Figures,
    GroupQuery,
    GroupView,
    Numbers,
    Opening,
    Seen,
)
from gateway.ports.repository import Work
from gateway.storage import statements_exceptions as sql
from gateway.streams import queue
from gateway.streams.sql import Connection, Transactions, from_micros, micros

__all__ = ["SqlExceptionStore"]

_MINUTES = DAYS_OF_A_MONTH * 24 * 60
_NO_AGES = {name: 0 for name, _ in AGES}
_NEVER = datetime.max.replace(tzinfo=UTC)
_SORTED: Mapping[str, Callable[[GroupView], Any]] = {
    # Amounts of several currencies are not added: the largest counts.
    "money": lambda view: (
        -max(view.figures.money.values(), default=0),
        -view.figures.open_orders,
        view.group.first_at,
    ),
    "count": lambda view: (-view.figures.open_orders, view.group.first_at),
    "age": lambda view: (view.figures.oldest_open_at or _NEVER, view.group.first_at),
}
_CHANGEABLE = ("status", "owner", "suspected_cause", "note", "fix")
_OVER = (ReplayState.RELEASED, ReplayState.HELD, ReplayState.ENDED)


class SqlExceptionStore:
    """Implements `gateway.ports.exceptions.ExceptionStore`."""

    def __init__(self, database: Transactions, clock: Clock | None = None) -> None:
        self._database = database
        self._clock = clock or SystemClock()
        self._tells_when_due = clock is not None  # else the database's clock says when work is due

    # -- groups ------------------------------------------------------------------------------------------------------

    async def groups(self, query: GroupQuery, now: datetime) -> tuple[Sequence[GroupView], int]:
        """Return a page of groups with their figures, and how many match."""
        binds = {name: getattr(query, name) for name in ("status", "owner", "gate", "fault_class")}

        def read(conn: Connection) -> tuple[Sequence[GroupView], int]:
            figures = _figures(conn, now)
            groups = map(_group, conn.run(sql.GROUPS, binds))
            views = [GroupView(group, figures.get(group.fingerprint, Figures())) for group in groups]
            views.sort(key=_SORTED[query.sort])
            return views[max(0, query.offset) :][: max(0, query.limit)], len(views)

        return await self._database.read(read)

    async def group(self, fingerprint: str, now: datetime) -> GroupView | None:
        """Return one group by its fingerprint, or by the only one that begins so; None where there is none."""
        binds = {"of_print": fingerprint, "beyond": fingerprint + "g"}  # hexadecimal digits end at f

        def read(conn: Connection) -> GroupView | None:
            rows = conn.run(sql.GROUP, binds)
            if len(rows) != 1:
                return None
            group = _group(rows[0])
            return GroupView(group, _figures(conn, now, group.fingerprint).get(group.fingerprint, Figures()))

        return await self._database.read(read)

    async def cases(
        self, fingerprint: str, *, open_only: bool = False, offset: int = 0, limit: int = 100
    ) -> tuple[Sequence[Case], int]:
        """Return a page of a group's cases, oldest first, and how many there are."""
        binds = {"of_print": fingerprint, "open_only": int(open_only), "offset": max(0, offset), "limit": max(0, limit)}

        def read(conn: Connection) -> tuple[Sequence[Case], int]:
            ((total,),) = conn.run(sql.CASES_COUNT, binds)
            return [_case(*row) for row in conn.run(sql.CASES, binds)], total

        return await self._database.read(read)

    async def members(self, fingerprint: str) -> Sequence[str]:
        """Return the ids of the orders that the group holds now, longest held first."""
        rows = await self._database.read(lambda conn: conn.run(sql.MEMBERS, {"of_print": fingerprint}))
        return [order_id for (order_id,) in rows]

    async def healthy(self, limit: int) -> Sequence[str]:
        """Return ids of the newest product orders past intake that nothing holds, in order of their ids."""
        rows = await self._database.read(lambda conn: conn.run(sql.HEALTHY, {"limit": limit}))
        return sorted(order_id for (order_id,) in rows)

    async def last_decided(self, order_id: str) -> datetime | None:
        """Return when a gate last answered for an order, or None."""
        rows = await self._database.read(lambda conn: conn.run(sql.LAST_DECISION, {"of_order": order_id}))
        return datetime.fromisoformat(orjson.loads(rows[0][0])["at"]) if rows else None

    async def owners(self, now: datetime) -> Mapping[str, Ages]:
        """Return owner ("" for nobody) → ages of all open exceptions."""
        views, _ = await self.groups(GroupQuery(limit=2**31), now)
        found: dict[str, dict[str, int]] = {}
        for view in views:
            if view.figures.open_orders:
                ages = found.setdefault(view.group.owner or "", dict.fromkeys(_NO_AGES, 0))
                for name, count in view.figures.ages.items():
                    ages[name] += count
        return found

    # -- what is done about them -------------------------------------------------------------------------------------

    async def events(self, fingerprint: str) -> Sequence[GroupEvent]:
        """Return what was done about a group, oldest first."""
        rows = await self._database.read(lambda conn: conn.run(sql.EVENTS, {"of_print": fingerprint}))
        return [_event(*row) for row in rows]

    async def amend(self, fingerprint: str, changes: Mapping[str, Any], event: GroupEvent) -> None:
        """Change a group (`status`, `owner`, `suspected_cause`, `note`, `fix`), and note it.

        Raises StaleVersion where it shall be closed and holds an order by now.
        """

        def write(conn: Connection) -> None:
            is_closed = changes.get("status") == GroupStatus.CLOSED.value
            if is_closed and conn.run(sql.MEMBERS, {"of_print": fingerprint}):
                raise StaleVersion(f"exception group {fingerprint}")
            _change(conn, fingerprint, changes)
            _note(conn, event)

        await self._database.write(write)

    async def put_fix(self, fix: Fix, event: GroupEvent, status: GroupStatus | None = None) -> None:
        """Store a fix, or store it anew; with a status it becomes the fix of its group, which takes the status."""

        def write(conn: Connection) -> None:
            conn.change(sql.PUT_FIX, _fix_row(fix))
            if status is not None:
                _change(conn, fix.fingerprint, {"fix": fix.id, "status": status.value})
            _note(conn, event)

        await self._database.write(write)

    async def fix(self, fix_id: str) -> Fix | None:
        """Return one fix, or None."""
        rows = await self._database.read(lambda conn: conn.run(sql.FIX, {"of_fix": fix_id}))
        return Fix.model_validate_json(rows[0][0]) if rows else None

    async def adopted(self) -> Sequence[Fix]:
        """Return the fixes in use that change parameters, in the order in which they were adopted."""
        rows = await self._database.read(lambda conn: conn.run(sql.ADOPTED, {}))
        return [Fix.model_validate_json(doc) for (doc,) in rows]

    # -- replay ------------------------------------------------------------------------------------------------------

    async def begin_replay(self, fix: Fix, works: Sequence[Work], event: GroupEvent) -> int:
        """Enlist the members that the works name and enqueue them, in one transaction; return how many are new.

        A member that was replayed under this fix and still holds is enlisted again.
        """
        now = self._clock.now()

        def write(conn: Connection) -> int:
            conn.lock(f"exception fix {fix.id}")
            enlisted = []
            for work in works:
                row = {"fix": fix.id, "order_id": work.key, "state": "pending", "round": 1, "at": None}
                if conn.change(sql.ADD_REPLAY, row):
                    enlisted.append(work)
            queue.enqueue_all(conn, enlisted, now if self._tells_when_due else None)
            conn.change(sql.PUT_FIX, _fix_row(fix))
            _change(conn, fix.fingerprint, {"fix": fix.id, "status": GroupStatus.REPLAYING.value})
            _note(conn, event)
            _finish(conn, fix, now)
            return len(enlisted)

        return await self._database.write(write)

    async def progress(self, fix_id: str) -> Mapping[ReplayState, int]:
        """Return how many members of a replay are in each state."""
        return await self._database.read(lambda conn: _progress(conn, fix_id))

    async def replay_state(self, fix_id: str, order_id: str) -> tuple[ReplayState, datetime | None] | None:
        """Return how far one member's replay is, and when its systems were asked; None where it is not enlisted."""
        binds = {"of_fix": fix_id, "of_order": order_id}
        rows = await self._database.read(lambda conn: conn.run(sql.REPLAY, binds))
        return (ReplayState(rows[0][0]), None if rows[0][1] is None else from_micros(rows[0][1])) if rows else None

    async def settle(self, fix: Fix, order_id: str, state: ReplayState, now: datetime) -> None:
        """End one member's replay. With the last, the group is verified, or open again where members still hold."""

        def write(conn: Connection) -> None:
            conn.lock(f"exception fix {fix.id}")  # the last one to end sees that it is the last
            conn.change(sql.SETTLE, {"of_fix": fix.id, "of_order": order_id, "new_state": state.value})
            _finish(conn, fix, now)

        await self._database.write(write)

    async def numbers(self) -> Numbers:
        """Return what metrics are made of."""

        def read(conn: Connection) -> Numbers:
            orders = [Seen(order_id, from_micros(at)) for order_id, at in conn.run(sql.ORDERS, {})]
            openings = [_opening(*row) for row in conn.run(sql.OPENINGS, {})]
            events = [_event(*row) for row in conn.run(sql.EVENTS_ALL, {})]
            ((touches,),) = conn.run(sql.TOUCHES, {})
            return Numbers(orders, openings, events, touches)

        return await self._database.read(read)


def _figures(conn: Connection, now: datetime, fingerprint: str | None = None) -> dict[str, Figures]:
    """Return what is counted of one group, or of all."""
    binds = {"of_print": fingerprint, "now": micros(now)}
    counts, worth = (sql.FIGURES_OF_ALL, sql.MONEY_OF_ALL) if fingerprint is None else (sql.FIGURES, sql.MONEY)
    money: dict[str, dict[str, int]] = {}
    for print_, currency, minutes in conn.run(worth, binds):
        sums = money.setdefault(print_, {})
        sums[currency] = sums.get(currency, 0) + int(minutes)
    found = {}
    for print_, cases, orders, open_orders, last, oldest, *ages in conn.run(counts, binds):
        # A monthly charge for each minute held, back to days of a thirtieth.
        stake = {currency: round(minutes / _MINUTES) for currency, minutes in sorted(money.get(print_, {}).items())}
        by_age = dict(zip(_NO_AGES, map(int, ages), strict=True))
        moments = _moment(last), _moment(oldest)
        found[print_] = Figures(int(cases), orders, int(open_orders), *moments, stake, by_age)
    return found


def _moment(at: int | None) -> datetime | None:
    return None if at is None else from_micros(at)


def _group(row: Sequence[Any]) -> Group:
    fingerprint, first, fault_class, known_at, signature, status, owner, suspected, note, fix, reopened = row
    return Group(
        fingerprint=fingerprint,
        signature=orjson.loads(signature),
        fault_class=fault_class,
        known_at=known_at,
        status=status,
        first_at=from_micros(first),
        owner=owner,
        suspected_cause=suspected,
        note=note,
        fix=fix,
        reopened=reopened,
    )


def _case(doc: str, closed: int | None, cause: str | None) -> Case:
    return Case.model_validate({**orjson.loads(doc), "closed_at": _moment(closed), "cause": cause})


def _opening(doc: str, closed: int | None, cause: str | None) -> Opening:
    said = orjson.loads(doc)
    return Opening(
        fingerprint=said["fingerprint"],
        order_id=said["order_id"],
        opened_at=datetime.fromisoformat(said["opened_at"]),
        closed_at=_moment(closed),
        cause=cause,
        origin=said["origin"],
        gate=said["signature"]["gate"],
        known_at=said["known_at"],
        fault_class=said["fault_class"],
        adapter=said["adapter"],
        release=said["release"],
    )


def _event(fingerprint: str, at: int, what: str, who: str | None, detail: str) -> GroupEvent:
    return GroupEvent(fingerprint=fingerprint, at=from_micros(at), what=what, who=who, detail=orjson.loads(detail))


def _fix_row(fix: Fix) -> dict[str, Any]:
    return {
        "id": fix.id,
        "fingerprint": fix.fingerprint,
        "staged": micros(fix.staged_at),
        "adopted": None if fix.adopted_at is None else micros(fix.adopted_at),
        "has_policy": int(bool(fix.policy)),
        "doc": fix.model_dump_json(),
    }


def _note(conn: Connection, event: GroupEvent) -> None:
    row = {
        "id": new_id(),
        "fingerprint": event.fingerprint,
        "at": micros(event.at),
        "what": event.what,
        "who": event.who,
        "detail": orjson.dumps(event.detail, default=str).decode(),
    }
    conn.change(sql.ADD_EVENT, row)


def _change(conn: Connection, fingerprint: str, changes: Mapping[str, Any]) -> None:
    binds: dict[str, Any] = {"of_print": fingerprint}
    for name in _CHANGEABLE:
        binds |= {f"has_{name}": int(name in changes), f"new_{name}": changes.get(name)}
    conn.change(sql.CHANGE_GROUP, binds)


def _progress(conn: Connection, fix_id: str) -> dict[ReplayState, int]:
    found = {ReplayState(state): count for state, count in conn.run(sql.PROGRESS, {"of_fix": fix_id})}
    return {state: found.get(state, 0) for state in ReplayState}


def _finish(conn: Connection, fix: Fix, now: datetime) -> None:
    """End the replay once no member is on its way: the group is verified where it holds nobody any more."""
    states = _progress(conn, fix.id)
    if sum(states.values()) > sum(states[state] for state in _OVER):
        return
    rows = conn.run(sql.GROUP, {"of_print": fix.fingerprint, "beyond": fix.fingerprint + "g"})
    if not rows or _group(rows[0]).status is not GroupStatus.REPLAYING:
        return
    left = len(conn.run(sql.MEMBERS, {"of_print": fix.fingerprint}))
    status = GroupStatus.OPEN if left else GroupStatus.VERIFIED
    _change(conn, fix.fingerprint, {"status": status.value})
    what = "stillHeld" if left else "verified"
    detail = {"fix": fix.id, "left": left} | {state.value: count for state, count in states.items()}
    _note(conn, GroupEvent(fingerprint=fix.fingerprint, at=now, what=what, detail=detail))
