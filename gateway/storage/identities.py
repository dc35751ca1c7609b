"""The map of identities on SQL."""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, func, or_, select, true

from gateway.canonical.identity import RESOURCE_KINDS, Identity, LegacyKey
from gateway.canonical.ids import shard_of
from gateway.ports.errors import StaleVersion
from gateway.ports.identity import IdentityQuery
from gateway.storage.schema_agreement import identity
from gateway.streams.sql import Connection, Statement, Transactions, insert_into, micros

__all__ = ["IdentityTables", "identity_step"]

_table = identity.c
_CHANGING = ("valid_to", "doc")
_FILTERS: dict[str, ColumnElement[bool]] = {
    name: _table[name] == bindparam(name) for name in ("system", "scheme", "legacy_id", "our_id", "order_id", "kind")
} | {
    "at": and_(_table.valid_from <= bindparam("at"), or_(_table.valid_to.is_(None), _table.valid_to > bindparam("at")))
}


def _put(dialect: str) -> Any:
    new = insert_into(dialect, identity)
    return new.on_conflict_do_update(
        index_elements=[_table.id, _table.shard], set_={name: new.excluded[name] for name in _CHANGING}
    )


PUT = Statement(_put)
NAMED = Statement(
    lambda _: (
        select(_table.doc)
        .where(*(_table[name] == bindparam(name) for name in LegacyKey._fields))
        .order_by(_table.recorded, _table.id)
    )
)
OURS = Statement(
    lambda _: select(_table.doc).where(_table.our_id == bindparam("our_id")).order_by(_table.recorded, _table.id)
)


def identity_step(identities: Iterable[Identity]) -> Callable[[Connection], None]:
    """Return the function that stores identities. It raises StaleVersion where one of ours would be two.

    Whoever stores looked at the map before; this is for what another transaction wrote in between.
    """
    rows = [(one, _row(one)) for one in identities]
    names = [f"identity {one.key}" for one, _ in rows if one.valid_to is None and one.kind not in RESOURCE_KINDS]

    def store(conn: Connection) -> None:
        conn.lock(*names)
        for one, row in rows:
            if one.valid_to is None and one.kind not in RESOURCE_KINDS:
                known = [Identity.model_validate_json(doc) for (doc,) in conn.run(NAMED, one.key._asdict())]
                if any(one.overlaps(other) and not one.is_same(other) for other in known):
                    raise StaleVersion(f"the identity of {one.scheme} {one.legacy_id} in {one.system}")
            conn.change(PUT, row)

    return store


class IdentityTables:
    """Implements `gateway.ports.identity.IdentityStore`."""

    _database: Transactions

    async def find_identities(self, query: IdentityQuery) -> tuple[Sequence[Identity], int]:
        """Return a page of identities, oldest first, and how many match in all."""
        asked = {name: getattr(query, name) for name in _FILTERS if getattr(query, name) is not None}
        binds: dict[str, Any] = {name: micros(value) if name == "at" else value for name, value in asked.items()}
        page, count = _statements(frozenset(asked))

        def read(conn: Connection) -> tuple[Sequence[Identity], int]:
            docs = conn.run(page, binds | {"offset": max(0, query.offset), "limit": max(0, query.limit)})
            ((total,),) = conn.run(count, binds)
            return tuple(Identity.model_validate_json(doc) for (doc,) in docs), total

        return await self._database.read(read)

    async def identities_named(self, keys: Sequence[LegacyKey], ours: Sequence[str] = ()) -> tuple[Identity, ...]:
        """Return everything that was ever said of some legacy objects, and of some of ours."""

        def read(conn: Connection) -> tuple[Identity, ...]:
            found = [doc for key in dict.fromkeys(keys) for (doc,) in conn.run(NAMED, key._asdict())]
            found += [doc for our_id in dict.fromkeys(ours) for (doc,) in conn.run(OURS, {"our_id": our_id})]
            return tuple(Identity.model_validate_json(doc) for doc in dict.fromkeys(found))

        return await self._database.read(read)


@lru_cache(maxsize=256)
def _statements(asked: frozenset[str]) -> tuple[Statement, Statement]:
    where = [_FILTERS[name] for name in sorted(asked)] or [true()]
    return (
        Statement(
            lambda _: (
                select(_table.doc)
                .where(*where)
                .order_by(_table.recorded, _table.id)
                .offset(bindparam("offset"))
                .limit(bindparam("limit"))
            )
        ),
        Statement(lambda _: select(func.count()).select_from(identity).where(*where)),
    )


def _row(one: Identity) -> dict[str, Any]:
    plain = {name: str(getattr(one, name)) for name in ("id", *LegacyKey._fields, "kind", "our_id", "order_id")}
    return plain | {
        "shard": shard_of(one.order_id),
        "valid_from": micros(one.valid_from),
        "valid_to": None if one.valid_to is None else micros(one.valid_to),
        "recorded": micros(one.recorded_at),
        "doc": one.model_dump_json(exclude_none=True),
    }
