"""What an order shows of its way: milestones it reached, alerts while it waits, errors that ended it. Pure on a draft.

TMF641 shows these as milestone, jeopardyAlert and errorMessage in both versions, TMF622 from v5 on; TMF622 v4 has the
notes alone.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.canonical.common import ErrorMessage, ItemRef, JeopardyAlert, Milestone
from gateway.canonical.ids import new_id
from gateway.canonical.judgement import Finding, Judgement, Verdict
from gateway.canonical.lifecycle import Checkpoint, ResourceKind
from gateway.canonical.order import ProductOrder
from gateway.canonical.service_order import ServiceOrder
from gateway.canonical.states import FINAL_ORDER_STATES
from gateway.lifecycle.draft import Draft
from gateway.ports.adapter import Refusal

__all__ = ["alert", "fail", "reach", "refused"]

MILESTONES: Mapping[Checkpoint, tuple[str, str]] = {
    Checkpoint.QUALIFY: ("qualified", "customer, account, site and price are confirmed"),
    Checkpoint.RELEASE: ("released", "everything is reserved and booked; the build may begin"),
    Checkpoint.READY: ("ready", "the work on site is done and proven"),
    Checkpoint.ACTIVATED: ("activated", "the services run, and a second source says so"),
    Checkpoint.DELIVERED: ("delivered", "what runs is what was ordered"),
    Checkpoint.CHARGED: ("charged", "what is charged is what runs"),
    Checkpoint.BILLED: ("billed", "the bill says what was charged, and is posted"),
}
"""What it means to have passed each checkpoint: name and description."""

_OF_SERVICES = frozenset({Checkpoint.RELEASE, Checkpoint.READY, Checkpoint.ACTIVATED})
_COMPLETED = "Completed"
_TYPES = {Verdict.HOLD: "normal", Verdict.REJECT: "critical"}
_MOST = 50
"""How many of each an order keeps: the newest."""


def reach(draft: Draft, passed: Checkpoint) -> None:
    """Record that an order passed a checkpoint; once for each."""
    name, description = MILESTONES[passed]
    reached = Milestone(
        id=name, name=name, description=description, status=_COMPLETED, milestone_date=draft.now,
        message=f"{name}: {description}",
    )  # fmt: skip
    for kind, order in _orders(draft, with_services=passed in _OF_SERVICES):
        if all(one.id != name for one in order.milestones):
            _add(draft, kind, order, "milestone", milestones=(*order.milestones, reached))


def alert(draft: Draft, judgement: Judgement) -> None:
    """Warn that an order waits: at which gate, for which facts or corrections, and who has to act."""
    waits = [f"waits for {key}" for key in judgement.missing]
    found = [f"{one.code} {one.reason}" for one in judgement.findings if one.severity != "warn"]
    codes = list(dict.fromkeys(one.code for one in judgement.findings if one.severity != "warn"))
    said = JeopardyAlert(
        id=new_id(),
        name=f"{judgement.verdict} at {judgement.gate}",
        message=f"{'; '.join([*waits, *found])}; the {judgement.blocked_by} has to act",
        exception=", ".join([*codes, *(key.predicate for key in judgement.missing)]),
        jeopardy_type=_TYPES.get(judgement.verdict, "normal"),
        alert_date=draft.now,
        items=_items(judgement),
    )
    for kind, order in _orders(draft, with_services=False):
        _add(draft, kind, order, "jeopardy", jeopardies=(*order.jeopardies, said)[-_MOST:])
    of_services = said.model_copy(update={"items": ()})
    for order in draft.service_orders:
        if order.id != draft.lifecycle.id and order.state not in FINAL_ORDER_STATES:
            jeopardies = (*order.jeopardies, of_services)[-_MOST:]
            _add(draft, ResourceKind.SERVICE_ORDER, order, "jeopardy", jeopardies=jeopardies)


def fail(draft: Draft, findings: tuple[Finding, ...]) -> None:
    """Record why an order was refused or failed."""
    said = tuple(
        ErrorMessage(
            code=one.code, reason=one.reason, message=one.fix, status="422", timestamp=draft.now, items=_refs(one.path)
        )
        for one in findings
        if one.severity != "warn"
    )
    _append(draft, said)


def refused(draft: Draft, refusals: Sequence[Refusal]) -> None:
    """Record what legacy systems refused to build, in their words (redacted)."""
    _append(
        draft,
        tuple(
            ErrorMessage(
                code=one.legacy_code,
                reason="refused by the legacy system",
                message=one.legacy_text,
                timestamp=draft.now,
                items=_refs(one.subject),
            )
            for one in refusals
        ),
    )


def _append(draft: Draft, errors: tuple[ErrorMessage, ...]) -> None:
    for kind, order in _orders(draft, with_services=False) if errors else ():
        _add(draft, kind, order, "errorMessage", errors=(*order.errors, *errors)[-_MOST:])


def _orders(draft: Draft, *, with_services: bool) -> list[tuple[ResourceKind, Any]]:
    root = draft.root
    found: list[tuple[ResourceKind, Any]] = []
    if isinstance(root, ProductOrder | ServiceOrder):
        found.append((draft.lifecycle.root, root))
    if with_services:
        found += [(ResourceKind.SERVICE_ORDER, order) for order in draft.service_orders if order.id != root.id]
    return found


def _add(draft: Draft, kind: ResourceKind, order: Any, event: str, **changes: Any) -> None:
    draft.change(kind, order.id, event=event, **changes)


def _items(judgement: Judgement) -> tuple[ItemRef, ...]:
    ids = [key.subject.removeprefix("item:") for key in judgement.missing if key.subject.startswith("item:")]
    return tuple(ItemRef(item_id=one) for one in dict.fromkeys(ids))


def _refs(path: str) -> tuple[ItemRef, ...]:
    return (ItemRef(item_id=path.removeprefix("item:")),) if path.startswith("item:") else ()
