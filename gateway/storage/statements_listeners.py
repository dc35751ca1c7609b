"""The SQL of listeners and of the notifications that others send, compiled once."""

from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, FromClause, Text, and_, bindparam, delete, func, or_, select, update
from sqlalchemy import exists as exists_

from gateway.canonical.lifecycle import Checkpoint, ResourceKind
from gateway.canonical.listening import HeardStatus
from gateway.ports.listeners import BACKLOG_SEEN, HUB_LANE
from gateway.storage import schema
from gateway.storage.schema_listeners import delivery, heard_event, listener_state
from gateway.streams.sql import Statement, insert_into

__all__ = [
    "ADD_HEARD",
    "CHANGE_HEARD",
    "CURSORS",
    "DELIVERIES",
    "EVENT_BEFORE",
    "FORGET_STATE",
    "HEARD",
    "HEARD_COUNT",
    "HEARD_PAGE",
    "LAST_SUCCESS",
    "LISTENERS_COUNT",
    "LISTENERS_PAGE",
    "LOCK_LISTENER",
    "OLDEST_WORK",
    "PURGE_DELIVERIES",
    "PURGE_EVENTS",
    "PURGE_HEARD",
    "PUT_DELIVERY",
    "PUT_STATE",
    "STATE",
    "WAITING",
    "Owed",
    "owed_of",
]

_event, _listener, _delivery, _heard = schema.event.c, schema.listener.c, delivery.c, heard_event.c
_earlier = schema.event.alias("earlier")
_older = schema.event.alias("older")
_work, _lifecycle = schema.metadata.tables["work"].c, schema.lifecycle.c
_event_columns = [column for column in schema.event.c if column.name != "shard"]
_listener_columns = (_listener.id, _listener.face, _listener.callback, _listener.query)
_OVER = (Checkpoint.CLOSED, Checkpoint.ENDED)


def _text(name: str) -> Any:
    return bindparam(name, type_=Text)


_before = (
    select(_earlier.c.state)
    .where(
        _earlier.c.order_id == _event.order_id,
        _earlier.c.seq < _event.seq,
        _earlier.c.resource_id == _event.resource_id,
    )
    .order_by(_earlier.c.seq.desc())
    .limit(1)
    .scalar_subquery()
)

LOCK_LISTENER = Statement(
    # SQLite has one writer at a time and leaves the words FOR UPDATE out.
    lambda _: select(*_listener_columns).where(_listener.id == _text("of_id")).with_for_update()
)
STATE = Statement(lambda _: select(listener_state.c.doc).where(listener_state.c.listener == _text("of_id")))
FORGET_STATE = Statement(lambda _: delete(listener_state).where(listener_state.c.listener == _text("of_id")))
CURSORS = Statement(lambda _: select(listener_state.c.doc).where(listener_state.c.cursor.is_not(None)))
LISTENERS_PAGE = Statement(
    lambda _: select(*_listener_columns).order_by(_listener.id).offset(bindparam("offset")).limit(bindparam("limit"))
)
LISTENERS_COUNT = Statement(lambda _: select(func.count()).select_from(schema.listener))
EVENT_BEFORE = Statement(lambda _: select(*_event_columns, _before).where(_event.id == _text("of_id")))
LAST_SUCCESS = Statement(lambda _: select(func.max(_delivery.at)).where(_delivery.listener == _text("of_id")))
DELIVERIES = Statement(
    lambda _: (
        select(_delivery.listener, _delivery.at, _delivery.status, _delivery.attempts, _delivery.round)
        .where(_delivery.event == _text("of_id"))
        .order_by(_delivery.at, _delivery.listener)
    )
)
_in_range = and_(_work.stream >= _text("first"), _work.stream < _text("beyond"))
WAITING = Statement(lambda _: select(func.count()).where(_in_range))
OLDEST_WORK = Statement(lambda _: select(func.min(_work.id)).where(_in_range))


def _put_state(dialect: str) -> Any:
    new = insert_into(dialect, listener_state)
    names = ("status", "cursor", "round", "doc")
    return new.on_conflict_do_update(
        index_elements=[listener_state.c.listener], set_={name: new.excluded[name] for name in names}
    )


def _put_delivery(dialect: str) -> Any:
    new = insert_into(dialect, delivery)
    names = ("at", "status", "attempts", "round")
    return new.on_conflict_do_update(
        index_elements=[_delivery.listener, _delivery.event, _delivery.shard],
        set_={name: new.excluded[name] for name in names},
    )


PUT_STATE = Statement(_put_state)
PUT_DELIVERY = Statement(_put_delivery)

_old_events = (
    select(_event.id)
    .join(schema.lifecycle, _lifecycle.id == _event.order_id)
    .where(_event.id < _text("before"), or_(*(_lifecycle.checkpoint == over.value for over in _OVER)))
    .order_by(_event.id)
    .limit(bindparam("limit"))
)
PURGE_EVENTS = Statement(lambda _: delete(schema.event).where(_event.id.in_(_old_events)).returning(_event.id))
_old_deliveries = select(_delivery.event).where(_delivery.event < _text("before")).limit(bindparam("limit"))
PURGE_DELIVERIES = Statement(lambda _: delete(delivery).where(_delivery.event.in_(_old_deliveries)))
_old_heard = (
    select(_heard.id)
    .where(_heard.status == HeardStatus.CLAIMED.value, _heard.received < bindparam("before", type_=BigInteger))
    .limit(bindparam("limit"))
)
PURGE_HEARD = Statement(lambda _: delete(heard_event).where(_heard.id.in_(_old_heard)))

HEARD = Statement(lambda _: select(_heard.doc, _heard.digest, _heard.times).where(_heard.id == _text("of_id")))
ADD_HEARD = Statement(lambda dialect: insert_into(dialect, heard_event).on_conflict_do_nothing())
CHANGE_HEARD = Statement(
    lambda _: (
        update(heard_event)
        .where(_heard.id == _text("of_id"))
        .values({name: bindparam(f"new_{name}") for name in ("status", "times", "doc")})
    )
)
_is_listed = or_(_text("status").is_(None), _heard.status == _text("status"))
HEARD_PAGE = Statement(
    lambda _: (
        select(_heard.doc, _heard.digest, _heard.times)
        .where(_is_listed)
        .order_by(_heard.received.desc(), _heard.id.desc())
        .offset(bindparam("offset"))
        .limit(bindparam("limit"))
    )
)
HEARD_COUNT = Statement(lambda _: select(func.count()).select_from(heard_event).where(_is_listed))


class Owed:
    """The questions about what is owed to a listener of a face; all bind `listener`, `round` and `cursor`.

    Ids of events rise with time, but only by the clocks of the hosts that made them: of one order, a newer event may
    have the lesser id. What stands in the lane of events as they happen is for that lane to deliver or to hand over.
    """

    def __init__(self, kinds: frozenset[ResourceKind]) -> None:
        is_owed = and_(_is_one_of(schema.event, kinds), _event.id >= _text("cursor"), ~_taken(schema.event))
        owed = select(_event.id, _event.order_id, _event.seq).where(is_owed).order_by(_event.id)
        looked_at = owed.limit(bindparam("looked")).subquery()
        ready = select(looked_at.c.id).where(~_stands(looked_at)).order_by(looked_at.c.id)
        first = ready.limit(bindparam("limit")).subquery()
        older = (
            select(_older.c.id)
            .join(looked_at, and_(looked_at.c.order_id == _older.c.order_id, looked_at.c.seq > _older.c.seq))
            .where(looked_at.c.id <= _text("last"), _older.c.id > _text("last"))
            .where(_is_one_of(_older, kinds), ~_taken(_older), ~_stands(_older))
            .distinct()
            .subquery()
        )
        some = select(*_event_columns, _before).order_by(_event.id)
        counted = select(_event.id).where(is_owed).limit(BACKLOG_SEEN).subquery()
        self.first = Statement(lambda _: some.join(first, first.c.id == _event.id))
        self.older = Statement(lambda _: some.join(older, older.c.id == _event.id))
        self.left = Statement(lambda _: owed.with_only_columns(_event.id).limit(bindparam("limit")))
        self.count = Statement(lambda _: select(func.count(counted.c.id)))


def _is_one_of(events: FromClause, kinds: frozenset[ResourceKind]) -> ColumnElement[bool]:
    return or_(*(events.c.kind == kind.value for kind in sorted(kinds)))


def _taken(events: FromClause) -> ColumnElement[bool]:
    """Whether the listener took an event in this round."""
    return exists_().where(
        _delivery.listener == _text("listener"),
        _delivery.event == events.c.id,
        _delivery.round >= bindparam("round", type_=BigInteger),
    )


def _stands(events: FromClause) -> ColumnElement[bool]:
    """Whether the work of an event stands in the lane of events as they happen: looked up event by event.

    A scalar question, since PostgreSQL would make a join of another kind, and read all works for a few events.
    """
    works = select(_work.seq).where(
        _work.stream == HUB_LANE + "|" + _text("listener") + "/" + events.c.order_id,
        _work.id == events.c.id + "/" + _text("listener"),
    )
    return works.limit(1).scalar_subquery().is_not(None)


@lru_cache
def owed_of(kinds: frozenset[ResourceKind]) -> Owed:
    """Return the questions for listeners of these kinds of resources."""
    return Owed(kinds)
