"""The adapter: an order becomes an order of the upstream; its states, asked for or notified, become facts."""

from collections.abc import Collection, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from adapters.sdk.doing import DoingAdapter
from adapters.sdk.facts import Speaker
from adapters.sdk.loss import Losses, translates
from adapters.tmf.client import TmfClient
from adapters.tmf.dialect import dialect_of
from adapters.tmf.from_legacy import Reader, Standing
from adapters.tmf.settings import CancelBy, Face, LookUp, TmfSettings
from adapters.tmf.to_legacy import has_id, identity_name, lines_of, order_for, subject_of
from adapters.tmf.words import Line, Words
from gateway.canonical.fact import Fact
from gateway.canonical.listening import HeardEvent
from gateway.canonical.states import FINAL_ORDER_STATES, OrderState, TaskState
from gateway.ports.adapter import Capability, Message, Operation, Outcome, Refusal, Report, Role
from gateway.ports.errors import NotSupported, Refused, Unreadable
from gateway.ports.listening import About
from gateway.ports.loss import Direction
from gateway.ports.outcome import Known, known_of
from gateway.vocabulary.conformance import Ignored, load_declaration
from gateway.vocabulary.table import Vocabulary

__all__ = ["TmfAdapter"]

_NAME = "tmf"
_NOT_DELIVERED = frozenset({OrderState.CANCELLED, OrderState.REJECTED, OrderState.FAILED})
_NO_ID = "what the upstream calls the service that is to be changed is not known"
_DELIVERED = frozenset({OrderState.COMPLETED, OrderState.PARTIAL})
_BEING_CANCELLED = frozenset({OrderState.ASSESSING_CANCELLATION, OrderState.PENDING_CANCELLATION})
_TASK_FAILED = frozenset({TaskState.TERMINATED_WITH_ERROR.value, TaskState.REJECTED.value, TaskState.CANCELLED.value})


class TmfAdapter(DoingAdapter):
    """Plays `activation` by an upstream that speaks TM Forum's APIs. What it can do depends on the settings."""

    name = _NAME
    role = Role.ACTIVATION
    capabilities: Mapping[str, Capability] = MappingProxyType(
        {
            "reserve": Capability.NOT_IMPLEMENTED,
            "activate": Capability.FULL,
            "cancel reserve": Capability.NOT_IMPLEMENTED,
            "cancel activate": Capability.PARTIAL,
            "lookup reserve": Capability.NOT_IMPLEMENTED,
            "lookup activate": Capability.FULL,
            "hears": Capability.FULL,
            "observe": Capability.NOT_IMPLEMENTED,
            "inventory": Capability.NOT_IMPLEMENTED,
        }
    )

    def __init__(self, settings: TmfSettings, tables: Mapping[str, Vocabulary]) -> None:
        super().__init__(Losses(_NAME, _ignored(settings.face)), again_after_seconds=settings.poll_seconds)
        self._settings, self._dialect = settings, dialect_of(settings)
        self._words = Words.of(tables, settings.version)
        self._client = TmfClient(settings, self._dialect)
        speaker = Speaker(_NAME, f"{_NAME}@0.1")
        self._reader = Reader(speaker, self._dialect, self._words, settings.trusts_milestone)
        self.hears: Collection[str] = frozenset({f"{self._dialect.type}StateChangeEvent"})
        lacks = {
            "cancel activate": settings.cancel is CancelBy.NONE,
            "lookup activate": settings.lookup is LookUp.NONE,
        }
        absent = {name: Capability.NOT_IMPLEMENTED for name, is_absent in lacks.items() if is_absent}
        self.capabilities = {**type(self).capabilities, **absent}

    @translates
    async def cancel(self, message: Message) -> Report:
        """Cancel the upstream's orders.

        Raises Refused, before any is cancelled, once one was delivered, and where one has lines that are to stay.
        """
        if message.operation is not Operation.ACTIVATE or self._settings.cancel is CancelBy.NONE:
            raise NotSupported(self.name, f"cancel {message.operation}")
        orders = await self._orders(message)
        states = [self._reader.state(order) for order in orders]
        if not message.leave_done and _DELIVERED & set(states):
            raise Refused("delivered", "the upstream has delivered the order; what was done needs an order of its own")
        wanted = {line.name for line in lines_of(message, self._settings.face)}
        for order, state in zip(orders, states, strict=True):
            if state not in FINAL_ORDER_STATES and self._reader.lines(order).keys() - wanted:
                raise Refused("whole", "the upstream cancels an order as a whole, and lines of it are to stay")
        facts: list[Fact] = []
        pending = False
        for order, state in zip(orders, states, strict=True):
            if state in _DELIVERED:
                facts += self._reader.report(_there(self._standing(message, [order])), 0).facts
            elif state not in _NOT_DELIVERED:
                pending = not await self._is_cancelled(str(order["id"]), state) or pending
        if pending:
            return self._working()
        return Report(outcome=Outcome.DONE, facts=tuple(facts))

    async def outcome_of(self, message: Message) -> Known:
        """Look for the upstream's orders under our name for them."""
        standing = self._standing(message, await self._orders(message))
        return known_of(sum(there is not None for _, there in standing), len(standing))

    def about(self, heard: HeardEvent) -> About | None:
        """Return which order of ours a notification of this face is about; None for a face that we do not order by."""
        order = self._order_in(heard)
        if order is None or not heard.face.startswith(f"{self._settings.face}-{self._settings.version}"):
            return None
        names = sorted(self._dialect.names_of(order))
        legacy_id = order.get("id")
        reference = names[0] if len(names) == 1 else None
        if reference is None and not isinstance(legacy_id, str):
            return None
        return About(operation=Operation.ACTIVATE, reference=reference, legacy_id=legacy_id)

    def report_from_event(self, heard: HeardEvent) -> Report:
        """Return what a notification says.

        What it does not tell is left to the next poll: what a change was to be, and a milestone that it leaves out.
        """
        order = self._order_in(heard)
        if order is None:
            raise Unreadable(f"a {heard.event_type} holds no {self._dialect.order}", "")
        standing: list[tuple[Line, Standing]] = []
        for name, item in self._reader.lines(order).items():
            action = self._words.actions.translate(item.get("action"))
            standing.append((Line(name, subject_of(name, self._settings.face), action), (order, item)))
        if self._reader.lacks_backing(order) or any(line.verb == "modify" for line, _ in standing):
            return self._working()
        return self._reader.report(standing, self._settings.poll_seconds)

    async def check(self) -> str:
        """Return one line on the upstream's health."""
        await self._client.check()
        return f"{_NAME} answers at {self._dialect.prefix}"

    async def close(self) -> None:
        """Release connections."""
        await self._client.close()

    async def _do(self, message: Message, *, may_send: bool) -> Report:
        if message.operation is not Operation.ACTIVATE:
            raise NotSupported(self.name, message.operation)
        standing = self._standing(message, await self._orders(message))
        refusals = [
            Refusal(subject=line.subject, legacy_code="NO-SERVICE-ID", legacy_text=_NO_ID)
            for line, there in standing
            if there is None and not has_id(message, line, self._settings.face)
        ]
        refused = {one.subject for one in refusals}
        standing = [one for one in standing if one[0].subject not in refused]
        missing = [line for line, there in standing if there is None]
        if missing:
            body = order_for(message, missing, self._settings, self._dialect, self._words)
            if not may_send:
                return self._working()
            made = await self._client.create(body)
            here = {line.name: there for line, there in standing if there is not None}
            here |= {name: (made, item) for name, item in self._reader.lines(made).items()}
            standing = [(line, here.get(line.name)) for line, _ in standing]
        lost = [line.name for line, there in standing if there is None]
        if lost:
            raise Unreadable("the upstream took an order and does not show its lines", ", ".join(lost))
        whole = _there(standing)
        report = self._reader.report(whole, self._settings.poll_seconds)
        ids = {identity_name(message): str(order["id"]) for _, (order, _) in whole[:1]}
        more = {"legacy_ids": {**ids, **report.legacy_ids}, "refusals": (*refusals, *report.refusals)}
        return report.model_copy(update=more)

    async def _orders(self, message: Message) -> list[Mapping[str, Any]]:
        """Return the upstream's orders for ours: the one whose id is known, and all that carry our name."""
        known = message.legacy_ids.get(identity_name(message))
        found = await self._client.order(known) if known is not None else None
        orders = {str(found["id"]): found} if found is not None else {}
        if found is None or any(there is None for _, there in self._standing(message, [found])):
            orders |= {one["id"]: one for one in await self._client.named(message.reference_key)}
        return list(orders.values())

    def _standing(self, message: Message, orders: list[Mapping[str, Any]]) -> list[tuple[Line, Standing | None]]:
        """Return where each line of a message stands; None for one that was not ordered. The first order counts."""
        there: dict[str, Standing] = {}
        for order in orders:
            for name, item in self._reader.lines(order).items():
                there.setdefault(name, (order, item))
        return [(line, there.get(line.name)) for line in lines_of(message, self._settings.face)]

    async def _is_cancelled(self, order_id: str, state: OrderState) -> bool:
        """Ask for an order's end unless that was asked; return whether it has ended. Raises Refused."""
        if state in _BEING_CANCELLED:
            return False
        if self._settings.cancel is CancelBy.PATCH:
            wanted = self._words.states.inverse(OrderState.CANCELLED)
            return self._reader.state(await self._client.set_state(order_id, wanted)) in _NOT_DELIVERED
        tasks = await self._client.cancellations(order_id)
        task = tasks[-1] if tasks else await self._client.cancel(order_id, "the order was cancelled")
        if task.get("state") in _TASK_FAILED:
            raise Refused(str(task["state"]), "the upstream did not cancel the order")
        return False

    def _order_in(self, heard: HeardEvent) -> Mapping[str, Any] | None:
        event = heard.body.get("event")
        order = event.get(self._dialect.order) if isinstance(event, dict) else None
        return order if isinstance(order, dict) else None


def _ignored(face: Face) -> Ignored:
    """Return what is left out by one API: a reason that begins with the name of the other does not count."""
    other = "TMF622:" if face is Face.TMF641 else "TMF641:"
    declared = load_declaration(Path(__file__).with_name("conformance.yaml")).ignored
    tables = {
        way: {member: why for member, why in declared.of(way).items() if not why.startswith(other)} for way in Direction
    }
    return Ignored(to_legacy=tables[Direction.TO_LEGACY], from_legacy=tables[Direction.FROM_LEGACY])


def _there(standing: list[tuple[Line, Standing | None]]) -> list[tuple[Line, Standing]]:
    """Return the lines that were ordered."""
    return [(line, there) for line, there in standing if there is not None]
