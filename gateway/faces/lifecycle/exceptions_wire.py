"""How the gateway's own face says exceptions: groups, cases, fixes, shadow replays and figures."""

from typing import Any
from urllib.parse import quote

from gateway.canonical.exceptions import Case, Fix, GroupEvent, Shadow
from gateway.faces.rows import instant_text
from gateway.lifecycle.exceptions.causes import suspected
from gateway.lifecycle.exceptions.growth import Growth
from gateway.lifecycle.exceptions.metrics import Metrics
from gateway.ports.exceptions import GroupView

__all__ = [
    "case_to_wire",
    "event_to_wire",
    "fix_to_wire",
    "group_to_wire",
    "growth_to_wire",
    "metrics_to_wire",
    "shadow_to_wire",
]

_PLACES = 4


def group_to_wire(view: GroupView, base: str) -> dict[str, Any]:
    """Return a group with its figures."""
    group, figures = view.group, view.figures
    signature = group.signature
    said = {
        "fingerprint": group.fingerprint,
        "href": f"{base}/exceptions/{group.fingerprint}",
        "status": group.status.value,
        "rule": signature.rule,
        "gate": signature.gate.value,
        "class": group.fault_class.value,
        "valueClass": signature.value,
        "system": signature.system or None,
        "vocabulary": signature.vocabulary or None,
        "path": signature.path or None,
        "offeringFamily": signature.family or None,
        "earliestGate": group.known_at.value,
        "owner": group.owner,
        "suspectedCause": group.suspected_cause or suspected(signature, group.fault_class),
        "note": group.note,
        "fixId": group.fix,
        "reopened": group.reopened,
        "firstAt": instant_text(group.first_at),
        "lastAt": instant_text(figures.last_at) if figures.last_at else None,
        "oldestOpenAt": instant_text(figures.oldest_open_at) if figures.oldest_open_at else None,
        "exceptions": figures.cases,
        "orders": figures.orders,
        "openOrders": figures.open_orders,
        "moneyAtStake": [{"currency": name, "minorUnits": amount} for name, amount in figures.money.items()],
        "ages": dict(figures.ages),
    }
    return _known(said)


def case_to_wire(case: Case, base: str) -> dict[str, Any]:
    """Return one order's exception. An order that was refused at the door cannot be read, so it has no address."""
    stored = case.origin.value != "reject"
    said = {
        "order": case.order_id,
        "href": f"{base}/orders/{quote(case.order_id, safe='')}" if stored else None,
        "origin": case.origin.value,
        "checkpoint": case.checkpoint,
        "blockedBy": case.blocked_by.value,
        "reason": case.reason,
        "openedAt": instant_text(case.opened_at),
        "closedAt": instant_text(case.closed_at) if case.closed_at else None,
        "cause": case.cause,
        "adapter": case.adapter or None,
        "vocabulary": case.vocabulary or None,
        "release": case.release or None,
    }
    return _known(said)


def event_to_wire(event: GroupEvent) -> dict[str, Any]:
    """Return something that was done about a group."""
    said = {"at": instant_text(event.at), "what": event.what, "who": event.who, "detail": event.detail or None}
    return _known(said)


def fix_to_wire(fix: Fix) -> dict[str, Any]:
    """Return a fix as it was staged, with the result of its last shadow replay."""
    said = {
        "id": fix.id,
        "fingerprint": fix.fingerprint,
        "stagedAt": instant_text(fix.staged_at),
        "who": fix.who or None,
        "reason": fix.reason or None,
        "vocabularies": list(fix.vocabularies) or None,
        "ruleSet": fix.rule_set,
        "policy": fix.policy or None,
        "shadow": shadow_to_wire(fix.shadow) if fix.shadow else None,
        "adoptedAt": instant_text(fix.adopted_at) if fix.adopted_at else None,
        "forced": fix.forced,
    }
    return _known(said)


def shadow_to_wire(shadow: Shadow) -> dict[str, Any]:
    """Return what a fix would do."""
    return {
        "at": instant_text(shadow.at),
        "seed": shadow.seed,
        "members": shadow.members,
        "control": shadow.control,
        "wouldRelease": shadow.would_release,
        "stillHeld": shadow.still_held,
        "newlyBroken": shadow.newly_broken,
        "unanswered": shadow.unanswered,
        "orders": [
            _known({"order": line.order_id, "outcome": line.outcome.value, "detail": line.detail or None})
            for line in shadow.lines
        ],
    }


def growth_to_wire(growth: Growth) -> dict[str, Any]:
    """Return how exceptions grow with orders."""
    said = {
        "exceptions": growth.exceptions,
        "orders": growth.orders,
        "beta": _figure(growth.beta),
        "lower": _figure(growth.lower),
        "upper": _figure(growth.upper),
        "perThousandNow": _figure(growth.rate),
        "verdict": growth.verdict,
    }
    return _known(said)


def metrics_to_wire(metrics: Metrics) -> dict[str, Any]:
    """Return the figures."""
    said = {
        "orders": metrics.orders,
        "exceptions": metrics.exceptions,
        "perThousandOrders": _figure(metrics.per_thousand),
        "perThousandOrdersBy": {
            name: [{"cause": cause, "perThousandOrders": _figure(rate)} for cause, rate in rates.items()]
            for name, rates in metrics.by.items()
        },
        "firstTimeRightPercent": _figure(metrics.first_time_right),
        "autoReleasePercent": _figure(metrics.auto_release),
        "meanSecondsToMend": _figure(metrics.mean_seconds_to_mend),
        "recurrenceAfterFix": metrics.recurrence_after_fix,
        "escapePercent": _figure(metrics.escapes),
        "foundAtBillingPercent": _figure(metrics.found_at_billing),
        "touchesPerOrder": _figure(metrics.touches_per_order),
        "growth": growth_to_wire(metrics.growth),
    }
    return _known(said)


def _figure(value: float | None) -> float | None:
    return None if value is None else round(value, _PLACES)


def _known(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
