"""Keys that stand for a resource, on SQL: written with the resource, looked up where one comes again."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, delete, or_, select

from gateway.canonical.ids import shard_of
from gateway.canonical.lifecycle import ResourceKind
from gateway.ports.claims import Claim, Claimed
from gateway.ports.errors import ClaimTaken
from gateway.ports.repository import RESOURCE_TYPES
from gateway.storage.schema import event
from gateway.storage.schema_claim import claim
from gateway.streams.sql import Connection, Statement, Transactions, insert_into, micros

__all__ = ["ClaimTables", "claim_step"]

_table, _event = claim.c, event.c
_NAMED = ("kind", "resource_id", "order_id", "expires")


def _put(dialect: str) -> Any:
    names = ("tenant", "key", "shard", *_NAMED)
    new = insert_into(dialect, claim).values({name: bindparam(f"new_{name}") for name in names})
    is_free = or_(
        _table.resource_id == new.excluded.resource_id,
        _table.resource_id == bindparam("instead_of"),
        _table.expires <= bindparam("now"),
    )
    return new.on_conflict_do_update(
        index_elements=[_table.tenant, _table.key, _table.shard],
        set_={name: new.excluded[name] for name in _NAMED},
        where=is_free,
    )


PUT = Statement(_put)
CLAIMED = Statement(
    lambda _: (
        select(_table.kind, _table.resource_id, _event.resource)
        .join_from(
            claim,
            event,
            and_(
                _event.order_id == _table.order_id,
                _event.resource_id == _table.resource_id,
                _event.type == "create",
            ),
            isouter=True,
        )
        .where(
            _table.tenant == bindparam("tenant"),
            _table.key == bindparam("key"),
            or_(_table.expires.is_(None), _table.expires > bindparam("now")),
        )
        .order_by(_event.seq)
        .limit(1)
    )
)
_EXPIRED = select(_table.key).where(_table.expires <= bindparam("now")).limit(bindparam("limit"))
FORGET = Statement(lambda _: delete(claim).where(_table.key.in_(_EXPIRED), _table.expires <= bindparam("now")))


def claim_step(claims: Iterable[Claim], now: datetime) -> Callable[[Connection], None]:
    """Return the function that stores claims. It raises ClaimTaken where one stands for another resource."""
    at = micros(now)
    rows = [(one.name, _row(one, at)) for one in claims]

    def store(conn: Connection) -> None:
        for name, row in rows:
            if not conn.change(PUT, row):
                raise ClaimTaken(name)

    return store


class ClaimTables:
    """Implements `gateway.ports.claims.ClaimStore`."""

    _database: Transactions

    async def claimed(self, tenant: str, keys: Sequence[str], now: datetime) -> tuple[Claimed, ...]:
        """Return what keys stand for now; those that stand for nothing are left out."""

        def read(conn: Connection) -> tuple[Claimed, ...]:
            binds = {"tenant": tenant, "now": micros(now)}
            return tuple(
                Claimed(key, kind, resource_id, RESOURCE_TYPES[kind].model_validate_json(doc) if doc else None)
                for key in keys
                for kind, resource_id, doc in (
                    (ResourceKind(word), resource_id, doc)
                    for word, resource_id, doc in conn.run(CLAIMED, binds | {"key": key})
                )
            )

        return await self._database.read(read)

    async def forget_claims(self, now: datetime, limit: int = 1000) -> int:
        """Remove keys that have expired, at most so many; return how many."""
        binds = {"now": micros(now), "limit": limit}
        return await self._database.write(lambda conn: conn.change(FORGET, binds))


def _row(one: Claim, now: int) -> dict[str, Any]:
    return {
        "new_tenant": one.tenant,
        "new_key": one.key,
        "new_shard": shard_of(one.key),
        "new_kind": one.kind.value,
        "new_resource_id": one.resource_id,
        "new_order_id": one.order_id,
        "new_expires": None if one.expires is None else micros(one.expires),
        "instead_of": one.instead_of,
        "now": now,
    }
