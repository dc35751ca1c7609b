"""All work on the tables. A change is one transaction: its mark first, then delete and insert of what it is about."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, Table, and_, delete, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as insert_once
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.radius_sql.faults import RowFault
from adapters.radius_sql.rows import AUTH_TYPE, PASSWORD, RATE_LIMIT, Attribute, Change, Held, Mark, Subscriber
from adapters.radius_sql.tables import ADDRESSES, CHECKS, GROUP_REPLIES, GROUPS, MARKS, OWN_ROWS, REPLIES
from adapters.sdk.sql import SqlClient

__all__ = ["RadiusTables"]

_FOREVER = datetime(9999, 12, 31)  # noqa: DTZ001 - the column has no zone
_NOBODY_S = ("", "0")
"""The keys of an address that nobody has. Its time says nothing: the schema rounds it, and takes it in any zone."""
_ITSELF = ("reference", "item", "verb", "username", "specification", "product", "offering", "address")


class RadiusTables:
    """The database behind one RADIUS server. Methods may raise what `SqlClient` raises."""

    def __init__(self, sql: SqlClient, pool: str) -> None:
        self._sql, self._pool = sql, pool

    async def marked(self, reference: str, item: str) -> Mark | None:
        """Return the mark of an order's item, or None: then what it asks was not done."""
        async with self._sql.reading() as connection:
            found = await _marks(connection, and_(MARKS.c.reference == reference, MARKS.c.item == item))
        return found[0] if found else None

    async def username_of(self, product: str) -> str | None:
        """Return the subscriber of a product: of the last mark that names it, else the one that is called so."""
        async with self._sql.reading() as connection:
            found = await _marks(connection, MARKS.c.product == product)
            if found:
                return found[-1].username
            named = select(CHECKS.c.username).where(CHECKS.c.username == product).limit(1)
            return (await connection.execute(named)).scalar()

    async def subscriber(self, username: str) -> tuple[Subscriber, str | None]:
        """Return a subscriber as he stands, and his password."""
        async with self._sql.reading() as connection:
            found = (await _subscribers(connection, [username]))[0]
        return found, next(iter(found.check(PASSWORD)), None)

    async def page(self, after: int, count: int) -> list[Subscriber]:
        """Return so many subscribers in the order of their first rows, without the first `after`."""
        names = select(CHECKS.c.username).group_by(CHECKS.c.username).order_by(func.min(CHECKS.c.id))
        async with self._sql.reading() as connection:
            found = (await connection.execute(names.offset(after).limit(count))).scalars().all()
            return await _subscribers(connection, found)

    async def apply(self, change: Change) -> bool:
        """Do a change, unless its mark says that it was done; return whether it was done now. Raises RowFault."""
        mark = change.mark
        async with self._sql.changing() as connection:
            # Two that change one subscriber at once would each delete what it saw, and both insert.
            await connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(mark.username))))
            there = (await _subscribers(connection, [mark.username]))[0]
            old = next(iter(there.reply("Framed-IP-Address")), None)
            row = {name: getattr(mark, name) for name in _ITSELF} | {"address": mark.address or old}
            written = insert_once(MARKS).values(row).on_conflict_do_nothing().returning(MARKS.c.id)
            if (await connection.execute(written)).scalar() is None:
                return False
            if mark.verb == "add" and there.exists:
                raise RowFault("UserTaken")
            if mark.verb != "add" and not there.exists:
                raise RowFault("NoUser")
            await self._write(connection, change)
        return True

    async def held(self, key: str) -> Held | None:
        """Return the address that is reserved or assigned under a key, or None."""
        async with self._sql.reading() as connection:
            now = (await connection.execute(select(func.now()))).scalar_one()
            row = (await connection.execute(_addresses(key))).first()
        return _held(row, now) if row is not None and row.expiry_time > _local(now) else None

    async def reserve(self, key: str, days: int) -> Held:
        """Reserve a free address of the pool under a key, unless one is. Raises RowFault where none is free."""
        async with self._sql.changing() as connection:
            await connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(key))))
            now = (await connection.execute(select(func.now()))).scalar_one()
            row = (await connection.execute(_addresses(key))).first()
            if row is None or row.expiry_time <= _local(now):
                free = (
                    select(ADDRESSES.c.id)
                    .where(ADDRESSES.c.pool_name == self._pool)
                    .where(or_(ADDRESSES.c.pool_key.in_(_NOBODY_S), ADDRESSES.c.expiry_time <= _local(now)))
                    .order_by(ADDRESSES.c.expiry_time, ADDRESSES.c.id)
                    .limit(1)
                    .with_for_update(skip_locked=True)
                )
                until = _local(now).replace(microsecond=0) + timedelta(days=days)
                taken = (
                    update(ADDRESSES)
                    .where(ADDRESSES.c.id == free.scalar_subquery())
                    .values(pool_key=key, expiry_time=until, username="")
                    .returning(ADDRESSES)
                )
                row = (await connection.execute(taken)).first()
                if row is None:
                    raise RowFault("PoolEmpty")
        return _held(row, now)

    async def release(self, key: str) -> None:
        """Give the address back that is reserved under a key; one that is in use stays."""
        freed = update(ADDRESSES).where(ADDRESSES.c.pool_key == key, ADDRESSES.c.expiry_time < _FOREVER)
        async with self._sql.changing() as connection:
            await connection.execute(freed.values(pool_key="", expiry_time=func.now(), username=""))

    async def check(self) -> int:
        """Return how many subscribers there are, after looking into every table."""
        async with self._sql.reading() as connection:
            for table in (*OWN_ROWS, GROUP_REPLIES, ADDRESSES, MARKS):
                await connection.execute(select(table).limit(1))
            counted = select(func.count(func.distinct(CHECKS.c.username)))
            return int((await connection.execute(counted)).scalar_one())

    async def close(self) -> None:
        """Release connections."""
        await self._sql.close()

    async def _write(self, connection: AsyncConnection, change: Change) -> None:
        name, verb = change.mark.username, change.mark.verb
        if verb in {"suspend", "resume"}:
            await _clear(connection, CHECKS, name, AUTH_TYPE)
            if change.auth_type is not None:
                await _put(connection, CHECKS, name, [Attribute(AUTH_TYPE, ":=", change.auth_type)])
            return
        if verb == "delete":
            for table in OWN_ROWS:
                await connection.execute(delete(table).where(table.c.username == name))
            freed = update(ADDRESSES).where(ADDRESSES.c.username == name)
            await connection.execute(freed.values(pool_key="", expiry_time=func.now(), username=""))
            return
        if change.password is not None:
            await _clear(connection, CHECKS, name, PASSWORD)
            await _put(connection, CHECKS, name, [Attribute(PASSWORD, ":=", change.password)])
        for attribute in {RATE_LIMIT, *(one.name for one in change.replies)}:
            await _clear(connection, REPLIES, name, attribute)
        await _put(connection, REPLIES, name, change.replies)
        await connection.execute(delete(GROUPS).where(GROUPS.c.username == name))
        if change.group is not None:
            group = {"username": name, "groupname": change.group, "priority": 1}
            await connection.execute(insert(GROUPS).values(group))
        if change.address_key is not None and change.mark.address is not None:
            held = and_(ADDRESSES.c.pool_key == change.address_key, ADDRESSES.c.framedipaddress == change.mark.address)
            await connection.execute(update(ADDRESSES).where(held).values(expiry_time=_FOREVER, username=name))


async def _subscribers(connection: AsyncConnection, names: Sequence[str]) -> list[Subscriber]:
    """Return the subscribers of these names, each with all its rows, in the order of the names."""
    now = (await connection.execute(select(func.now()))).scalar_one()
    checks = (await connection.execute(_rows_of(CHECKS, names))).all()
    replies = (await connection.execute(_rows_of(REPLIES, names))).all()
    groups = (
        select(GROUPS.c.username, GROUP_REPLIES.c.attribute, GROUP_REPLIES.c.op, GROUP_REPLIES.c.value)
        .join(GROUP_REPLIES, GROUP_REPLIES.c.groupname == GROUPS.c.groupname)
        .where(GROUPS.c.username.in_(names))
        .order_by(GROUPS.c.priority, GROUPS.c.id, GROUP_REPLIES.c.id)
    )
    of_groups = (await connection.execute(groups)).all()
    marks = await _marks(connection, MARKS.c.username.in_(names))
    return [
        Subscriber(
            name,
            now,
            _attributes(checks, name),
            _attributes(replies, name),
            _attributes(of_groups, name),
            tuple(mark for mark in marks if mark.username == name),
        )
        for name in names
    ]


def _rows_of(table: Table, names: Sequence[str]) -> Select[Any]:
    return select(table).where(table.c.username.in_(names)).order_by(table.c.id)


def _attributes(rows: Iterable[Any], name: str) -> tuple[Attribute, ...]:
    return tuple(Attribute(row.attribute, row.op, row.value) for row in rows if row.username == name)


async def _marks(connection: AsyncConnection, which: Any) -> list[Mark]:
    rows = await connection.execute(select(MARKS).where(which).order_by(MARKS.c.id))
    return [Mark(**{name: getattr(row, name) for name in (*_ITSELF, "at")}) for row in rows]


async def _clear(connection: AsyncConnection, table: Table, name: str, attribute: str) -> None:
    await connection.execute(delete(table).where(table.c.username == name, table.c.attribute == attribute))


async def _put(connection: AsyncConnection, table: Table, name: str, attributes: Sequence[Attribute]) -> None:
    rows = [{"username": name, "attribute": one.name, "op": one.op, "value": one.value} for one in attributes]
    if rows:
        await connection.execute(insert(table), rows)


def _addresses(key: str) -> Select[Any]:
    return select(ADDRESSES).where(ADDRESSES.c.pool_key == key).order_by(ADDRESSES.c.id)


def _local(moment: datetime) -> datetime:
    """Return a moment as the pool writes it: without a zone, which is the session's, UTC."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def _held(row: Row[Any], now: datetime) -> Held:
    until = None if row.expiry_time >= _FOREVER else row.expiry_time.replace(tzinfo=UTC)
    return Held(str(row.framedipaddress).partition("/")[0], row.pool_key, now, until)
