"""The whole trace of a story at a stage, as the trace document says it."""

import json
from typing import Any

from tests.traces.billing import billing_of
from tests.traces.build import history, service_orders
from tests.traces.facts import facts
from tests.traces.order import product_order, reference
from tests.traces.story import STAGES, Story
from tests.traces.v5 import to_v5

__all__ = ["stages_of", "trace_of"]


def stages_of(story: Story) -> tuple[str, ...]:
    """Return the stages that a story has: one that stops has its beginning and its end."""
    if story.ends == "cancelled-compensated":
        return ("taken-in", "decomposed", "activated", "charged")
    return ("taken-in", "billed") if story.is_stopped else STAGES


def _now(story: Story, stage: str) -> str:
    clock, days = story.clock, story.days
    late = 2 if story.ends == "cancelled-compensated" else 0
    return {
        "taken-in": clock.at(clock.day(days["order"]), 9, 8 if story.ends != "rejected" else 40),
        "decomposed": clock.at(clock.day(days["build"]), 11, 10),
        "activated": clock.at(clock.day(days["active"] + late), 15, 30),
        "charged": clock.at(clock.end, 3),
        "billed": clock.at(clock.day(clock.length + 2), 0),
        "closed": clock.at(clock.day(clock.length + 20), 0),
    }[stage]


def trace_of(story: Story, stage: str, version: str = "v4") -> dict[str, Any]:
    """Return the trace. Parts that are not there yet are absent; of an order that stopped they are empty."""
    reached = STAGES.index(stage)
    billing = billing_of(story, stage)
    order = product_order(story, stage)
    known = [] if reached < 3 else billing.facts
    trace: dict[str, Any] = {
        "version": "v4",
        "now": _now(story, stage),
        "zone": story.clock.zone,
        "reference": reference(story),
        "productOrder": order,
        "facts": facts(story, stage, known),
        "policy": {
            "proration": "actual",
            "rateTolerancePercent": 10,
            "backdateDays": 30,
            "billLagDays": 7,
            "graceMinutes": 60,
        }
        | story.data.get("policy", {}),
    }
    if story.says("history", default=True):
        trace["history"] = history(story, stage, order["state"])
    if reached > 0:
        trace["serviceOrders"] = service_orders(story, stage)
    if reached > 2:
        trace["appliedCustomerBillingRates"] = billing.rates
    if reached > 3:
        trace["customerBills"], trace["ledger"] = billing.bills, billing.ledger
    trace = json.loads(json.dumps(trace))
    return to_v5(trace, story) if version == "v5" else trace
