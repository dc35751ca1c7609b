"""The service orders and the history of a story, in v4 wire."""

from collections.abc import Mapping
from typing import Any

from tests.traces.order import ACTIONS, characteristics, place_of
from tests.traces.story import Story

__all__ = ["history", "service_orders"]

DETOURS = {"assessingCancellation", "pendingCancellation", "pending", "held"}
"""States that some authors tell of the order only."""
SERVICE_STATES = {
    "add": "active",
    "change": "active",
    "suspend": "inactive",
    "resume": "active",
    "delete": "terminated",
}


def is_built(story: Story, item: Mapping[str, Any]) -> bool:
    """Return whether the author decomposes it: the parts of a nested bundle stand for the bundle."""
    return not item.get("plain", False) and not ("parts" in item and story.says("bundle", "nested") == "nested")


def _state(story: Story, item: Mapping[str, Any], stage: str) -> str:
    if story.ends == "cancelled-reserved":
        return "cancelled"
    if stage == "decomposed":
        return "inProgress"
    return item.get("ends", "completed")


def _item(story: Story, item: Mapping[str, Any], stage: str, number: int) -> dict[str, Any]:
    state = _state(story, item, stage)
    before = {"add": "reserved", "resume": "inactive"}.get(item["do"], "active")
    service: dict[str, Any] = {
        "id": f"SV-{item['product']}",
        "serviceSpecification": {"id": f"SS-{item['offer']}-{number}"},
        "state": SERVICE_STATES[item["do"]] if state == "completed" else before,
        "serviceCharacteristic": [{"name": "productOrderItemId", "value": item["id"]}],
    }
    if item["do"] in {"add", "change"}:
        service["serviceCharacteristic"] += characteristics(_technical(item))
    if item["do"] == "add" and "place" in item:
        service["place"] = [place_of(item)]
    said: dict[str, Any] = {"id": str(number), "action": ACTIONS[item["do"]], "state": state, "service": service}
    if story.says("split", default=False):
        said["serviceOrderItemRelationship"] = []
    return said


def _technical(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the network is asked for: rates in kbit/s, all else as it was ordered."""
    factor = {"kbit/s": 1, "Mbit/s": 1000, "Gbit/s": 1_000_000}
    told = {}
    for name, value in item.get("wants", {}).items():
        is_rate = name.endswith("Rate") and len(value) > 1
        told[name] = [value[0] * factor[value[1]], "kbit/s"] if is_rate else value
    return told


def service_orders(story: Story, stage: str) -> list[dict[str, Any]]:
    if story.ends in {"rejected", "cancelled-early"}:
        return []
    clock, days = story.clock, story.days
    built = [item for item in story.items() if is_built(story, item)]
    groups = [[item] for item in built] if story.says("services", "each") == "each" else [built]
    orders = []
    for number, group in enumerate(groups, 1):
        twice = [item for item in group for _ in range(item.get("services", 1))]
        items = [_item(story, item, stage, n) for n, item in enumerate(twice, 1)]
        states = {item["state"] for item in items}
        state = states.pop() if len(states) == 1 else "partial"
        order: dict[str, Any] = {
            "id": f"SO-{number}",
            "externalId": "PO-1",
            "orderDate": clock.at(clock.day(days["build"]), 9, 30),
            "state": state,
            "serviceOrderItem": items,
            "relatedParty": [{"id": "C-1", "role": "customer", "@referredType": "Individual"}],
        }
        if state == "inProgress":
            order["expectedCompletionDate"] = clock.at(clock.day(max(days["wish"], days["active"])), 16)
        if state in {"completed", "partial"}:
            minute = max(item.get("minute", 0) for item in group)
            order["completionDate"] = clock.at(clock.day(days["active"]), 14, 10 + minute)
        if state == "cancelled":
            order["cancellationDate"] = clock.at(clock.day(days["build"]), 15)
        orders.append(order)
    return orders


def _steps(story: Story) -> list[tuple[str, int, int, int]]:
    """Return the order's states with the day and time at which it took them."""
    days = story.days
    order, build, active = days["order"], days["build"], days["active"]
    begin = [("acknowledged", order, 9, 0)]
    if story.ends == "rejected":
        return [*begin, ("rejected", order, 9, 30)]
    if story.ends == "cancelled-early":
        return [*begin, ("cancelled", build, 16, 0)]
    begin.append(("inProgress", build, 9, 20))
    done = ("completed", active, 14, 40)
    cancel = ("assessingCancellation", "pendingCancellation", "cancelled")
    return {
        "cancelled-reserved": [*begin, *((state, build, 14 + n, 0) for n, state in enumerate(cancel))],
        "cancelled-compensated": [*begin, *((state, active + 1, 14 + n, 0) for n, state in enumerate(cancel))],
        "cancel-refused": [*begin, ("assessingCancellation", active, 13, 0), ("inProgress", active, 13, 20), done],
        "pending": [*begin, ("pending", build + 1, 9, 0), ("inProgress", build + 2, 9, 0), done],
        "held": [*begin, ("held", build + 1, 9, 0), ("inProgress", build + 2, 9, 0), done],
    }.get(story.ends, [*begin, done])


def history(story: Story, stage: str, final: str) -> list[dict[str, Any]]:
    """Return all changes of state until the stage. `final` is the order's state at its end."""
    clock, entries = story.clock, []
    steps = _steps(story)
    if stage == "taken-in":
        steps = steps[: 2 if story.ends == "rejected" else 1]
    elif stage == "decomposed":
        steps = steps if story.ends in {"rejected", "cancelled-early", "cancelled-reserved"} else steps[:2]
    briefly, begun = story.says("detours", "all") == "order", set()
    for state, day, hour, minute in steps:
        at = clock.at(clock.day(day), hour, minute)
        entries.append({"subject": "productOrder", "state": final if state == "completed" else state, "at": at})
        if briefly and state in DETOURS | begun:
            continue
        begun.add(state)
        for item in story.items():
            done = item.get("ends", "completed") if state == "completed" else state
            entries.append({"subject": f"item:{item['id']}", "state": done, "at": at})
    return entries
