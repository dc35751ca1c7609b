"""The one door through which everything enters the lifecycle: orders, changes, cancellations, facts, reports."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from gateway.canonical.bill import OnDemandBill
from gateway.canonical.fact import Fact
from gateway.canonical.ids import new_id
from gateway.canonical.judgement import Gate
from gateway.canonical.lifecycle import CancelTask, Checkpoint, Lifecycle, ResourceKind
from gateway.canonical.order import ProductOrder
from gateway.canonical.service_order import ServiceOrder
from gateway.canonical.states import FINAL_ORDER_STATES, OnDemandState, OrderState
from gateway.lifecycle import amendment, cancellation, compensation
from gateway.lifecycle.advance import advance, send
from gateway.lifecycle.anew import LIFECYCLE_LANE, ask_anew, later
from gateway.lifecycle.asked_to_cancel import owner_of
from gateway.lifecycle.by_client import begins_at, require_known_services
from gateway.lifecycle.claims import NUMBER
from gateway.lifecycle.cycles import keep_cycles
from gateway.lifecycle.door import Door
from gateway.lifecycle.draft import Draft
from gateway.lifecycle.fulfilled import product_order_named_by
from gateway.lifecycle.gates import ask_at_the_door
from gateway.lifecycle.neighbours import Neighbours
from gateway.lifecycle.on_demand import end_on_demand, with_reason
from gateway.lifecycle.once import Once
from gateway.lifecycle.outcome import with_items
from gateway.lifecycle.plan import STAGES, gate_at
from gateway.lifecycle.products import products_of
from gateway.lifecycle.registrar import Registrar
from gateway.lifecycle.reports import hold_for_fault, take_in
from gateway.lifecycle.rule_sets.book import Rules
from gateway.lifecycle.standing import is_being_cancelled
from gateway.lifecycle.statements import check_statement, record
from gateway.lifecycle.terms import Terms
from gateway.lifecycle.unsent import first_state
from gateway.ports.adapter import Adapter, Operation, Report, Role
from gateway.ports.capability import ON_DEMAND, require
from gateway.ports.claims import NOBODY, Claim, Sending
from gateway.ports.clock import Clock
from gateway.ports.errors import AdapterError, FaceError, LifecycleError, StaleVersion
from gateway.ports.repository import Aggregate, Repository, Resource
from gateway.rules.engine import Catalogue

__all__ = ["LIFECYCLE_LANE", "OrderDesk"]

_TRIES = 8
T = TypeVar("T")
Claims = tuple[Claim, ...]


class OrderDesk:
    """Takes in what comes from outside, and stores each step in one transaction.

    `on_work` is called after each committed step, as a hint that there may be work to do. `key_days` is how long the
    keys of senders are remembered.
    """

    def __init__(  # noqa: PLR0913 - the parts it works with
        self,
        repository: Repository,
        terms: Terms,
        rules: Rules,
        clock: Clock,
        on_work: Callable[[], None] = lambda: None,
        *,
        key_days: float = 7.0,
    ) -> None:
        self.repository, self.terms, self.rules, self.clock = repository, terms, rules, clock
        self._neighbours, self._registrar = Neighbours(repository, terms), Registrar(repository)
        self._door, self.once = Door(repository), Once(repository, clock, terms.tenant, key_days)
        self.adapters: Callable[[], Mapping[Role, Adapter]] = dict  # asked what can be called back
        self.on_work = on_work

    @property
    def catalogue(self) -> Catalogue:
        """The rules in force now."""
        return self.rules.catalogue

    # -- orders ----------------------------------------------------------------------------------------------------

    async def accept_product_order(self, order: ProductOrder, sending: Sending = NOBODY) -> ProductOrder:
        """Store an order and start to qualify it, unless it is a draft.

        Raises GateRefused (nothing is stored); TakenBefore, OtherContent where it was sent before.
        """
        now, state = self.clock.now(), first_state(order)
        order = _taken_in(order, state, now)

        async def take(claims: Claims) -> ProductOrder:
            if state is not OrderState.DRAFT:
                known = partial(self.once.is_known, claims)
                await self._door.ask(Gate.INTAKE, self.terms, self.catalogue, now, order=order, is_known=known)
            draft = self._new(order.id, ResourceKind.PRODUCT_ORDER, Checkpoint.QUALIFY)
            draft.create(ResourceKind.PRODUCT_ORDER, order, claims)
            if state is not OrderState.DRAFT and draft.lifecycle.checkpoint in STAGES:
                send(draft, Role.CUSTOMER, Operation.GATHER)
            await self._save(draft)
            stored: ProductOrder = draft.get(ResourceKind.PRODUCT_ORDER, order.id)
            return stored

        return await self.once.take(order, self.once.claims(ResourceKind.PRODUCT_ORDER, order, sending), take)

    async def accept_service_order(self, order: ServiceOrder, sending: Sending = NOBODY) -> ServiceOrder:
        """Store a service order from outside: one that a product order waits for, or one on its own.

        Raises GateRefused where it contradicts the product order that it names; nothing is stored then. Raises
        TakenBefore and OtherContent where it was sent before.
        """
        now = self.clock.now()
        order = _taken_in(order, OrderState.ACKNOWLEDGED, now)

        async def take(claims: Claims) -> ServiceOrder:
            if self.terms.profile.client_drives:
                await require_known_services(self.repository, order)
            named = await product_order_named_by(self.repository, order)
            if named is not None:  # the product order's id is nobody's number for this one
                mine = tuple(claim for claim in claims if claim.name != NUMBER or claim.value != named)
                return await self._attach(order.model_copy(update={"product_order_id": named}), mine)
            gate, known = Gate.ORDER_TO_BUILD, partial(self.once.is_known, claims)
            await self._door.ask(gate, self.terms, self.catalogue, now, service_orders=(order,), is_known=known)
            draft = self._new(order.id, ResourceKind.SERVICE_ORDER, Checkpoint.RELEASE)
            draft.create(ResourceKind.SERVICE_ORDER, order, claims)
            if draft.lifecycle.checkpoint in STAGES:
                later(draft, "advance")
            await self._save(draft)
            stored: ServiceOrder = draft.get(ResourceKind.SERVICE_ORDER, order.id)
            return stored

        return await self.once.take(order, self.once.claims(ResourceKind.SERVICE_ORDER, order, sending), take)

    async def amend(
        self, kind: ResourceKind, resource_id: str, wanted: Resource, *, if_revision: int | None = None
    ) -> Any:
        """Change a resource as a client wants; return it. Raises IllegalTransition, LifecycleError, FaceError 412."""

        async def step(draft: Draft) -> Any:
            self._match(draft, kind, resource_id, if_revision)
            if amendment.amend(draft, kind, resource_id, wanted):
                root = draft.root
                orders = {"order": root} if isinstance(root, ProductOrder) else {"service_orders": (root,)}
                ask_at_the_door(gate_at(draft.lifecycle), self.terms, self.catalogue, draft.now, **orders)
                self.ask_anew(draft)
            return draft.get(kind, resource_id)

        return await self._change(await self._owner(kind, resource_id), step)

    async def withdraw(self, kind: ResourceKind, resource_id: str, *, if_revision: int | None = None) -> None:
        """Delete a resource where its state allows. Raises LifecycleError, FaceError 404 and 412."""

        async def step(draft: Draft) -> None:
            self._match(draft, kind, resource_id, if_revision)
            amendment.withdraw(draft, kind, resource_id)

        await self._change(await self._owner(kind, resource_id), step)

    async def request_cancellation(self, task: CancelTask, sending: Sending = NOBODY) -> CancelTask:
        """Start to cancel the order that a task names.

        Raises FaceError (unknown order), LifecycleError; TakenBefore, OtherContent where it was sent before.
        """
        task = task.model_copy(update={"id": new_id()})

        async def take(claims: Claims) -> CancelTask:
            async def step(draft: Draft) -> CancelTask:
                return cancellation.request(draft, task, claims)

            return await self._change(await owner_of(self.repository, task), step)

        return await self.once.take(task, self.once.claims(task.kind, task, sending), take)

    async def request_bill(self, bill: OnDemandBill, sending: Sending = NOBODY) -> OnDemandBill:
        """Ask the billing system for a bill now; the request is in progress until it answers.

        Raises TakenBefore, OtherContent where it was sent before; NotSupported where that system makes none.
        """
        asked = bill.model_copy(
            update={"id": new_id(), "state": OnDemandState.IN_PROGRESS, "last_update": self.clock.now()}
        )

        async def take(claims: Claims) -> OnDemandBill:
            biller = self.adapters().get(Role.BILLING)
            if biller is not None:
                require(biller, Operation.BILL, ON_DEMAND)
            draft = self._new(asked.id, ResourceKind.ON_DEMAND_BILL, Checkpoint.BILLED)
            draft.create(ResourceKind.ON_DEMAND_BILL, asked, claims)
            send(draft, Role.BILLING, Operation.BILL)
            await self._save(draft)
            stored: OnDemandBill = draft.get(ResourceKind.ON_DEMAND_BILL, asked.id)
            return stored

        return await self.once.take(asked, self.once.claims(ResourceKind.ON_DEMAND_BILL, asked, sending), take)

    # -- facts and reports -------------------------------------------------------------------------------------------

    async def record_facts(self, order_id: str, facts: Sequence[Fact]) -> tuple[Fact, ...]:
        """Record statements about one order, and judge it anew where it waits for one of them.

        Repeated statements are answered as they were stored the first time. Raises FaceError 400, 404 and 422.
        """
        for index, fact in enumerate(facts):
            check_statement(fact, f"facts[{index}]")

        async def step(draft: Draft) -> tuple[Fact, ...]:
            before = len(draft.facts)
            kept = record(draft, facts)
            arrived = {fact.key for fact in draft.facts[before:]}
            waits = any(hold.findings or arrived & set(hold.missing) for hold in draft.holds)
            if arrived and waits and not draft.lifecycle.awaiting:
                await self._advance(draft, "facts arrived: " + ", ".join(sorted(map(str, arrived))))
            return kept

        return await self._change(order_id, step)

    async def receive(
        self, order_id: str, message: str, operation: Operation, report: Report, system: str = "unnamed"
    ) -> None:
        """Record what a legacy system reported, and take the order as far as that allows."""

        async def step(draft: Draft) -> None:
            known, clashes = await self._registrar.enter(draft, system, message, report)
            last = take_in(draft, message, operation, known, clashes)
            if not last:
                return
            if draft.lifecycle.root is ResourceKind.ON_DEMAND_BILL:
                end_on_demand(draft, report)
            elif draft.lifecycle.checkpoint is Checkpoint.CANCELLING:
                compensation.done(draft, self.terms, operation)
            else:
                await self._advance(draft, f"{operation} reported")

        await self._change(order_id, step)

    async def fault(self, order_id: str, message: str, system: str, error: AdapterError) -> None:
        """Record that a legacy system answered something no retry mends: the order is held, its words quoted."""

        async def step(draft: Draft) -> None:
            if message not in draft.lifecycle.awaiting:
                return
            if draft.lifecycle.root is ResourceKind.ON_DEMAND_BILL:
                state, now = OnDemandState.TERMINATED_WITH_ERROR, draft.now
                reason = with_reason(draft, str(error))
                draft.set_state(ResourceKind.ON_DEMAND_BILL, order_id, state, description=reason, last_update=now)
                draft.move(awaiting=(), checkpoint=Checkpoint.ENDED)
            elif draft.lifecycle.checkpoint is Checkpoint.CANCELLING:
                compensation.failed(draft, self.terms, system, error)
            else:
                hold_for_fault(draft, system, error)

        await self._change(order_id, step)

    async def recheck(self, order_id: str, before: Callable[[Draft], None] = lambda _: None) -> Lifecycle:
        """Ask again: send the stage's messages anew (systems that did it answer with what they did), then judge.

        `before` may change the draft first.
        """

        async def step(draft: Draft) -> Lifecycle:
            before(draft)
            if draft.lifecycle.checkpoint in STAGES:
                self.ask_anew(draft)
            elif draft.lifecycle.checkpoint is Checkpoint.CANCELLING:
                compensation.again(draft, self.terms)
            return draft.lifecycle

        return await self._change(order_id, step)

    async def work(self, order_id: str, what: str) -> None:
        """Do a piece of the lifecycle lane: `advance`, `assess` or `rules`, an advance for the sake of other rules."""

        async def step(draft: Draft) -> None:
            if what == cancellation.ASSESS:
                cancellation.assess(draft, self.terms, self.adapters())
            else:
                await self._advance(draft, "the rules changed" if what == "rules" else "first judgement")

        await self._change(order_id, step)

    # -- inside ------------------------------------------------------------------------------------------------------

    def _new(self, order_id: str, root: ResourceKind, checkpoint: Checkpoint) -> Draft:
        begin = begins_at(self.terms.profile, root, checkpoint)
        lifecycle = Lifecycle(id=order_id, root=root, checkpoint=begin, policy=self.terms.policy)
        return Draft(Aggregate(lifecycle=lifecycle), self.clock.now(), self.terms)

    async def _advance(self, draft: Draft, cause: str) -> None:
        others = await self._neighbours.of(draft)
        advance(draft, self.terms, self.catalogue, others, cause=cause)

    def ask_anew(self, draft: Draft) -> None:
        """Send the messages that lead to the present checkpoint once more, under new ids."""
        ask_anew(draft, self.terms)

    async def _attach(self, order: ServiceOrder, claims: Claims) -> ServiceOrder:
        async def step(draft: Draft) -> ServiceOrder:
            if draft.root is None:
                raise _unknown(draft.lifecycle.root, draft.lifecycle.id)
            if draft.root.state in FINAL_ORDER_STATES or is_being_cancelled(draft):
                raise LifecycleError("orderEnded", f"order {draft.root.id} is {draft.root.state}", "name an open order")
            together = (*draft.service_orders, order)
            await self._door.ask(
                Gate.ORDER_TO_BUILD, self.terms, self.catalogue, draft.now,
                order=draft.product_order, service_orders=together, is_known=partial(self.once.is_known, claims),
            )  # fmt: skip
            draft.create(ResourceKind.SERVICE_ORDER, order, claims)
            if draft.lifecycle.checkpoint is Checkpoint.RELEASE and not draft.lifecycle.awaiting:
                later(draft, "advance")
            stored: ServiceOrder = draft.get(ResourceKind.SERVICE_ORDER, order.id)
            return stored

        return await self._change(order.product_order_id or "", step)

    async def _owner(self, kind: ResourceKind, resource_id: str) -> str:
        owner = await self.repository.owner(kind, resource_id)
        if owner is None:
            raise _unknown(kind, resource_id)
        return owner

    @staticmethod
    def _match(draft: Draft, kind: ResourceKind, resource_id: str, if_revision: int | None) -> None:
        present = draft.get(kind, resource_id)
        if present is None:
            raise _unknown(kind, resource_id)
        if if_revision is not None and present.revision != if_revision:
            raise FaceError(
                412,
                "stale",
                f"{kind.value} {resource_id} is at revision {present.revision}, not {if_revision}",
                "read it again and repeat the change with the new ETag",
            )

    async def _change(self, order_id: str, step: Callable[[Draft], Awaitable[T]]) -> T:
        """Load, step, save; load and step again when somebody else was faster."""
        for attempt in range(_TRIES):
            aggregate = await self.repository.load(order_id)
            if aggregate is None:
                raise FaceError(404, "notFound", f"order {order_id!r} is not known", "use an id that a list shows")
            draft = await self._draft(aggregate)
            answer = await step(draft)
            if not draft.is_changed:
                return answer
            try:
                await self._save(draft)
            except StaleVersion:
                if attempt == _TRIES - 1:
                    raise
            else:
                return answer
        raise AssertionError("unreachable")

    async def _draft(self, aggregate: Aggregate) -> Draft:
        draft = Draft(aggregate, self.clock.now(), self.terms)
        root, order_id = aggregate.lifecycle.root, aggregate.lifecycle.id
        if root is ResourceKind.ON_DEMAND_BILL:
            stored = await self.repository.get(root, order_id)
            if stored is not None:
                draft.know(root, stored)
        return draft

    async def _save(self, draft: Draft) -> None:
        change = replace(draft.finish(), products=products_of(draft))
        await keep_cycles(self.repository, change)
        await self.repository.save(change)
        self.on_work()


def _taken_in(order: Any, state: OrderState, now: datetime) -> Any:
    states = dict.fromkeys((item.id for _, item in order.all_items()), OrderState.ACKNOWLEDGED)
    given = {"id": new_id(), "state": state, "order_date": now, "items": with_items(order, states)}
    return order.model_copy(update=given)


def _unknown(kind: ResourceKind, resource_id: str) -> FaceError:
    return FaceError(
        404,
        "notFound",
        f"{kind.value} {resource_id!r} is not known",
        f"use an id that GET {kind.value} lists",
        path="id",
    )
