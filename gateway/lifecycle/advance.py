"""Taking an order as far as its facts allow: ask the gate, and act on the answer. Pure on a draft."""

from collections.abc import Sequence

import orjson

from gateway.canonical.judgement import Judgement, Verdict
from gateway.canonical.lifecycle import Checkpoint, ResourceKind, Trace
from gateway.canonical.states import FINAL_ORDER_STATES, BlockedBy, OrderState
from gateway.lifecycle import outcome, progress
from gateway.lifecycle.decomposition import decompose, is_covered
from gateway.lifecycle.draft import Draft
from gateway.lifecycle.gates import ask
from gateway.lifecycle.plan import STAGES, live_items
from gateway.lifecycle.terms import Terms
from gateway.lifecycle.unsent import is_unsent
from gateway.ports.adapter import Operation, Role
from gateway.ports.repository import Work
from gateway.rules.engine import Catalogue

__all__ = ["advance", "message_id", "send", "send_stage"]

_BLOCKED_STATE = {BlockedBy.CUSTOMER: OrderState.PENDING, BlockedBy.PROVIDER: OrderState.HELD}


def advance(
    draft: Draft, terms: Terms, catalogue: Catalogue, others: Sequence[Trace] = (), *, cause: str = "re-judged"
) -> None:
    """Judge gate after gate until one holds or refuses, or until a legacy system must be asked.

    `cause` is written on the holds that are released on the way.
    """
    while draft.lifecycle.checkpoint in STAGES and not draft.lifecycle.awaiting and not is_unsent(draft):
        _before(draft, terms)
        judgement, inputs = ask(draft, terms, catalogue, others)
        draft.decide(judgement, inputs)
        if judgement.verdict is not Verdict.ADVANCE:
            _stop(draft, judgement)
            return
        draft.release(cause)
        _pass(draft, terms)


def message_id(order_id: str, operation: Operation, generation: int, mode: str = "submit") -> str:
    """Return the id of a message: the same on every attempt, another when the stage is sent anew."""
    return f"{order_id}:{operation}:{generation}" + ("" if mode == "submit" else f":{mode}")


def send(draft: Draft, role: Role, operation: Operation, mode: str = "submit") -> None:
    """Enqueue one message to a legacy system and wait for its final report."""
    order_id = draft.lifecycle.id
    name = message_id(order_id, operation, draft.lifecycle.generation, mode)
    payload = {"order": order_id, "message": name, "operation": operation, "mode": mode}
    sent = draft.lifecycle.sent if operation in draft.lifecycle.sent else (*draft.lifecycle.sent, operation.value)
    draft.move(awaiting=(*draft.lifecycle.awaiting, name), sent=sent)
    draft.enqueue(Work(lane=role, key=order_id, id=name, payload=orjson.dumps(payload), revives=True))


def send_stage(draft: Draft, terms: Terms, passed: Checkpoint) -> None:
    """Send what follows an advance at a checkpoint."""
    for role, operation, applies in STAGES[passed].sends:
        if applies(draft, terms):
            send(draft, role, operation)


def _before(draft: Draft, terms: Terms) -> None:
    """Record what the gateway itself knows by now, so that the gate can read it."""
    checkpoint, order = draft.lifecycle.checkpoint, draft.product_order
    if order is None:
        return
    if checkpoint is Checkpoint.QUALIFY:
        customer = order.party("customer")
        draft.state_fact(
            "order.accepted", "productOrder", {"order": order.id, "party": customer.id if customer else None}
        )
    if checkpoint is Checkpoint.RELEASE and is_covered(order, draft.service_orders, draft.lifecycle.reference, terms):
        served = sorted(
            {i.product_item_id for so in draft.service_orders for _, i in so.all_items() if i.product_item_id}
        )
        draft.state_fact("decomposition.complete", "productOrder", {"items": served})


def _stop(draft: Draft, judgement: Judgement) -> None:
    state = draft.root.state
    if judgement.verdict is Verdict.REJECT and draft.lifecycle.checkpoint is Checkpoint.QUALIFY:
        draft.release("the order was refused")
        draft.hold(judgement)
        draft.release("refused: nothing can follow")
        draft.note(_words("refused", judgement))
        progress.fail(draft, judgement.findings)
        draft.move(checkpoint=Checkpoint.ENDED)
        outcome.move_order(draft, OrderState.REJECTED)
        return
    before = len(draft.holds), draft.holds[0].id if draft.holds else None
    draft.hold(judgement)
    if (len(draft.holds), draft.holds[0].id) != before:
        draft.note(_words("waits", judgement))
        progress.alert(draft, judgement)
    if state not in FINAL_ORDER_STATES:
        outcome.move_order(draft, _BLOCKED_STATE[judgement.blocked_by])
        if judgement.blocked_by is BlockedBy.CUSTOMER and state is not OrderState.PENDING:
            draft.inform(draft.lifecycle.root, draft.lifecycle.id)


def _pass(draft: Draft, terms: Terms) -> None:
    passed = draft.lifecycle.checkpoint
    _on_pass(draft, terms, passed)
    progress.reach(draft, passed)
    draft.move(checkpoint=STAGES[passed].follows)
    send_stage(draft, terms, passed)
    if draft.lifecycle.checkpoint is Checkpoint.CHARGED and draft.lifecycle.root is not ResourceKind.PRODUCT_ORDER:
        draft.move(checkpoint=Checkpoint.CLOSED)
    if draft.lifecycle.checkpoint is Checkpoint.BILLED and not draft.lifecycle.awaiting and not draft.bills:
        draft.move(checkpoint=Checkpoint.CLOSED)


def _on_pass(draft: Draft, terms: Terms, passed: Checkpoint) -> None:
    if passed is Checkpoint.QUALIFY:
        outcome.move_order(draft, OrderState.IN_PROGRESS)
        outcome.give_product_ids(draft)
        order = draft.product_order
        assert order is not None
        if not draft.service_orders:
            for service_order in decompose(order, draft.lifecycle.reference, terms, draft.now):
                draft.create(ResourceKind.SERVICE_ORDER, service_order)
        return
    outcome.move_order(draft, OrderState.IN_PROGRESS)
    if passed is Checkpoint.RELEASE:
        released = [order.id for order in draft.service_orders]
        draft.state_fact("build.released", draft.lifecycle.root, {"serviceOrders": released})
        outcome.start_service_orders(draft)
    elif passed is Checkpoint.READY:
        for item in live_items(draft):
            draft.state_fact("service.ready", f"item:{item}", {})
    elif passed is Checkpoint.ACTIVATED:
        outcome.complete_service_orders(draft)
    elif passed is Checkpoint.DELIVERED:
        outcome.complete_product_order(draft)


def _words(verb: str, judgement: Judgement) -> str:
    waits = ", ".join(str(key) for key in judgement.missing)
    found = "; ".join(
        f"{finding.code} {finding.reason}" for finding in judgement.findings if finding.severity != "warn"
    )
    parts = [f"{verb} at {judgement.gate}", f"for {waits}" if waits else "", found]
    return ": ".join(part for part in parts if part)
