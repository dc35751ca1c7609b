"""The gateway's own face: where orders stand and why, the facts about them, the rules, and the check of a trace."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Protocol
from urllib.parse import quote

from gateway.canonical.lifecycle import Checkpoint, Lifecycle, ResourceKind
from gateway.canonical.states import OnDemandState, OrderState
from gateway.faces.answer import Answer, Call, Handler
from gateway.faces.desk import Desk
from gateway.faces.hub_delivery import Hub
from gateway.faces.lifecycle import pages, wire
from gateway.faces.lifecycle.agreement import agreement_handlers
from gateway.faces.lifecycle.asking import Paging, among, known, paged
from gateway.faces.lifecycle.asking import asked as asked_of
from gateway.faces.lifecycle.backbone import BackboneOffice, backbone_handlers
from gateway.faces.lifecycle.callbacks import callback_handlers
from gateway.faces.lifecycle.exceptions import exception_handlers
from gateway.faces.lifecycle.facts import Facts
from gateway.faces.lifecycle.heard import heard_handlers
from gateway.faces.lifecycle.identities import identity_handlers
from gateway.faces.lifecycle.listeners import listener_handlers
from gateway.faces.lifecycle.paths import wire_path
from gateway.faces.lifecycle.rule_sets import rule_set_handlers
from gateway.faces.lifecycle.streams import stream_handlers
from gateway.faces.lifecycle.timeline import merged
from gateway.faces.lifecycle.trace import TraceProblem, answer_of, trace_from_wire
from gateway.faces.lifecycle.vocabularies import Vocabularies, vocabulary_handlers
from gateway.faces.one_pass import FaceDefinition
from gateway.faces.problems import PROBLEMS, problem
from gateway.faces.settings import FaceSettings
from gateway.lifecycle.callbacks import CallbackSigner
from gateway.lifecycle.exceptions.mending import Mender
from gateway.lifecycle.rule_sets.book import Rules
from gateway.lifecycle.rule_sets.desk import RuleDesk
from gateway.lifecycle.terms import Terms
from gateway.ports.errors import StoreUnavailable
from gateway.ports.inbox import Inbox
from gateway.ports.repository import Aggregate, Repository
from gateway.rules.engine import Catalogue, judge_all
from gateway.streams.office import StreamOffice

__all__ = ["BASE", "DOCUMENT", "LifecycleDesk", "lifecycle_face"]

BASE = "/lifecycle/v1"
"""Where the face is served."""

DOCUMENT = "lifecycle/v1.yaml"
"""Its document, beneath the directory of documents."""

HEALTH_SECONDS = 5.0
"""How long the database may take to answer before the gateway calls itself unavailable."""

_CHECKPOINTS = tuple(checkpoint.value for checkpoint in Checkpoint)
_STATES = tuple(dict.fromkeys(str(state) for states in (OrderState, OnDemandState) for state in states))


class LifecycleDesk(Desk, Protocol):
    """The door of the lifecycle, with the terms of its landscape."""

    @property
    def terms(self) -> Terms:
        """What the landscape sells and how it bills."""


def lifecycle_face(  # noqa: PLR0913 - the wiring names each part once
    desk: LifecycleDesk,
    repository: Repository,
    rules_in_force: Rules,
    settings: FaceSettings,
    *,
    mender: Mender | None = None,
    vocabularies: Vocabularies | None = None,
    rule_desk: RuleDesk | None = None,
    office: StreamOffice | None = None,
    backbone: BackboneOffice | None = None,
    is_draining: Callable[[], bool] = lambda: False,
    hub: Hub | None = None,
    inbox: Inbox | None = None,
    signer: CallbackSigner | None = None,
) -> FaceDefinition:
    """Return the face, for `one_pass`: its handlers and how it says canonical paths."""
    orders = _Orders(desk, repository, settings, office)
    rules = _Rules(rules_in_force, repository, is_draining)
    facts = Facts(desk, repository, rules_in_force, Paging(settings))
    handlers: dict[str, Handler] = {
        "listOrders": orders.list,
        "retrieveOrder": orders.retrieve,
        "recheckOrder": orders.recheck,
        "listHolds": orders.holds,
        "retrieveContext": facts.context,
        "retrieveDecision": facts.decision,
        "listFacts": facts.list,
        "recordFacts": facts.record,
        "listRules": rules.list,
        "retrieveRule": rules.retrieve,
        "retrieveError": rules.error,
        "checkTrace": rules.check,
        "retrieveHealth": rules.health,
        **exception_handlers(mender, settings),
        **vocabulary_handlers(vocabularies),
        **rule_set_handlers(rule_desk, settings),
        **stream_handlers(office, settings),
        **backbone_handlers(backbone, settings),
    }
    handlers |= agreement_handlers(desk, repository, settings) | identity_handlers(repository, settings)
    handlers |= listener_handlers(hub, settings) | heard_handlers(inbox, settings) | callback_handlers(inbox, signer)
    return FaceDefinition("lifecycle-v1", handlers, wire_path)


class _Orders:
    """What the face does with orders."""

    def __init__(
        self, desk: LifecycleDesk, repository: Repository, settings: FaceSettings, office: StreamOffice | None
    ) -> None:
        self._desk, self._repository, self._paging, self._office = desk, repository, Paging(settings), office

    async def list(self, call: Call) -> Answer:
        """One page of orders at a glance."""
        asked = asked_of(call, ("checkpoint", "state"))
        among(asked, "checkpoint", _CHECKPOINTS)
        among(asked, "state", _STATES)
        offset, limit = self._paging.of(asked)
        page = await self._repository.summaries(
            checkpoint=asked.get("checkpoint"), state=asked.get("state"), offset=offset, limit=limit
        )
        body = [
            {
                "id": one.id,
                "href": f"{call.base}/orders/{quote(one.id, safe='')}",
                "root": one.root.value,
                "checkpoint": one.checkpoint.value,
                **({"state": str(one.state)} if one.state is not None else {}),
                "openHolds": one.holds,
            }
            for one in page.items
        ]
        return paged(call, body, page.total, offset, limit)

    async def retrieve(self, call: Call) -> Answer:
        """Everything that happened to one order."""
        order_id = call.parameters["id"]
        events, decisions, holds, stored = await self._repository.timeline(order_id)
        aggregate = known(order_id, stored)
        lifecycle = aggregate.lifecycle
        external = aggregate.product_order.external_ids if aggregate.product_order else ()
        waits = await self._office.waits_for(order_id) if self._office and lifecycle.awaiting else ()
        body = {
            "id": lifecycle.id,
            "lifecycle": wire.lifecycle_to_wire(lifecycle),
            "serviceOrders": [one.id for one in aggregate.service_orders],
            "rates": [one.id for one in aggregate.rates],
            "bills": [one.id for one in aggregate.bills],
            "facts": [wire.fact_to_wire(fact) for fact in aggregate.facts],
            "holds": [wire.hold_to_wire(hold) for hold in holds],
            "decisions": [wire.decision_to_wire(decision) for decision in decisions],
            "events": [wire.event_to_wire(event) for event in events],
            "timeline": merged(lifecycle.id, aggregate.facts, decisions, holds, events, waits),
        }
        state = await self._state(aggregate)
        if state is not None:
            body["state"] = state
        if waits:
            body["waitsFor"] = [one.text for one in waits]
        if external:
            body["externalId"] = external[0].value
        return Answer(body=body)

    async def recheck(self, call: Call) -> Answer:
        """Ask the systems of the present stage again, and judge anew when they answer."""
        lifecycle: Lifecycle = await self._desk.recheck(call.parameters["id"])
        return Answer(202, {"id": lifecycle.id, "lifecycle": wire.lifecycle_to_wire(lifecycle)})

    async def holds(self, call: Call) -> Answer:
        """One page of open holds, oldest first."""
        offset, limit = self._paging.of(asked_of(call, ()))
        holds, total = await self._repository.open_holds(offset=offset, limit=limit)
        return paged(call, [wire.hold_to_wire(hold) for hold in holds], total, offset, limit)

    async def _state(self, aggregate: Aggregate) -> str | None:
        lifecycle = aggregate.lifecycle
        root: Any = aggregate.product_order
        if lifecycle.root is ResourceKind.SERVICE_ORDER:
            root = next((one for one in aggregate.service_orders if one.id == lifecycle.id), None)
        elif root is None:
            root = await self._repository.get(lifecycle.root, lifecycle.id)
        return None if root is None or root.state is None else str(root.state)


class _Rules:
    """What the face says without looking at one order."""

    def __init__(self, rules: Rules, repository: Repository, is_draining: Callable[[], bool]) -> None:
        self._rules, self._repository, self._is_draining = rules, repository, is_draining

    @property
    def _catalogue(self) -> Catalogue:
        return self._rules.catalogue

    async def list(self, call: Call) -> Answer:
        """All rules."""
        catalogue = self._catalogue
        rules = catalogue.rules
        counts = {"X-Total-Count": str(len(rules)), "X-Result-Count": str(len(rules))}
        if call.wants_html:
            return _html(pages.rules_page(rules, call.base + "/rules"), counts)
        return Answer(body=[pages.rule_to_wire(rule, catalogue.mode(rule.code)) for rule in rules], headers=counts)

    async def retrieve(self, call: Call) -> Answer:
        """One rule."""
        code = call.parameters["code"]
        catalogue = self._catalogue
        rule = catalogue.rule(code) or catalogue.rule(code.upper())
        if rule is None:
            raise problem("notFound", reason="there is no rule of that code", fix="use a code that GET rules lists")
        mode = catalogue.mode(rule.code)
        return _html(pages.rule_page(rule, mode)) if call.wants_html else Answer(body=pages.rule_to_wire(rule, mode))

    async def error(self, call: Call) -> Answer:
        """One error code."""
        code = call.parameters["code"]
        row = PROBLEMS.get(code)
        if row is None:
            raise problem("notFound", reason="there is no error of that code", fix="use the code of an Error object")
        return _html(pages.error_page(code, row)) if call.wants_html else Answer(body=pages.error_to_wire(code, row))

    async def check(self, call: Call) -> Answer:
        """What the gates would say of a trace; nothing is stored."""
        return Answer(body=await asyncio.to_thread(self._check, call.body))

    async def health(self, _call: Call) -> Answer:
        """Whether the gateway can work, and where its orders stand."""
        try:
            async with asyncio.timeout(HEALTH_SECONDS):
                counts = await self._repository.counts()
        except (StoreUnavailable, TimeoutError):
            body = {"status": "unavailable", "database": "unavailable", "checkpoints": {}, "parkedStreams": 0}
            return Answer(503, body, {"Retry-After": str(round(HEALTH_SECONDS))})
        parked = counts.get("parked", 0)
        checkpoints = {name: counts[name] for name in _CHECKPOINTS if name in counts}
        body = {"status": "ok", "database": "ok", "checkpoints": checkpoints, "parkedStreams": parked}
        if self._is_draining():
            return Answer(503, body | {"status": "draining"}, {"Retry-After": "1", "Cache-Control": "no-store"})
        return Answer(body=body, headers={"Cache-Control": "no-store"})

    def _check(self, document: Any) -> dict[str, Any]:
        try:
            trace = trace_from_wire(document)
        except TraceProblem as error:
            raise problem("schema", reason=str(error), fix="correct the trace document", path=error.path) from None
        catalogue = self._catalogue
        return answer_of(judge_all(trace, catalogue), trace, catalogue)


def _html(text: str, counts: Mapping[str, str] | None = None) -> Answer:
    headers = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'", "Vary": "Accept"}
    return Answer(body=text, headers=headers | dict(counts or {}), media="text/html; charset=utf-8")
