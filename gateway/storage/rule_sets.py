"""Rule sets on SQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update

from gateway.ports.rule_sets import RuleSetStatus, StoredRuleSet
from gateway.storage.schema_rule_sets import rule_set
from gateway.streams.sql import Connection, Statement, Transactions

__all__ = ["SqlRuleSets"]

_LOCK = "rule_set"  # numbers rise without a gap, and one is active
_c = rule_set.c
_ADD = Statement(lambda _: insert(rule_set))
_ONE = Statement(lambda _: select(_c.doc).where(_c.number == bindparam("of_number")))
_PAGE = Statement(
    lambda _: select(_c.doc).order_by(_c.number.desc()).offset(bindparam("offset")).limit(bindparam("limit"))
)
_COUNT = Statement(lambda _: select(func.count()).select_from(rule_set))
_LAST = Statement(lambda _: select(func.coalesce(func.max(_c.number), 0)))
_NEWEST = Statement(
    lambda _: select(_c.doc).where(_c.origin == bindparam("of_origin")).order_by(_c.number.desc()).limit(1)
)
_ACTIVE = Statement(lambda _: select(_c.number).where(_c.status == RuleSetStatus.ACTIVE.value))
_SAME = Statement(
    lambda _: (
        select(_c.doc)
        .where(_c.digest == bindparam("of_digest"), _c.status != RuleSetStatus.RETIRED.value)
        .order_by(_c.number.desc())
        .limit(1)
    )
)
_CHANGE = Statement(
    lambda _: (
        update(rule_set)
        .where(_c.number == bindparam("of_number"))
        .values({"status": bindparam("new_status"), "doc": bindparam("new_doc")})
    )
)


class SqlRuleSets:
    """Implements `gateway.ports.rule_sets.RuleSets`."""

    def __init__(self, database: Transactions) -> None:
        self._database = database

    async def add(self, rule_set: StoredRuleSet) -> StoredRuleSet:
        """Store a rule set under the next number; the same document, staged or active, keeps its number."""

        def write(conn: Connection) -> StoredRuleSet:
            conn.lock(_LOCK)
            same = _read(conn.run(_SAME, {"of_digest": rule_set.digest}))
            if same is not None:
                return _put(conn, same.model_copy(update={"check": rule_set.check}))
            ((last,),) = conn.run(_LAST, {})
            new = rule_set.model_copy(update={"number": last + 1})
            conn.change(
                _ADD,
                {
                    "number": new.number,
                    "status": new.status.value,
                    "origin": new.origin,
                    "digest": new.digest,
                    "doc": new.model_dump_json(),
                },
            )
            return new

        return await self._database.write(write)

    async def get(self, number: int) -> StoredRuleSet | None:
        """Return one rule set, or None."""
        return await self._database.read(lambda conn: _read(conn.run(_ONE, {"of_number": number})))

    async def page(self, *, offset: int = 0, limit: int = 100) -> tuple[Sequence[StoredRuleSet], int]:
        """Return rule sets, newest first, and how many there are."""

        def read(conn: Connection) -> tuple[Sequence[StoredRuleSet], int]:
            docs = conn.run(_PAGE, {"offset": max(0, offset), "limit": max(0, limit)})
            ((total,),) = conn.run(_COUNT, {})
            return tuple(StoredRuleSet.model_validate_json(doc) for (doc,) in docs), total

        return await self._database.read(read)

    async def newest_from(self, origin: str) -> StoredRuleSet | None:
        """Return the newest rule set of an origin, or None."""
        return await self._database.read(lambda conn: _read(conn.run(_NEWEST, {"of_origin": origin})))

    async def active_number(self) -> int | None:
        """Return the number of the active rule set, or None: then the rules are as they are built in."""
        rows = await self._database.read(lambda conn: conn.run(_ACTIVE, {}))
        return rows[0][0] if rows else None

    async def activate(
        self, number: int, *, who: str, at: datetime, reason: str | None, check: Mapping[str, Any]
    ) -> StoredRuleSet | None:
        """Make one rule set the active one and retire the one before; None where there is none of that number."""

        def write(conn: Connection) -> StoredRuleSet | None:
            conn.lock(_LOCK)
            wanted = _read(conn.run(_ONE, {"of_number": number}))
            if wanted is None:
                return None
            for (active,) in conn.run(_ACTIVE, {}):
                before = _read(conn.run(_ONE, {"of_number": active}))
                if before is not None and active != number:
                    _put(conn, before.model_copy(update={"status": RuleSetStatus.RETIRED}))
            given = {"activated_at": at, "activated_by": who, "reason": reason, "check": dict(check)}
            return _put(conn, wanted.model_copy(update={"status": RuleSetStatus.ACTIVE, **given}))

        return await self._database.write(write)


def _read(rows: Sequence[tuple[Any, ...]]) -> StoredRuleSet | None:
    return StoredRuleSet.model_validate_json(rows[0][0]) if rows else None


def _put(conn: Connection, rule_set: StoredRuleSet) -> StoredRuleSet:
    changed = {"of_number": rule_set.number, "new_status": rule_set.status.value, "new_doc": rule_set.model_dump_json()}
    conn.change(_CHANGE, changed)
    return rule_set
