"""The end of a bill that was asked for: done with the bill, or rejected in the billing system's words. Pure."""

from typing import Any

from gateway.canonical.common import Ref
from gateway.canonical.lifecycle import Checkpoint, ResourceKind
from gateway.canonical.states import OnDemandState
from gateway.lifecycle.draft import Draft
from gateway.ports.adapter import Report

__all__ = ["end_on_demand", "with_reason"]


def end_on_demand(draft: Draft, report: Report) -> None:
    """End the request as the billing system's last report says."""
    state = OnDemandState.DONE if report.bills else OnDemandState.REJECTED
    bill = draft.bills[0] if draft.bills else None
    words = "; ".join(f"{one.legacy_code} {one.legacy_text}" for one in report.refusals)
    changes: dict[str, Any] = {"last_update": draft.now}
    if bill is not None:
        changes["bill"] = Ref(id=bill.id)
    if words:
        changes["description"] = with_reason(draft, words)
    draft.set_state(ResourceKind.ON_DEMAND_BILL, draft.lifecycle.id, state, **changes)
    draft.move(checkpoint=Checkpoint.CLOSED)


def with_reason(draft: Draft, words: str) -> str:
    """Return what the client wrote, and then why there is no bill: TMF678 has no other place for it."""
    asked = draft.get(ResourceKind.ON_DEMAND_BILL, draft.lifecycle.id).description
    return f"{asked} ({words})" if asked else words
