"""Products in use, drifts, read-backs and runs on SQL."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, bindparam, func, or_, select, true, update

from gateway.canonical.drift import AgreementRun, Drift, OrderReadBack, ProductInUse
from gateway.canonical.ids import shard_of
from gateway.canonical.lifecycle import ResourceKind
from gateway.ports.agreement import DriftQuery, RunStep
from gateway.storage.schema import RESOURCES, lifecycle
from gateway.storage.schema_agreement import agreement_run, drift, product_in_use, read_back
from gateway.streams.sql import Connection, Statement, Transactions, from_micros, insert_into, micros

__all__ = ["AgreementTables", "product_step"]

_product, _drift, _run = product_in_use.c, drift.c, agreement_run.c
_order = RESOURCES[ResourceKind.PRODUCT_ORDER].c
_KEPT_AFTER_END_MICROS = 92 * 86_400 * 1_000_000
"""How long a product that was given up is still looked at: three months of bills."""


def _put(table: Table, changing: Sequence[str]) -> Statement:
    def build(dialect: str) -> Any:
        new = insert_into(dialect, table)
        keys = [table.c.id, table.c.shard]
        return new.on_conflict_do_update(index_elements=keys, set_={name: new.excluded[name] for name in changing})

    return Statement(build)


SETTLE = _put(product_in_use, ("order_id", "item_id", "changing", "ended", "checked"))
BEGIN_CHANGE = _put(product_in_use, ("changing",))
END_CHANGE = Statement(
    lambda _: (
        update(product_in_use)
        .where(_product.id == bindparam("of_id"), _product.changing == bindparam("owner"))
        .values(changing=None)
    )
)
CHECKED = Statement(
    lambda _: update(product_in_use).where(_product.id == bindparam("of_id")).values(checked=bindparam("at"))
)
_IN_USE = (_product.id, _product.order_id, _product.item_id, _product.changing, _product.ended)
DUE = Statement(
    lambda _: (
        select(*_IN_USE)
        .where(
            _product.checked < bindparam("before"),
            _product.changing.is_(None),
            _product.order_id != "",
            or_(_product.ended.is_(None), _product.ended > bindparam("since")),
        )
        .order_by(_product.checked, _product.id)
        .limit(bindparam("limit"))
    )
)
OF_ORDER = Statement(
    lambda _: (
        select(*_IN_USE)
        .where(_product.order_id == bindparam("order"), _product.changing.is_(None))
        .order_by(_product.id)
    )
)
KNOWN = Statement(lambda _: select(_product.id).where(_product.id == bindparam("of_id")))

PUT_RUN = _put(agreement_run, ("ended", "doc"))
RUN = Statement(lambda _: select(_run.doc).where(_run.id == bindparam("of_id")))
LAST_RUN = Statement(
    lambda _: select(_run.doc).where(_run.ended.is_not(None)).order_by(_run.ended.desc(), _run.id.desc()).limit(1)
)
PUT_DRIFT = _put(drift, ("closed", "doc"))
PUT_READ_BACK = _put(read_back, ("at", "doc"))
READ_BACK = Statement(lambda _: select(read_back.c.doc).where(read_back.c.id == bindparam("of_id")))
_between = and_(_order.created >= bindparam("start"), _order.created < bindparam("end"))
BETWEEN = Statement(
    lambda _: select(_order.id).where(_between).order_by(_order.created, _order.id).limit(bindparam("limit"))
)
BETWEEN_COUNT = Statement(
    lambda _: select(func.count()).select_from(RESOURCES[ResourceKind.PRODUCT_ORDER]).where(_between)
)
_lifecycle = lifecycle.c
BY_STATE = Statement(
    lambda _: (
        select(_lifecycle.checkpoint, _lifecycle.state, func.count())
        .where(
            _lifecycle.created >= bindparam("start"),
            _lifecycle.created < bindparam("end"),
            _lifecycle.root == ResourceKind.PRODUCT_ORDER.value,
        )
        .group_by(_lifecycle.checkpoint, _lifecycle.state)
    )
)
_FILTERS: dict[str, ColumnElement[bool]] = {
    "order_id": _drift.order_id == bindparam("order_id"),
    "code": _drift.code == bindparam("code"),
    "system": _drift.system == bindparam("system"),
    "open": _drift.closed.is_(None),
    "closed": _drift.closed.is_not(None),
}


def product_step(products: Iterable[ProductInUse], owner: str) -> Callable[[Connection], None]:
    """Return the function that stores what an order does to products in use.

    A row with an order settles the product; one that only names `changing` begins a change, and one with neither ends
    the change that `owner` had begun.
    """
    rows = [(one, _product_row(one)) for one in products]

    def store(conn: Connection) -> None:
        for one, row in rows:
            if one.order_id:
                conn.change(SETTLE, row)
            elif one.changing:
                conn.change(BEGIN_CHANGE, row)
            else:
                conn.change(END_CHANGE, {"of_id": one.id, "owner": owner})

    return store


class AgreementTables:
    """Implements `gateway.ports.agreement.AgreementStore`."""

    _database: Transactions

    async def products_due(self, before: datetime, limit: int) -> tuple[ProductInUse, ...]:
        """Return settled products that were not looked at since, the longest neglected first."""
        binds = {"before": micros(before), "since": micros(before) - _KEPT_AFTER_END_MICROS, "limit": max(0, limit)}
        return await self._database.read(lambda conn: tuple(map(_product_of, conn.run(DUE, binds))))

    async def products_of_order(self, order_id: str) -> tuple[ProductInUse, ...]:
        """Return the products that an order settled last, those in change left out."""
        return await self._database.read(lambda conn: tuple(map(_product_of, conn.run(OF_ORDER, {"order": order_id}))))

    async def known_products(self, product_ids: Sequence[str]) -> frozenset[str]:
        """Return which of some products the gateway delivered or changes."""

        def read(conn: Connection) -> frozenset[str]:
            return frozenset(one for one in set(product_ids) if conn.run(KNOWN, {"of_id": one}))

        return await self._database.read(read)

    async def save_run_step(self, step: RunStep) -> None:
        """Store what a step of a run found, and how far the run has come."""
        run_row = {
            "id": step.run.id,
            "shard": shard_of(step.run.id),
            "started": micros(step.run.started_at),
            "ended": None if step.run.ended_at is None else micros(step.run.ended_at),
            "doc": step.run.model_dump_json(),
        }
        drifts = [_drift_row(one) for one in step.drifts]
        backs = [
            {"id": one.order_id, "shard": shard_of(one.order_id), "at": micros(one.at), "doc": one.model_dump_json()}
            for one in step.read_backs
        ]
        at = micros(step.at or step.run.started_at)

        def write(conn: Connection) -> None:
            conn.change(PUT_RUN, run_row)
            for row in drifts:
                conn.change(PUT_DRIFT, row)
            for row in backs:
                conn.change(PUT_READ_BACK, row)
            for product in step.checked:
                conn.change(CHECKED, {"of_id": product, "at": at})

        await self._database.write(write)

    async def run(self, run_id: str) -> AgreementRun | None:
        """Return one run, or None."""
        rows = await self._database.read(lambda conn: conn.run(RUN, {"of_id": run_id}))
        return AgreementRun.model_validate_json(rows[0][0]) if rows else None

    async def last_run(self) -> AgreementRun | None:
        """Return the last run that came to its end, or None."""
        rows = await self._database.read(lambda conn: conn.run(LAST_RUN, {}))
        return AgreementRun.model_validate_json(rows[0][0]) if rows else None

    async def find_drifts(self, query: DriftQuery) -> tuple[Sequence[Drift], int]:
        """Return a page of drifts, oldest first, and how many match in all."""
        binds = {
            name: getattr(query, name) for name in ("order_id", "code", "system") if getattr(query, name) is not None
        }
        states = () if query.is_open is None else ("open",) if query.is_open else ("closed",)
        page, count = _statements(frozenset((*binds, *states)))

        def read(conn: Connection) -> tuple[Sequence[Drift], int]:
            docs = conn.run(page, binds | {"offset": max(0, query.offset), "limit": max(0, query.limit)})
            ((total,),) = conn.run(count, binds)
            return tuple(Drift.model_validate_json(doc) for (doc,) in docs), total

        return await self._database.read(read)

    async def read_backs(self, order_ids: Sequence[str]) -> dict[str, OrderReadBack]:
        """Return what the systems last said of some orders, by order."""

        def read(conn: Connection) -> dict[str, OrderReadBack]:
            found = [doc for one in dict.fromkeys(order_ids) for (doc,) in conn.run(READ_BACK, {"of_id": one})]
            return {one.order_id: one for one in map(OrderReadBack.model_validate_json, found)}

        return await self._database.read(read)

    async def product_orders_between(self, start: datetime, end: datetime, limit: int) -> tuple[list[str], int]:
        """Return ids of product orders that came in a span of time, oldest first, and how many there are."""
        binds = {"start": micros(start), "end": micros(end)}

        def read(conn: Connection) -> tuple[list[str], int]:
            ((total,),) = conn.run(BETWEEN_COUNT, binds)
            return [order_id for (order_id,) in conn.run(BETWEEN, binds | {"limit": max(0, limit)})], total

        return await self._database.read(read)

    async def orders_by_state(self, start: datetime, end: datetime) -> dict[tuple[str, str | None], int]:
        """Return how many product orders that came in a span of time stand where, by (checkpoint, state)."""
        binds = {"start": micros(start), "end": micros(end)}
        rows = await self._database.read(lambda conn: conn.run(BY_STATE, binds))
        return {(checkpoint, state): count for checkpoint, state, count in rows}


@lru_cache(maxsize=64)
def _statements(asked: frozenset[str]) -> tuple[Statement, Statement]:
    where = [_FILTERS[name] for name in sorted(asked)] or [true()]
    return (
        Statement(
            lambda _: (
                select(_drift.doc)
                .where(*where)
                .order_by(_drift.opened, _drift.id)
                .offset(bindparam("offset"))
                .limit(bindparam("limit"))
            )
        ),
        Statement(lambda _: select(func.count()).select_from(drift).where(*where)),
    )


def _product_row(one: ProductInUse) -> dict[str, Any]:
    return {
        "id": one.id,
        "shard": shard_of(one.id),
        "order_id": one.order_id,
        "item_id": one.item_id,
        "changing": one.changing,
        "ended": None if one.ended is None else micros(one.ended),
        "checked": 0,
    }


def _product_of(row: Sequence[Any]) -> ProductInUse:
    product_id, order_id, item_id, changing, ended = row
    end = None if ended is None else from_micros(ended)
    return ProductInUse(id=product_id, order_id=order_id, item_id=item_id, changing=changing, ended=end)


def _drift_row(one: Drift) -> dict[str, Any]:
    return {
        "id": one.id,
        "shard": shard_of(one.order_id or one.id),
        "order_id": one.order_id,
        "code": one.code,
        "system": one.system,
        "opened": micros(one.opened_at),
        "closed": None if one.closed_at is None else micros(one.closed_at),
        "doc": one.model_dump_json(),
    }
