"""The SQL of exceptions, compiled once. The database works out ages in whole seconds, money in whole minutes held."""

from typing import Any

from sqlalchemy import BigInteger, Text, and_, bindparam, case, func, insert, literal, or_, select, union, update

from gateway.canonical.exceptions import GroupStatus
from gateway.ports.exceptions import AGES
from gateway.storage import schema, schema_exceptions
from gateway.streams.sql import Statement, insert_into

__all__ = [
    "ADD_CASE",
    "ADD_EVENT",
    "ADD_GROUP",
    "ADD_REPLAY",
    "ADD_STAKE",
    "ADOPTED",
    "AGE_ROWS",
    "CASES",
    "CASES_COUNT",
    "CHANGE_GROUP",
    "CLOSE_CASE",
    "EVENTS",
    "EVENTS_ALL",
    "FIX",
    "GROUP",
    "HEALTHY",
    "LAST_DECISION",
    "MARK_ASKED",
    "MEMBERS",
    "MONEY",
    "NOTE_RECURRENCE",
    "OPENINGS",
    "ORDERS",
    "OWNER_AGES",
    "PROGRESS",
    "PUT_FIX",
    "REOPEN",
    "REPLAY",
    "SETTLE",
    "TALLY",
    "TOUCHES",
    "groups_statement",
]

_case, _stake = schema_exceptions.case.c, schema_exceptions.stake.c
_group, _event = schema_exceptions.group.c, schema_exceptions.group_event.c
_fix, _replay = schema_exceptions.fix.c, schema_exceptions.replay.c
_print = bindparam("of_print", type_=Text)
_now = bindparam("now", type_=BigInteger)
_is_open = _case.closed.is_(None)
_SECOND = 1_000_000
_DONE_WITH = (GroupStatus.VERIFIED.value, GroupStatus.CLOSED.value)

# -- what a change writes ----------------------------------------------------------------------------------------------

ADD_CASE = Statement(lambda dialect: insert_into(dialect, schema_exceptions.case).on_conflict_do_nothing())
ADD_STAKE = Statement(lambda dialect: insert_into(dialect, schema_exceptions.stake).on_conflict_do_nothing())
ADD_GROUP = Statement(lambda dialect: insert_into(dialect, schema_exceptions.group).on_conflict_do_nothing())
CLOSE_CASE = Statement(
    lambda _: (
        update(schema_exceptions.case)
        .where(_case.order_id == bindparam("of_order"), _case.fingerprint == _print, _is_open)
        .values(closed=bindparam("new_closed"), cause=bindparam("new_cause"))
    )
)
_is_done_with = and_(_group.fingerprint == _print, _group.status.in_([literal(word) for word in _DONE_WITH]))
REOPEN = Statement(
    lambda _: (
        update(schema_exceptions.group)
        .where(_is_done_with)
        .values(status="open", reopened=_group.reopened + literal(1))
    )
)
NOTE_RECURRENCE = Statement(
    lambda _: insert(schema_exceptions.group_event).from_select(
        ["id", "fingerprint", "at", "what", "detail"],
        select(
            bindparam("new_id", type_=Text),
            _group.fingerprint,
            bindparam("new_at", type_=BigInteger),
            literal("reopened"),
            literal("{}"),
        ).where(_is_done_with),
    )
)
MARK_ASKED = Statement(
    lambda _: (
        update(schema_exceptions.replay)
        .where(_replay.fix == bindparam("of_fix"), _replay.order_id == bindparam("of_order"))
        .values(state="asked", at=bindparam("new_at"))
    )
)

# -- groups ------------------------------------------------------------------------------------------------------------

_columns = [
    _group.fingerprint,
    _group.first,
    _group.fault_class,
    _group.known_at,
    _group.signature,
    _group.status,
    _group.owner,
    _group.suspected_cause,
    _group.note,
    _group.fix,
    _group.reopened,
]
_held = (_now - _case.opened) // literal(60 * _SECOND)
_worth = func.sum(_stake.monthly * _held)


def _of_open(column: Any) -> Any:
    return select(column).where(_case.fingerprint == _group.fingerprint, _is_open).correlate(_group.fingerprint.table)


def groups_statement(sort: str, *, counted: bool) -> Statement:
    """Return the query of a page of groups, or with `counted` of how many match."""

    def build(_: str) -> Any:
        where = and_(
            *(
                or_(bindparam(name, type_=Text).is_(None), column == bindparam(name, type_=Text))
                for name, column in (
                    ("status", _group.status),
                    ("owner", func.coalesce(_group.owner, literal(""))),
                    ("gate", _group.gate),
                    ("fault_class", _group.fault_class),
                )
            )
        )
        if counted:
            return select(func.count()).select_from(schema_exceptions.group).where(where)
        by_currency = (
            select(_worth.label("worth"))
            .join(schema_exceptions.case, _case.id == _stake.case_id)
            .where(_case.fingerprint == _group.fingerprint, _is_open)
            .group_by(_stake.currency)
            .correlate(schema_exceptions.group)
            .subquery()
        )
        order = {
            "money": func.coalesce(select(func.max(by_currency.c.worth)).scalar_subquery(), 0).desc(),
            "count": _of_open(func.count(_case.order_id.distinct())).scalar_subquery().desc(),
            "age": func.coalesce(_of_open(func.min(_case.opened)).scalar_subquery(), literal(2**62)),
        }[sort]
        page = select(*_columns).where(where).order_by(order, _group.first.desc(), _group.fingerprint)
        return page.offset(bindparam("offset")).limit(bindparam("limit"))

    return Statement(build)


GROUP = Statement(
    lambda _: (
        select(*_columns)
        .where(_group.fingerprint >= _print, _group.fingerprint < bindparam("beyond", type_=Text))
        .order_by(_group.fingerprint)
        .limit(literal(2))
    )
)
TALLY = Statement(
    lambda _: select(
        func.count(),
        func.count(_case.order_id.distinct()),
        func.count(case((_is_open, _case.order_id)).distinct()),
        func.max(_case.opened),
        func.min(case((_is_open, _case.opened))),
    ).where(_case.fingerprint == _print)
)
MONEY = Statement(
    lambda _: (
        select(_stake.currency, _worth)
        .join(schema_exceptions.case, _case.id == _stake.case_id)
        .where(_case.fingerprint == _print, _is_open)
        .group_by(_stake.currency)
    )
)


def _bucket(seconds: Any) -> Any:
    bounds = [(seconds < literal(round(bound)), literal(name)) for name, bound in AGES if bound is not None]
    return case(*bounds, else_=literal(AGES[-1][0]))


def _clock_seconds() -> Any:
    """The seconds that count of an order in a group: those in which the customer was not waited for."""
    until = func.coalesce(_case.closed, _now)
    ours = case((_case.blocked_by == literal("customer"), literal(0)), else_=until - _case.opened)
    return func.sum(ours) // literal(_SECOND)


_held_orders = select(_case.order_id).where(_case.fingerprint == _print, _is_open)
_clocks = (
    select(_clock_seconds().label("seconds"))
    .where(_case.fingerprint == _print, _case.order_id.in_(_held_orders))
    .group_by(_case.order_id)
    .subquery()
)
AGE_ROWS = Statement(
    lambda _: select(_bucket(_clocks.c.seconds), func.count()).select_from(_clocks).group_by(_bucket(_clocks.c.seconds))
)
_everybodys = (
    select(
        func.coalesce(_group.owner, literal("")).label("owner"),
        _clock_seconds().label("seconds"),
        func.max(case((_is_open, literal(1)), else_=literal(0))).label("open"),
    )
    .join(schema_exceptions.group, _group.fingerprint == _case.fingerprint)
    .group_by(func.coalesce(_group.owner, literal("")), _case.order_id, _case.fingerprint)
    .subquery()
)
OWNER_AGES = Statement(
    lambda _: (
        select(_everybodys.c.owner, _bucket(_everybodys.c.seconds), func.count())
        .where(_everybodys.c.open == literal(1))
        .group_by(_everybodys.c.owner, _bucket(_everybodys.c.seconds))
    )
)
CHANGE_GROUP = Statement(
    lambda _: (
        update(schema_exceptions.group)
        .where(_group.fingerprint == _print)
        .values(
            {
                name: case(
                    (bindparam(f"has_{name}") == literal(1), bindparam(f"new_{name}", type_=Text)), else_=_group[name]
                )
                for name in ("status", "owner", "suspected_cause", "note", "fix")
            }
        )
    )
)

# -- members -----------------------------------------------------------------------------------------------------------

_open_or_all = or_(bindparam("open_only") == literal(0), _is_open)
CASES = Statement(
    lambda _: (
        select(_case.doc, _case.closed, _case.cause)
        .where(_case.fingerprint == _print, _open_or_all)
        .order_by(_case.opened, _case.id)
        .offset(bindparam("offset"))
        .limit(bindparam("limit"))
    )
)
CASES_COUNT = Statement(
    lambda _: select(func.count()).select_from(schema_exceptions.case).where(_case.fingerprint == _print, _open_or_all)
)
MEMBERS = Statement(
    lambda _: (
        select(_case.order_id)
        .where(_case.fingerprint == _print, _is_open)
        .group_by(_case.order_id)
        .order_by(func.min(_case.opened), _case.order_id)
    )
)
_lifecycle, _hold, _decision = schema.lifecycle.c, schema.hold.c, schema.decision.c
_PAST_INTAKE = ("release", "ready", "activated", "delivered", "charged", "billed", "closed")
HEALTHY = Statement(
    lambda _: (
        select(_lifecycle.id)
        .where(
            _lifecycle.root == literal("productOrder"),
            _lifecycle.checkpoint.in_([literal(word) for word in _PAST_INTAKE]),
            ~select(_hold.id).where(_hold.order_id == _lifecycle.id, _hold.released.is_(None)).exists(),
        )
        .order_by(_lifecycle.created.desc())
        .limit(bindparam("limit"))
    )
)
LAST_DECISION = Statement(
    lambda _: (
        select(_decision.doc)
        .where(_decision.order_id == bindparam("of_order"))
        .order_by(_decision.position.desc())
        .limit(literal(1))
    )
)

# -- what is done about groups -----------------------------------------------------------------------------------------

ADD_EVENT = Statement(lambda _: insert(schema_exceptions.group_event))
EVENTS_ALL = Statement(
    lambda _: select(_event.fingerprint, _event.at, _event.what, _event.who, _event.detail).order_by(
        _event.at, _event.id
    )
)
EVENTS = Statement(
    lambda _: (
        select(_event.fingerprint, _event.at, _event.what, _event.who, _event.detail)
        .where(_event.fingerprint == _print)
        .order_by(_event.at, _event.id)
    )
)


def _put_fix(dialect: str) -> Any:
    new = insert_into(dialect, schema_exceptions.fix)
    changed = {"adopted": new.excluded.adopted, "doc": new.excluded.doc}
    return new.on_conflict_do_update(index_elements=[_fix.id], set_=changed)


PUT_FIX = Statement(_put_fix)
FIX = Statement(lambda _: select(_fix.doc).where(_fix.id == bindparam("of_fix")))
ADOPTED = Statement(
    lambda _: (
        select(_fix.doc).where(_fix.adopted.is_not(None), _fix.has_policy == literal(1)).order_by(_fix.adopted, _fix.id)
    )
)


def _add_replay(dialect: str) -> Any:
    new = insert_into(dialect, schema_exceptions.replay)
    return new.on_conflict_do_update(
        index_elements=[_replay.fix, _replay.order_id],
        set_={"state": "pending", "round": new.excluded.round, "at": None},
        where=_replay.state.in_([literal("held"), literal("ended"), literal("released")]),
    )


ADD_REPLAY = Statement(_add_replay)
PROGRESS = Statement(
    lambda _: select(_replay.state, func.count()).where(_replay.fix == bindparam("of_fix")).group_by(_replay.state)
)
REPLAY = Statement(
    lambda _: select(_replay.state, _replay.at).where(
        _replay.fix == bindparam("of_fix"), _replay.order_id == bindparam("of_order")
    )
)
SETTLE = Statement(
    lambda _: (
        update(schema_exceptions.replay)
        .where(
            _replay.fix == bindparam("of_fix"),
            _replay.order_id == bindparam("of_order"),
            _replay.state.in_([literal("pending"), literal("asked")]),
        )
        .values(state=bindparam("new_state"))
    )
)

# -- metrics -----------------------------------------------------------------------------------------------------------

OPENINGS = Statement(lambda _: select(_case.doc, _case.closed, _case.cause).order_by(_case.opened, _case.id))
_refused = (
    select(_case.order_id.label("id"), func.min(_case.opened).label("at"))
    .where(_case.origin == literal("reject"))
    .group_by(_case.order_id)
)
ORDERS = Statement(
    lambda _: union(
        select(_lifecycle.id.label("id"), _lifecycle.created.label("at")).where(
            _lifecycle.root != literal("customerBillOnDemand")
        ),
        _refused,
    )
)
TOUCHES = Statement(lambda _: select(func.count()).select_from(schema_exceptions.replay).where(_replay.at.is_not(None)))
