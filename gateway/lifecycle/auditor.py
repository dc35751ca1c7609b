"""Reading the systems back: runs that ask what is there now, compare, and keep what drifted."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import structlog

from gateway.canonical.drift import AgreementRun, Drift, OrderReadBack, PredicateScore, RunCause, RunState
from gateway.canonical.lifecycle import Checkpoint
from gateway.lifecycle.comparison import CHARGE, DELIVERY, Comparison, compare_charges, compare_services, unread_scores
from gateway.lifecycle.delivered import Delivered, Observed, news
from gateway.lifecycle.desk import OrderDesk
from gateway.lifecycle.drifts import settle
from gateway.lifecycle.runs import AGREEMENT_LANE, begin_run
from gateway.lifecycle.sweep import Sweeper
from gateway.ports.adapter import Adapter, Message, Operation, Role
from gateway.ports.agreement import DriftQuery, RunStep
from gateway.ports.errors import AdapterError, NotSupported, StoreUnavailable
from gateway.ports.readback import OBSERVE, reader_of
from gateway.ports.repository import Aggregate, Change, Work

__all__ = ["NOT_READ_BACK", "Auditor"]

NOT_READ_BACK = "not read back"
"""What is said of a system whose adapter does not offer it."""

_IN_CHANGE = "an order began to change it meanwhile"

_log = structlog.get_logger(__name__)

_AT_ONCE = 20
"""Orders looked at in one step of a run; each step is stored before the next begins."""

_SIDE_BY_SIDE = 4
"""Orders asked about at one time: the systems have their own work to do."""

_MOST_OPEN = 1000
_ASPECTS = {
    DELIVERY: (Role.ACTIVATION, Operation.ACTIVATE, compare_services),
    CHARGE: (Role.BILLING, Operation.CHARGE, compare_charges),
}


class _Looked(NamedTuple):
    """One order looked at."""

    back: OrderReadBack
    drifts: tuple[Drift, ...]
    opened: int
    closed: int
    systems: dict[str, str]  # that were not read, and why


class Auditor:
    """Reads back what the gateway delivered. It changes nothing in a legacy system, and no state of an order."""

    def __init__(self, desk: OrderDesk, adapters: Mapping[Role, Adapter], most: int) -> None:
        self._desk, self._adapters, self._most = desk, adapters, most
        self._sweeper = Sweeper(desk.repository, adapters, desk.terms)

    async def schedule(self, every_seconds: float) -> None:
        """Have a run begin every so many seconds, beginning so many seconds from now; once for all processes."""
        work = Work(AGREEMENT_LANE, "schedule", "schedule", b'{"what": "begin"}', delay_seconds=every_seconds)
        await self._desk.repository.save(Change(work=(work,)))

    async def begin(self) -> AgreementRun:
        """Begin a scheduled run over what was not looked at for longest."""
        return await begin_run(self._desk.repository, self._desk.clock.now(), RunCause.SCHEDULE, (), self._most)

    async def go_on(self, run_id: str) -> bool:
        """Do one step of a run; return whether there is more to do. A step that was done already does nothing."""
        run = await self._desk.repository.run(run_id)
        if run is None or run.state is RunState.DONE:
            return False
        due, checked = await self._due(run)
        if due or checked:
            await self._look_at(run, due, checked)
            return True
        if not run.orders:
            step = await self._sweeper.step(run, self._desk.clock.now())
            if step is not None:
                await self._desk.repository.save_run_step(step)
                return True
            step = await self._sweeper.days(run, self._desk.clock.now())
            if step is not None:
                run = step.run
                await self._desk.repository.save_run_step(step)
        ended = run.model_copy(update={"state": RunState.DONE, "ended_at": self._desk.clock.now()})
        await self._desk.repository.save_run_step(RunStep(run=ended))
        _log.info("agreement.run", run=run.id, orders=run.read, opened=run.opened, closed=run.closed)
        return False

    # -- inside ------------------------------------------------------------------------------------------------------

    async def _due(self, run: AgreementRun) -> tuple[list[str], list[str]]:
        """Return the next orders to look at, and the products that are looked at with them."""
        if run.orders:
            return list(run.orders[run.after : run.after + _AT_ONCE]), []
        left = min(_AT_ONCE, run.most - run.products)
        products = await self._desk.repository.products_due(run.started_at, left) if left > 0 else ()
        return list(dict.fromkeys(one.order_id for one in products)), [one.id for one in products]

    async def _look_at(self, run: AgreementRun, orders: list[str], products: list[str]) -> None:
        turns = asyncio.Semaphore(_SIDE_BY_SIDE)
        checked = dict.fromkeys(products)

        async def look(order_id: str) -> _Looked | None:
            async with turns:
                aggregate = await self._desk.repository.load(order_id)
                in_use = await self._desk.repository.products_of_order(order_id)
                checked.update(dict.fromkeys(one.id for one in in_use))
                if aggregate is None or aggregate.product_order is None or not in_use:
                    return None  # what was deleted has nothing left to compare with
                if aggregate.lifecycle.checkpoint is not Checkpoint.CLOSED:
                    return None
                return await self._look(run, aggregate, [one.item_id for one in in_use])

        looked = [one for one in await asyncio.gather(*map(look, orders)) if one is not None]
        scores = dict(run.scores)
        for one in (score for back in looked for score in back.back.scores):
            scores[one.predicate] = scores.get(one.predicate, PredicateScore(predicate=one.predicate)).plus(one)
        unread = dict(run.unread)
        for back in looked:
            unread |= back.systems
        update = {
            "after": run.after + len(orders) if run.orders else 0,
            "products": run.products + len(checked),
            "read": run.read + len(looked),
            "agreeing": run.agreeing + sum(one.back.agrees is True for one in looked),
            "opened": run.opened + sum(one.opened for one in looked),
            "closed": run.closed + sum(one.closed for one in looked),
            "scores": scores,
            "unread": unread,
        }
        await self._desk.repository.save_run_step(
            RunStep(
                run=run.model_copy(update=update),
                drifts=tuple(drift for one in looked for drift in one.drifts),
                read_backs=tuple(one.back for one in looked),
                checked=tuple(checked),
                at=self._desk.clock.now(),
            )
        )

    async def _look(self, run: AgreementRun, aggregate: Aggregate, items: list[str]) -> _Looked:
        """Ask every system about one order, and compare."""
        now = self._desk.clock.now()
        case = Delivered(aggregate, items, self._desk.terms, now)
        results: dict[str, Comparison] = {}
        said: dict[str, Observed] = {}
        unread: dict[str, str] = {}
        systems: dict[str, str] = {}
        for aspect, (role, operation, compare) in _ASPECTS.items():
            name = self._adapters[role].name if role in self._adapters else role.value
            try:
                said[aspect] = await self._observe(role, operation, case, aggregate)
                results[aspect] = compare(case, said[aspect], self._desk.catalogue, run.id)
            except StoreUnavailable:
                raise
            except AdapterError as error:
                unread[aspect] = systems[name] = NOT_READ_BACK if error.code == "notSupported" else error.reason
                continue
            except Exception as error:  # noqa: BLE001 - one order that cannot be read must not stop the others
                _log.exception("agreement.unreadable", order=case.order.id, system=name)
                unread[aspect] = systems[name] = f"cannot be compared ({type(error).__name__})"
                continue
        if {one.item_id for one in await self._desk.repository.products_of_order(case.order.id)} != set(items):
            unread, results = dict.fromkeys(_ASPECTS, _IN_CHANGE), {}  # what was said may be of before, or of after
        fresh = [fact for aspect in results for fact in news(case.recorded, said[aspect])]
        if fresh:
            await self._desk.record_facts(case.order.id, fresh)
        found = [drift for one in results.values() for drift in one.drifts]
        present, _ = await self._desk.repository.find_drifts(
            DriftQuery(order_id=case.order.id, is_open=True, limit=_MOST_OPEN)
        )
        sightings = settle(present, found, results, now)
        read = [self._adapters[role].name for aspect, (role, _, _) in _ASPECTS.items() if aspect in results]
        back = OrderReadBack(
            order_id=case.order.id,
            at=now,
            run=run.id,
            delivered=results[DELIVERY].sums if DELIVERY in results else None,
            billed=results[CHARGE].sums if CHARGE in results else None,
            drifts=tuple(dict.fromkeys(one.code for one in found)),
            unread=unread,
            scores=_together([*(s for one in results.values() for s in one.scores), *unread_scores(case, read)]),
        )
        return _Looked(back, sightings.drifts, sightings.opened, sightings.closed, systems)

    async def _observe(self, role: Role, operation: Operation, case: Delivered, aggregate: Aggregate) -> Observed:
        """Return what one system says now. Raises AdapterError; NotSupported where its adapter does not offer it."""
        adapter = self._adapters.get(role)
        if adapter is None:
            raise NotSupported(role, OBSERVE)
        message = Message(
            id=f"{case.order.id}:{OBSERVE}:{operation}",
            role=role,
            operation=operation,
            order=case.order,
            service_orders=aggregate.service_orders,
            items=tuple(item.id for item in case.items),
            facts=case.facts,
            reference=self._desk.terms.reference_for(case.order, aggregate.lifecycle.reference),
            rates=aggregate.rates,
            legacy_ids=aggregate.lifecycle.legacy_ids,
        )
        report = await reader_of(adapter, OBSERVE).observe(message)
        return case.observed(adapter.name, report)


def _together(scores: Sequence[PredicateScore]) -> tuple[PredicateScore, ...]:
    found: dict[str, PredicateScore] = {}
    for one in scores:
        found[one.predicate] = found[one.predicate].plus(one) if one.predicate in found else one
    return tuple(found[name] for name in sorted(found))
