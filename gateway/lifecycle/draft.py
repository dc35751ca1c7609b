"""One step in the making: what is there, what changes, and the events that say so.

A draft is the only mutable thing of the lifecycle; it lives for one step and becomes one `Change`.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Any

import orjson

from gateway.canonical.bill import AppliedRate, Bill
from gateway.canonical.common import Note
from gateway.canonical.exceptions import Case
from gateway.canonical.fact import Assurance, Fact, FactKey, Source
from gateway.canonical.identity import Identity
from gateway.canonical.ids import new_id
from gateway.canonical.judgement import Decision, Finding, Gate, Hold, Judgement
from gateway.canonical.lifecycle import CancelTask, Event, JudgedInputs, Lifecycle, ResourceKind
from gateway.canonical.order import ProductOrder
from gateway.canonical.service_order import ServiceOrder
from gateway.lifecycle import transitions
from gateway.lifecycle.exceptions.recording import Ended, Subject, cases_of, difference, refusal_cases
from gateway.lifecycle.identity import our_id
from gateway.lifecycle.terms import Terms
from gateway.ports.claims import Claim
from gateway.ports.repository import Aggregate, Change, Replayed, Resource, Work

__all__ = ["GATEWAY", "Draft"]

GATEWAY = Source(system="tmf-gateway")


class Draft:
    """Collects the changes of one step on one lifecycle. `terms` say what its exceptions put at stake."""

    def __init__(self, aggregate: Aggregate, now: datetime, terms: Terms | None = None) -> None:
        self.now = now
        self._terms = terms
        self._before = aggregate.holds
        self._cases: list[Case] = []
        self._refused: list[Case] = []
        self._cause = ""
        self._replayed: list[Replayed] = []
        self.lifecycle = aggregate.lifecycle
        self.began = aggregate.lifecycle.checkpoint  # where the step began
        self.facts: list[Fact] = list(aggregate.facts)
        self.holds: list[Hold] = list(aggregate.holds)
        self._resources: dict[tuple[ResourceKind, str], Any] = {}
        if aggregate.product_order:
            self._resources[ResourceKind.PRODUCT_ORDER, aggregate.product_order.id] = aggregate.product_order
        for kind, things in (
            (ResourceKind.SERVICE_ORDER, aggregate.service_orders),
            (ResourceKind.APPLIED_RATE, aggregate.rates),
            (ResourceKind.CUSTOMER_BILL, aggregate.bills),
        ):
            self._resources.update({(kind, thing.id): thing for thing in things})
        for task in aggregate.cancel_tasks:
            self._resources[task.kind, task.id] = task
        self._known_facts = {fact.id for fact in self.facts}
        self._put: dict[tuple[ResourceKind, str], None] = {}
        self._removed: list[tuple[ResourceKind, str]] = []
        self._new_facts: list[Fact] = []
        self._changed_holds: dict[str, Hold] = {}
        self._decisions: list[Decision] = []
        self._inputs: dict[str, JudgedInputs] = {}
        self._events: list[Event] = []
        self._work: list[Work] = []
        self._identities: dict[str, Identity] = {}
        self._claims: tuple[Claim, ...] = ()
        self._touched = False

    # -- what is there -------------------------------------------------------------------------------------------

    @property
    def product_order(self) -> ProductOrder | None:
        """The product order, as changed so far."""
        return next(iter(self._of(ResourceKind.PRODUCT_ORDER)), None)

    @property
    def service_orders(self) -> tuple[ServiceOrder, ...]:
        """The service orders, as changed so far."""
        return tuple(self._of(ResourceKind.SERVICE_ORDER))

    @property
    def rates(self) -> tuple[AppliedRate, ...]:
        """The applied rates, as changed so far."""
        return tuple(self._of(ResourceKind.APPLIED_RATE))

    @property
    def bills(self) -> tuple[Bill, ...]:
        """The bills, as changed so far."""
        return tuple(self._of(ResourceKind.CUSTOMER_BILL))

    @property
    def cancel_tasks(self) -> tuple[CancelTask, ...]:
        """The cancel tasks, as changed so far."""
        return (
            *self._of(ResourceKind.CANCEL_PRODUCT_ORDER),
            *self._of(ResourceKind.CANCEL_SERVICE_ORDER),
        )

    @property
    def root(self) -> Any:
        """The order, service order or on-demand bill that the lifecycle is about."""
        return self.get(self.lifecycle.root, self.lifecycle.id)

    @property
    def is_changed(self) -> bool:
        """Whether there is anything to store."""
        return self._touched

    def get(self, kind: ResourceKind, resource_id: str) -> Any:
        """Return one resource as changed so far, or None."""
        return self._resources.get((kind, resource_id))

    def know(self, kind: ResourceKind, resource: Resource) -> None:
        """Put in a stored resource that is no part of the aggregate."""
        self._resources[kind, resource.id] = resource

    def has_fact(self, key: FactKey) -> bool:
        """Whether anybody has stated this."""
        return any(fact.key == key for fact in self.facts)

    # -- what changes --------------------------------------------------------------------------------------------

    def move(self, **changes: Any) -> None:
        """Change the lifecycle itself (`checkpoint`, `awaiting`, …)."""
        self.lifecycle = self.lifecycle.model_copy(update=changes)
        self._touched = True

    def create(self, kind: ResourceKind, resource: Resource, claims: tuple[Claim, ...] = ()) -> None:
        """Add a resource, with its create event; `claims` are what it is known by when it is sent again."""
        self._claims += tuple(replace(one, order_id=self.lifecycle.id) for one in claims)
        self._store(kind, resource.model_copy(update={"revision": 1}))
        self._event(kind, resource.id, "create")

    def change(
        self, kind: ResourceKind, resource_id: str, *, event: str = "attributeValueChange", **changes: Any
    ) -> None:
        """Change members other than the state, with an event: an attributeValueChange unless it is said otherwise."""
        old = self._resources[kind, resource_id]
        new = old.model_copy(update=changes)
        changed = tuple(name for name in changes if getattr(old, name) != getattr(new, name))
        if changed:
            self._store(kind, new.model_copy(update={"revision": old.revision + 1}))
            self._event(kind, resource_id, event, changed=changed)

    def set_state(self, kind: ResourceKind, resource_id: str, wanted: StrEnum, **changes: Any) -> None:
        """Change the state, and members with it, with a stateChange event. Raises IllegalTransition."""
        old = self._resources[kind, resource_id]
        if old.state == wanted:
            self.change(kind, resource_id, **changes)
            return
        transitions.require(kind, old.state, wanted)
        update = {**changes, "state": wanted, "revision": old.revision + 1}
        self._store(kind, old.model_copy(update=update))
        self._event(kind, resource_id, "stateChange", changed=("state", *changes))

    def remove(self, kind: ResourceKind, resource_id: str) -> None:
        """Remove a resource, with its delete event."""
        self._event(kind, resource_id, "delete")
        self._resources.pop((kind, resource_id))
        self._put.pop((kind, resource_id), None)
        self._removed.append((kind, resource_id))
        self._touched = True

    def inform(self, kind: ResourceKind, resource_id: str) -> None:
        """Say that the customer has to give information."""
        self._event(kind, resource_id, "informationRequired")

    def note(self, text: str) -> None:
        """Write a note on the order, where the v4 faces show why it waits."""
        root = self.root
        if isinstance(root, ProductOrder | ServiceOrder):
            note = Note(id=str(len(root.notes) + 1), author=GATEWAY.system, date=self.now, text=text)
            while any(other.id == note.id for other in root.notes):
                note = note.model_copy(update={"id": f"{note.id}.1"})
            self.change(self.lifecycle.root, root.id, notes=(*root.notes, note))

    def fact_id(self, fact: Fact) -> str:
        """Return the id under which this lifecycle keeps a statement: the same each time it is said."""
        return fact.id or _fact_id(self.lifecycle.id, fact)

    def add_fact(self, fact: Fact) -> Fact | None:
        """Record a statement at the end of the order's chain; None where the very same was recorded before."""
        fact_id = self.fact_id(fact)
        if fact_id in self._known_facts:
            return None
        stored = fact.model_copy(
            update={
                "id": fact_id,
                "order_id": self.lifecycle.id,
                "recorded_at": self.now,
                "previous": self.lifecycle.context_hash or None,
            }
        )
        self._known_facts.add(fact_id)
        self.facts.append(stored)
        self._new_facts.append(stored)
        self.move(context_hash=stored.digest())
        return stored

    def state_fact(self, predicate: str, subject: str, value: dict[str, Any]) -> None:
        """Record something that the gateway itself verified, once."""
        if not self.has_fact(FactKey(predicate, subject)):
            self.add_fact(
                Fact(
                    predicate=predicate,
                    subject=subject,
                    value=value,
                    observed_at=self.now,
                    source=GATEWAY,
                    assurance=Assurance.VERIFIED,
                )
            )

    def decide(self, judgement: Judgement, inputs: JudgedInputs | None = None) -> None:
        """Record what a gate answered, with the context it was asked in; `inputs` is what else it looked at."""
        digest = inputs.digest() if inputs is not None else ""
        if inputs is not None:
            self._inputs[digest] = inputs
        self._decisions.append(
            Decision(
                id=new_id(),
                order_id=self.lifecycle.id,
                at=self.now,
                checkpoint=self.lifecycle.checkpoint,
                judgement=judgement,
                context_hash=self.lifecycle.context_hash,
                event_seq=self.lifecycle.event_seq,
                inputs=digest,
            )
        )
        self._touched = True

    def hold(self, judgement: Judgement) -> None:
        """Open a hold for what the gate waits for, in place of any that is open."""
        waits = (judgement.missing, judgement.findings)
        if any((hold.missing, hold.findings) == waits for hold in self.holds):
            return
        self.release("superseded by a new judgement")
        hold = Hold(
            id=new_id(),
            order_id=self.lifecycle.id,
            gate=judgement.gate,
            checkpoint=self.lifecycle.checkpoint,
            since=self.now,
            missing=judgement.missing,
            findings=judgement.findings,
            verdict=judgement.verdict,
            blocked_by=judgement.blocked_by,
        )
        cases = cases_of(self._subject, hold)
        self._cases.extend(cases)
        hold = hold.model_copy(update={"fingerprints": tuple(case.fingerprint for case in cases)})
        self.holds.append(hold)
        self._changed_holds[hold.id] = hold
        self._touched = True

    def release(self, cause: str) -> None:
        """Release every open hold."""
        for hold in self.holds:
            released = hold.model_copy(update={"released_at": self.now, "release_cause": cause})
            self._changed_holds[hold.id] = released
            self._touched = True
            self._cause = cause
        self.holds = []

    def enqueue(self, work: Work) -> None:
        """Add something to do later."""
        self._work.append(work)
        self._touched = True

    def count_refusals(self, gate: Gate, findings: Iterable[Finding]) -> None:
        """Count items that a legacy system refused: they failed, and nothing is held for them."""
        hold = Hold(
            id="", order_id=self.lifecycle.id, gate=gate, checkpoint=self.lifecycle.checkpoint, since=self.now,
            findings=tuple(findings),
        )  # fmt: skip
        self._refused.extend(refusal_cases(self._subject, hold))
        self._touched = True

    def mark_replayed(self, fix: str) -> None:
        """Note that this step asks the order's systems anew because of a fix."""
        self._replayed.append(Replayed(fix, self.lifecycle.id, self.now))
        self._touched = True

    def identify(self, identity: Identity) -> None:
        """Enter which legacy object is which of ours, or that it is no longer."""
        self._identities[identity.id] = identity
        self._touched = True

    def finish(self) -> Change:
        """Return everything as one change, under the next version of the lifecycle."""
        lifecycle: Lifecycle = self.lifecycle.model_copy(update={"version": self.lifecycle.version + 1})
        ended = Ended(self._cause, self.now)
        opened, closed = difference(lifecycle.id, self._before, self.holds, self._cases, ended)
        return Change(
            lifecycle=lifecycle,
            put=tuple((kind, self._resources[kind, resource_id]) for kind, resource_id in self._put),
            remove=tuple(self._removed),
            facts=tuple(self._new_facts),
            holds=tuple(self._changed_holds.values()),
            decisions=tuple(self._decisions),
            inputs=tuple(self._inputs.values()),
            events=tuple(self._events),
            work=tuple(self._work),
            opened=(*opened, *self._refused),
            closed=closed,
            replayed=tuple(self._replayed),
            identities=tuple(self._identities.values()),
            claims=self._claims,
        )

    # -- inside --------------------------------------------------------------------------------------------------

    @property
    def _subject(self) -> Subject:
        reference, order_id = self.lifecycle.reference, self.lifecycle.id
        return Subject(order_id, self.product_order, self.service_orders, reference, self._terms)

    def _of(self, wanted: ResourceKind) -> Iterable[Any]:
        return [thing for (kind, _), thing in self._resources.items() if kind is wanted]

    def _store(self, kind: ResourceKind, resource: Any) -> None:
        self._resources[kind, resource.id] = resource
        self._put[kind, resource.id] = None
        self._touched = True

    def _event(self, kind: ResourceKind, resource_id: str, event_type: str, changed: tuple[str, ...] = ()) -> None:
        resource = self._resources[kind, resource_id]
        seq = self.lifecycle.event_seq + 1
        self.move(event_seq=seq)
        self._events.append(
            Event(
                id=new_id(),
                order_id=self.lifecycle.id,
                seq=seq,
                kind=kind,
                resource_id=resource_id,
                type=event_type,
                at=self.now,
                state=getattr(resource, "state", None),
                resource=resource.model_dump_json(),
                changed=changed,
            )
        )


def _fact_id(order_id: str, fact: Fact) -> str:
    """Return an id that is the same for the same statement, so that a repeated report adds nothing.

    The same words with better backing are another statement: what was asserted may be verified later.
    """
    backing = (fact.assurance, fact.verifier, *(one.model_dump(exclude_none=True) for one in fact.evidence))
    times = (fact.observed_at, fact.valid_from, fact.valid_to)
    said = (fact.predicate, fact.subject, fact.source.system, fact.value, times, backing, fact.supersedes)
    return our_id(order_id, "fact", orjson.dumps(said, option=orjson.OPT_SORT_KEYS, default=str).decode())
