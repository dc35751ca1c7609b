"""Asking again: the messages that lead to where an order stands, once more, under new ids. Pure on a draft."""

import orjson

from gateway.canonical.ids import new_id
from gateway.canonical.lifecycle import Checkpoint, ResourceKind
from gateway.lifecycle.advance import send, send_stage
from gateway.lifecycle.draft import Draft
from gateway.lifecycle.plan import STAGES
from gateway.lifecycle.terms import Terms
from gateway.lifecycle.unsent import is_unsent
from gateway.ports.adapter import Operation, Role
from gateway.ports.repository import Work

__all__ = ["LIFECYCLE_LANE", "ask_anew", "later"]

LIFECYCLE_LANE = "lifecycle"
"""The lane of work that needs no legacy system: first judgement of outside orders, assessing a cancellation."""

_CHECKPOINTS = tuple(Checkpoint)


def later(draft: Draft, what: str, *, apart: str = "", delay_seconds: float = 0.0) -> None:
    """Enqueue a piece of lifecycle work for the order.

    Work that waits long has a stream of its own, named `apart`: in the order's it would hold up what comes after it.
    """
    order_id = draft.lifecycle.id
    key = f"{order_id}/{apart}" if apart else order_id
    payload = orjson.dumps({"order": order_id, "what": what})
    draft.enqueue(Work(lane=LIFECYCLE_LANE, key=key, id=new_id(), payload=payload, delay_seconds=delay_seconds))


def ask_anew(draft: Draft, terms: Terms) -> None:
    """Send the messages that lead to the present checkpoint once more; judge it where there is none."""
    if is_unsent(draft) or draft.lifecycle.checkpoint is Checkpoint.CLIENT:
        return
    draft.move(awaiting=(), submitted=(), generation=draft.lifecycle.generation + 1)
    here = draft.lifecycle.checkpoint
    if here is Checkpoint.QUALIFY:
        send(draft, Role.CUSTOMER, Operation.GATHER)
        return
    for passed in reversed(_CHECKPOINTS[: _CHECKPOINTS.index(here)]):
        if passed in STAGES:
            send_stage(draft, terms, passed)
        if draft.lifecycle.awaiting or draft.lifecycle.root is not ResourceKind.PRODUCT_ORDER:
            break
    if not draft.lifecycle.awaiting:
        later(draft, "advance")
