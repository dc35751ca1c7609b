"""All work on the tables. A change is one transaction: its mark first, then delete and insert of what it is about."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Select, Table, and_, delete, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as insert_once

from adapters.radius_sql.faults import refused
from adapters.radius_sql.rows import AUTH_TYPE, PASSWORD, RATE_LIMIT, Attribute, Change, Held, Mark, Subscriber, ipv4
from adapters.radius_sql.tables import ADDRESSES, CHECKS, GROUP_REPLIES, GROUPS, MARKS, OWN_ROWS, REPLIES
from adapters.sdk.rows import reading
from adapters.sdk.sql import SqlClient, SqlConnection

__all__ = ["RadiusTables"]

_FOREVER = datetime(9999, 12, 31)  # noqa: DTZ001 - the column has no zone
_ADDRESS = (ADDRESSES.c.framedipaddress, ADDRESSES.c.expiry_time)
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
        """Do a change, unless its mark says that it was done; return whether it was done now. Raises Refused."""
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
                raise refused("UserTaken")
            if mark.verb != "add" and not there.exists:
                raise refused("NoUser")
            await self._write(connection, change)
        return True

    async def held(self, reference: str, item: str) -> Held | None:
        """Return the address that is reserved or assigned for an order's item, or None. Raises Unreadable."""
        async with self._sql.reading() as connection:
            return await _held(connection, reference, item)

    async def reserve(self, reference: str, item: str, days: int) -> Held:
        """Reserve a free address of the pool, unless one is. Raises Refused where none is free, and Unreadable."""
        key = _key(reference, item)
        async with self._sql.changing() as connection:
            await connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(key))))
            held = await _held(connection, reference, item)
            if held is not None:
                return held
            now = await _now(connection)
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
                .returning(ADDRESSES.c.framedipaddress)
            )
            address = (await connection.execute(taken)).scalar()
            if address is None:
                raise refused("PoolEmpty")
            row = _reserving(reference, item) | {"address": ipv4(address), "at": now}
            written = insert_once(MARKS).values(verb="reserve", username="", **row)
            again = written.on_conflict_do_update(index_elements=["reference", "item"], set_=row)
            await connection.execute(again)
        return Held(row["address"], now, until.replace(tzinfo=UTC))

    async def release(self, reference: str, item: str) -> datetime:
        """Give the address back that is reserved for an item, and return when; one that is in use stays."""
        of_it = and_(ADDRESSES.c.pool_key == _key(reference, item), ADDRESSES.c.expiry_time < _FOREVER)
        async with self._sql.changing() as connection:
            freed = update(ADDRESSES).where(of_it).values(pool_key="", expiry_time=func.now(), username="")
            await connection.execute(freed)
            return await _now(connection)

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

    async def _write(self, connection: SqlConnection, change: Change) -> None:
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
        await _clear(connection, REPLIES, name, RATE_LIMIT, *(one.name for one in change.replies))
        await _put(connection, REPLIES, name, change.replies)
        await connection.execute(delete(GROUPS).where(GROUPS.c.username == name))
        if change.group is not None:
            group = {"username": name, "groupname": change.group, "priority": 1}
            await connection.execute(insert(GROUPS).values(group))
        if change.address_item is not None and change.mark.address is not None:
            key = _key(change.mark.reference, change.address_item)
            held = and_(ADDRESSES.c.pool_key == key, ADDRESSES.c.framedipaddress == change.mark.address)
            await connection.execute(update(ADDRESSES).where(held).values(expiry_time=_FOREVER, username=name))


async def _subscribers(connection: SqlConnection, names: Sequence[str]) -> list[Subscriber]:
    """Return the subscribers of these names, each with all its rows, in the order of the names."""
    now = await _now(connection)
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
            _values(_of(checks, name), "radcheck"),
            _values(_of(replies, name), "radreply"),
            _values(_of(of_groups, name), "radgroupreply", first=True),
            tuple((row.attribute, row.op, row.value) for row in (*_of(replies, name), *_of(of_groups, name))),
            tuple(mark for mark in marks if mark.username == name),
        )
        for name in names
    ]


def _rows_of(table: Table, names: Sequence[str]) -> Select[Any]:
    return select(table).where(table.c.username.in_(names)).order_by(table.c.id)


def _of(rows: Iterable[Any], name: str) -> list[Any]:
    return [row for row in rows if row.username == name]


def _values(rows: Iterable[Any], table: str, *, first: bool = False) -> Mapping[str, list[str]]:
    """Return the values of each attribute; of groups the first one counts, in the order in which they are asked."""
    found: dict[str, list[str]] = {}
    for row in rows:
        values = found.setdefault(row.attribute, [])
        values += [] if first and values else [row.value]
    return reading(found, table)


async def _marks(connection: SqlConnection, which: Any) -> list[Mark]:
    rows = await connection.execute(select(MARKS).where(which).order_by(MARKS.c.id))
    return [Mark(**{name: getattr(row, name) for name in (*_ITSELF, "at")}) for row in rows]


async def _clear(connection: SqlConnection, table: Table, name: str, *attributes: str) -> None:
    of_them = table.c.attribute.in_(sorted(set(attributes)))
    await connection.execute(delete(table).where(table.c.username == name, of_them))


async def _put(connection: SqlConnection, table: Table, name: str, attributes: Sequence[Attribute]) -> None:
    rows = [{"username": name, "attribute": one.name, "op": one.op, "value": one.value} for one in attributes]
    if rows:
        await connection.execute(insert(table), rows)


async def _held(connection: SqlConnection, reference: str, item: str) -> Held | None:
    """Return what is reserved as of now; the time of it is that of its mark, since the pool has none."""
    of_it = select(*_ADDRESS).where(ADDRESSES.c.pool_key == _key(reference, item)).order_by(ADDRESSES.c.id)
    row, now = (await connection.execute(of_it)).first(), await _now(connection)
    if row is None or row.expiry_time <= _local(now):
        return None
    said = reading(dict(row._mapping), "radippool")  # noqa: SLF001 - SQLAlchemy's public name of it
    until = None if said["expiry_time"] >= _FOREVER else said["expiry_time"].replace(tzinfo=UTC)
    marked = _reserving(reference, item)
    marks = await _marks(connection, and_(*(MARKS.c[name] == value for name, value in marked.items())))
    return Held(ipv4(said["framedipaddress"]), marks[0].at if marks and marks[0].at else now, until)


def _key(reference: str, item: str) -> str:
    """Return the key under which the pool has an item's address: `<order>/<product item>`."""
    return f"{reference}/{item}"


def _reserving(reference: str, item: str) -> dict[str, Any]:
    """Return by what the mark of a reservation is known."""
    return {"reference": reference, "item": f"reserve {item}"}


async def _now(connection: SqlConnection) -> datetime:
    now: datetime = (await connection.execute(select(func.now()))).scalar_one()
    return now


def _local(moment: datetime) -> datetime:
    """Return a moment as the pool writes it: without a zone, which is the session's, UTC."""
    return moment.astimezone(UTC).replace(tzinfo=None)
