"""The SQL of exceptions, compiled once. The database works out ages in whole seconds, money in whole minutes held."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Text,
    and_,
    bindparam,
    case,
    func,
    insert,
    literal,
    or_,
    select,
    union,
    union_all,
    update,
)

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
    "CASES",
    "CASES_COUNT",
    "CHANGE_GROUP",
    "CLOSE_CASE",
    "EVENTS",
    "EVENTS_ALL",
    "FIGURES",
    "FIGURES_OF_ALL",
    "FIX",
    "GROUP",
    "GROUPS",
    "HEALTHY",
    "LAST_DECISION",
    "MARK_ASKED",
    "MEMBERS",
    "MONEY",
    "MONEY_OF_ALL",
    "NOTE_RECURRENCE",
    "OPENINGS",
    "ORDERS",
    "PROGRESS",
    "PUT_FIX",
    "REOPEN",
    "REPLAY",
    "SETTLE",
    "TOUCHES",
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
_by_filter = and_(
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
GROUPS = Statement(lambda _: select(*_columns).where(_by_filter))
GROUP = Statement(
    lambda _: (
        select(*_columns)
        .where(_group.fingerprint >= _print, _group.fingerprint < bindparam("beyond", type_=Text))
        .order_by(_group.fingerprint)
        .limit(literal(2))
    )
)

# -- figures -----------------------------------------------------------------------------------------------------------

_MINUTE = 60 * _SECOND
_open_one = case((_is_open, literal(1)), else_=literal(0))
_until = func.coalesce(_case.closed, _now)
# The seconds that count: those in which the customer was not waited for.
_ours = case((_case.blocked_by == literal("customer"), literal(0)), else_=_until - _case.opened)


def _figures(*, one: bool) -> Statement:
    """Return the query of what is counted: of one group, or of all in one pass over an index."""

    def build(_: str) -> Any:
        orders = (
            select(
                _case.fingerprint.label("fingerprint"),
                func.count().label("cases"),
                func.max(_open_one).label("open"),
                func.max(_case.opened).label("last"),
                func.min(case((_is_open, _case.opened))).label("oldest"),
                (func.sum(_ours) // literal(_SECOND)).label("seconds"),
            )
            .where(*((_case.fingerprint == _print,) if one else ()))
            .group_by(_case.fingerprint, _case.order_id)
            .subquery()
        )
        c = orders.c
        ages, low = [], 0
        for _name, bound in AGES:
            inside = [c.open == literal(1), c.seconds >= literal(low)]
            if bound is not None:
                inside.append(c.seconds < literal(round(bound)))
                low = round(bound)
            ages.append(func.sum(case((and_(*inside), literal(1)), else_=literal(0))))
        counted = (func.sum(c.cases), func.count(), func.sum(c.open), func.max(c.last), func.min(c.oldest))
        return select(c.fingerprint, *counted, *ages).group_by(c.fingerprint)

    return Statement(build)


FIGURES, FIGURES_OF_ALL = _figures(one=True), _figures(one=False)


def _money(*, one: bool) -> Statement:
    """Return the query of monthly charges times minutes held, by group and currency."""

    def build(_: str) -> Any:
        where = [_is_open, *((_case.fingerprint == _print,) if one else ())]
        held = (_now - _case.opened) // literal(_MINUTE)
        first = (
            select(_case.fingerprint, _case.currency, func.sum(_case.monthly * held))
            .where(*where, _case.currency.is_not(None))
            .group_by(_case.fingerprint, _case.currency)
        )
        more = (
            select(_case.fingerprint, _stake.currency, func.sum(_stake.monthly * held))
            .join(schema_exceptions.case, _case.id == _stake.case_id)
            .where(*where)
            .group_by(_case.fingerprint, _stake.currency)
        )
        return union_all(first, more)

    return Statement(build)


MONEY, MONEY_OF_ALL = _money(one=True), _money(one=False)
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
        set_={"state": "pending", "round": _replay.round + literal(1), "at": None},
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
