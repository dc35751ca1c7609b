"""One order through one adapter, step by step, outside any store: what is sent, what comes back, what a gate says.

The order is taken as an intake takes it, and decomposed. What comes before is done by simulated systems, where there
are any; each operation of the adapter is then sent, and looked after until it is done. What it reports is put beside
the order, and the gate that would judge it is asked.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from gateway.canonical.ids import new_id
from gateway.canonical.judgement import Judgement, Severity
from gateway.canonical.lifecycle import Checkpoint, Lifecycle, ResourceKind
from gateway.canonical.order import ProductOrder
from gateway.canonical.states import OrderState
from gateway.lifecycle.decomposition import decompose
from gateway.lifecycle.draft import Draft
from gateway.lifecycle.gates import ask
from gateway.lifecycle.messages import ROLE_OF, message_of
from gateway.lifecycle.reports import take_in
from gateway.lifecycle.terms import Terms
from gateway.ports.adapter import Adapter, Message, Operation, Outcome, Report, Role
from gateway.ports.errors import AdapterError, SetupError
from gateway.ports.exchange import Exchange, watched
from gateway.ports.loss import LossReport, losses_of
from gateway.ports.repository import Aggregate
from gateway.rules.engine import Catalogue

__all__ = ["JUDGED_AT", "Trial", "TrialStep"]

JUDGED_AT: Mapping[Operation, Checkpoint] = {
    Operation.GATHER: Checkpoint.QUALIFY,
    Operation.RESERVE: Checkpoint.RELEASE,
    Operation.BOOK: Checkpoint.RELEASE,
    Operation.BUILD: Checkpoint.READY,
    Operation.ACTIVATE: Checkpoint.ACTIVATED,
    Operation.CHARGE: Checkpoint.CHARGED,
    Operation.BILL: Checkpoint.BILLED,
}
"""Operation → the moment at which what it reports is judged first."""

_LOOKS_AT_ONCE = 0.05
_STOPS = frozenset({Severity.HOLD, Severity.REJECT})


@dataclass
class TrialStep:
    """One operation: what was sent, each exchange, and what came of it. `error` stands in place of a report."""

    message: Message
    exchanges: list[Exchange] = field(default_factory=list)
    looks: int = 0
    report: Report | None = None
    error: AdapterError | None = None
    judgement: Judgement | None = None
    is_alone: bool = False  # whether others should have spoken before: then the gate cannot know enough
    losses: LossReport | None = None

    @property
    def is_done(self) -> bool:
        """Whether the system did all of it."""
        done = self.report is not None and self.report.outcome is Outcome.DONE
        return done and self.error is None and not (self.report and self.report.refusals)

    @property
    def is_well(self) -> bool:
        """Whether it is done, and neither the gate nor the account of losses finds fault with it."""
        stops = self.judgement is not None and any(one.severity in _STOPS for one in self.judgement.findings)
        return self.is_done and (self.is_alone or not stops) and not (self.losses and self.losses.findings)


class Trial:
    """An order as it stands between the steps of one adapter. `others` play the roles that come before."""

    def __init__(
        self, order: ProductOrder, adapter: Adapter, others: Mapping[Role, Adapter], terms: Terms, catalogue: Catalogue
    ) -> None:
        now = datetime.now(UTC)
        self._adapter, self._others, self._terms, self._catalogue = adapter, others, terms, catalogue
        self._is_alone = False
        taken = order.model_copy(
            update={"id": new_id(), "state": OrderState.ACKNOWLEDGED, "order_date": now, "revision": 1}
        )
        reference = terms.reference_for(taken)
        lifecycle = Lifecycle(
            id=taken.id, root=ResourceKind.PRODUCT_ORDER, checkpoint=Checkpoint.QUALIFY, policy=terms.policy
        )
        services = decompose(taken, reference, terms, now)
        self._aggregate = Aggregate(lifecycle, taken, tuple(services))

    async def steps(self, seconds: float) -> AsyncIterator[TrialStep]:
        """Yield each operation of the adapter once it is over; a failed one is the last. Each has so many seconds.

        A fee is no part of it: it is the price of a cancellation. Raises SetupError where a system before it fails.
        """
        role = Role(self._adapter.role)
        # Of two that are sent at once, the other's is done first, so that the gate has both.
        in_order = sorted(JUDGED_AT, key=lambda one: (list(Checkpoint).index(JUDGED_AT[one]), ROLE_OF[one] is role))
        last = max(index for index, operation in enumerate(in_order) if ROLE_OF[operation] is role)
        for operation in in_order[: last + 1]:
            if ROLE_OF[operation] is not role:
                await self._prepare(operation, seconds)
                continue
            step = await self._step(self._adapter, operation, seconds)
            yield step
            if not step.is_done:
                return

    async def _prepare(self, operation: Operation, seconds: float) -> None:
        other = self._others.get(ROLE_OF[operation])
        if other is None:
            self._is_alone = True
            return
        step = await self._step(other, operation, seconds)
        if not step.is_done:
            said = step.error.reason if step.error is not None else "it is not done"
            refused = step.report.refusals if step.report is not None else ()
            said = "; ".join(f"{one.legacy_code} {one.legacy_text}" for one in refused) or said
            reason = f"{other.name} has to {operation} before, and cannot: {said}"
            raise SetupError(reason, "give an order that the simulated systems know, or a landscape without them")

    async def _step(self, adapter: Adapter, operation: Operation, seconds: float) -> TrialStep:
        now, name = datetime.now(UTC), f"{self._aggregate.lifecycle.id}:{operation}:1"
        message = message_of(self._aggregate, self._terms, name, operation, now)
        step = TrialStep(message, is_alone=self._is_alone)
        with watched(step.exchanges.append):
            try:
                step.report = await _settled(adapter, step, seconds)
            except AdapterError as error:
                step.error = error
        book = losses_of(adapter)
        step.losses = book.report(name) if book is not None else None
        if step.report is not None:
            self._take(step)
        return step

    def _take(self, step: TrialStep) -> None:
        """Put beside the order what was reported, and ask the gate."""
        assert step.report is not None
        draft = Draft(self._aggregate, datetime.now(UTC))
        draft.move(checkpoint=JUDGED_AT[step.message.operation])
        take_in(draft, step.message.id, step.message.operation, step.report)
        step.judgement, _ = ask(draft, self._terms, self._catalogue)
        self._aggregate = Aggregate(
            draft.lifecycle,
            draft.product_order,
            draft.service_orders,
            tuple(draft.facts),
            (),
            draft.rates,
            draft.bills,
        )


async def _settled(adapter: Adapter, step: TrialStep, seconds: float) -> Report:
    until = time.monotonic() + seconds
    report = await adapter.submit(step.message)
    while report.outcome is Outcome.WORKING and time.monotonic() < until:
        await asyncio.sleep(max(report.again_after_seconds, _LOOKS_AT_ONCE))
        step.looks += 1
        report = await adapter.fetch(step.message)
    return report
