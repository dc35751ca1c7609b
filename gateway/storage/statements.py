"""The SQL of the repository, compiled once."""

from typing import Any

from sqlalchemy import (
    BindParameter,
    Boolean,
    Table,
    Text,
    and_,
    bindparam,
    case,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from gateway.canonical.lifecycle import ResourceKind
from gateway.storage import schema
from gateway.streams.sql import Statement, insert_into

__all__ = [
    "ADD_DECISION",
    "ADD_EVENT",
    "ADD_FACT",
    "ADD_INPUTS",
    "ADD_LIFECYCLE",
    "ADD_LISTENER",
    "ADD_RESOURCE",
    "CHANGE_LIFECYCLE",
    "CHANGE_RESOURCE",
    "CHECKPOINTS",
    "DECISIONS",
    "EVENT",
    "EVENTS",
    "FACTS",
    "HOLDS",
    "INPUTS",
    "LIFECYCLE",
    "LISTENER",
    "LISTENERS",
    "OF_ORDER",
    "OPEN_HOLDS",
    "OPEN_HOLDS_COUNT",
    "OPEN_HOLDS_OF_ORDER",
    "OWNER",
    "PARKED_COUNT",
    "PUT_HOLD",
    "REMOVE_LISTENER",
    "REMOVE_RESOURCE",
    "RESOURCE",
    "SUMMARIES",
    "SUMMARIES_COUNT",
]

_order: BindParameter[str] = bindparam("order")


def _add(table: Table) -> Statement:
    return Statement(lambda _: insert(table))


def _of_each(make: Any) -> dict[ResourceKind, Statement]:
    return {kind: make(table) for kind, table in schema.RESOURCES.items()}


def _add_resource(table: Table) -> Statement:
    def build(dialect: str) -> Any:
        new = insert_into(dialect, table)
        changing = ("revision", "state", "external", "doc")
        return new.on_conflict_do_update(
            index_elements=[table.c.id, table.c.shard], set_={name: new.excluded[name] for name in changing}
        )

    return Statement(build)


def _change_resource(table: Table) -> Statement:
    # By id alone: a resource stays in the shard of the order that it first belonged to.
    changed: dict[str, Any] = {name: bindparam(f"new_{name}") for name in ("revision", "state", "external", "doc")}
    return Statement(lambda _: update(table).where(table.c.id == bindparam("of_id")).values(changed))


def _next_position(table: Table) -> Any:
    return (
        select(func.coalesce(func.max(table.c.position), 0) + 1)
        .where(table.c.order_id == _order)
        .correlate(None)
        .scalar_subquery()
    )


def _add_chained(table: Table, *names: str) -> Statement:
    """Add a row at the end of its order's chain; nothing where its id is there already."""
    columns = {"order_id": _order, "position": _next_position(table)}
    columns |= {name: bindparam(f"new_{name}") for name in ("id", "shard", "doc", *names)}
    return Statement(lambda dialect: insert_into(dialect, table).values(columns).on_conflict_do_nothing())


def _put_hold(dialect: str) -> Any:
    table = schema.hold
    names = ("id", "shard", "since", "released", "doc")
    columns = {"order_id": _order, "position": _next_position(table)}
    new = insert_into(dialect, table).values(columns | {name: bindparam(f"new_{name}") for name in names})
    return new.on_conflict_do_update(
        index_elements=[table.c.id, table.c.shard], set_={"released": new.excluded.released, "doc": new.excluded.doc}
    )


def _of_order(table: Table) -> Statement:
    if table.name == "product_order":
        return Statement(lambda _: select(table.c.doc).where(table.c.id == _order))
    return Statement(
        lambda _: select(table.c.doc).where(table.c.order_id == _order).order_by(table.c.created, table.c.id)
    )


_lifecycle, _hold, _event, _listener = schema.lifecycle.c, schema.hold.c, schema.event.c, schema.listener.c
_is_open = _hold.released.is_(None)
_event_columns = [column for column in schema.event.c if column.name != "shard"]

ADD_LIFECYCLE = Statement(lambda dialect: insert_into(dialect, schema.lifecycle).on_conflict_do_nothing())
CHANGE_LIFECYCLE = Statement(
    lambda _: (
        update(schema.lifecycle)
        .where(
            _lifecycle.id == bindparam("of_id"),
            _lifecycle.shard == bindparam("of_shard"),
            _lifecycle.version == bindparam("before"),
        )
        .values(
            {name: bindparam(f"new_{name}") for name in ("version", "checkpoint", "doc")}
            | {"state": case((bindparam("is_shown", type_=Boolean), bindparam("new_state")), else_=_lifecycle.state)}
        )
    )
)
LIFECYCLE = Statement(lambda _: select(_lifecycle.doc).where(_lifecycle.id == _order))
CHECKPOINTS = Statement(lambda _: select(_lifecycle.checkpoint, func.count()).group_by(_lifecycle.checkpoint))
_is_listed = and_(
    or_(bindparam("checkpoint", type_=Text).is_(None), _lifecycle.checkpoint == bindparam("checkpoint", type_=Text)),
    or_(bindparam("state", type_=Text).is_(None), _lifecycle.state == bindparam("state", type_=Text)),
)
SUMMARIES = Statement(
    lambda _: (
        select(
            _lifecycle.id,
            _lifecycle.root,
            _lifecycle.checkpoint,
            _lifecycle.state,
            select(func.count()).where(_hold.order_id == _lifecycle.id, _is_open).scalar_subquery(),
        )
        .where(_is_listed)
        .order_by(_lifecycle.created, _lifecycle.id)
        .offset(bindparam("offset"))
        .limit(bindparam("limit"))
    )
)
SUMMARIES_COUNT = Statement(lambda _: select(func.count()).select_from(schema.lifecycle).where(_is_listed))

ADD_RESOURCE = _of_each(_add_resource)
CHANGE_RESOURCE = _of_each(_change_resource)
REMOVE_RESOURCE = _of_each(lambda table: Statement(lambda _: delete(table).where(table.c.id == bindparam("of_id"))))
RESOURCE = _of_each(lambda table: Statement(lambda _: select(table.c.doc).where(table.c.id == bindparam("of_id"))))
OWNER = _of_each(lambda table: Statement(lambda _: select(table.c.order_id).where(table.c.id == bindparam("of_id"))))
OF_ORDER = _of_each(_of_order)

ADD_FACT = _add_chained(schema.fact, "predicate", "serial")
FACTS = Statement(
    lambda _: select(schema.fact.c.doc).where(schema.fact.c.order_id == _order).order_by(schema.fact.c.position)
)

PUT_HOLD = Statement(_put_hold)
HOLDS = Statement(lambda _: select(_hold.doc).where(_hold.order_id == _order).order_by(_hold.position))
OPEN_HOLDS_OF_ORDER = Statement(
    lambda _: select(_hold.doc).where(and_(_hold.order_id == _order, _is_open)).order_by(_hold.position)
)
OPEN_HOLDS = Statement(
    lambda _: (
        select(_hold.doc)
        .where(_is_open)
        .order_by(_hold.since, _hold.id)
        .offset(bindparam("offset"))
        .limit(bindparam("limit"))
    )
)
OPEN_HOLDS_COUNT = Statement(lambda _: select(func.count()).select_from(schema.hold).where(_is_open))

ADD_DECISION = _add_chained(schema.decision)
DECISIONS = Statement(
    lambda _: (
        select(schema.decision.c.doc).where(schema.decision.c.order_id == _order).order_by(schema.decision.c.position)
    )
)

ADD_INPUTS = Statement(lambda dialect: insert_into(dialect, schema.judged_inputs).on_conflict_do_nothing())
INPUTS = Statement(lambda _: select(schema.judged_inputs.c.doc).where(schema.judged_inputs.c.id == bindparam("of_id")))

ADD_EVENT = _add(schema.event)
EVENTS = Statement(lambda _: select(*_event_columns).where(_event.order_id == _order).order_by(_event.seq))
EVENT = Statement(lambda _: select(*_event_columns).where(_event.id == bindparam("of_id")))

ADD_LISTENER = Statement(lambda dialect: insert_into(dialect, schema.listener).on_conflict_do_nothing())
LISTENER = Statement(
    lambda _: select(_listener.id, _listener.face, _listener.callback, _listener.query).where(
        _listener.id == bindparam("of_id")
    )
)
LISTENERS = Statement(lambda _: select(_listener.id, _listener.face).order_by(_listener.id))
REMOVE_LISTENER = Statement(lambda _: delete(schema.listener).where(_listener.id == bindparam("of_id")))

PARKED_COUNT = Statement(
    lambda _: (
        select(func.count())
        .select_from(schema.metadata.tables["stream"])
        .where(schema.metadata.tables["stream"].c.parked.is_not(None))
    )
)
