"""The point of no return: what an order has passed, what that means for a cancellation, and what it costs.

The point of an item is its completed field work or its running service. What was done to an older service (changed,
suspended, resumed, ceased) has no way back at all.
"""

from collections.abc import Iterator, Mapping

from gateway.canonical.cancelling import CancellationFee, Past, Point
from gateway.canonical.states import ItemAction
from gateway.lifecycle.draft import Draft
from gateway.lifecycle.terms import Terms

__all__ = ["fees", "objections"]

_POINT_OF: Mapping[str, Point] = {
    "field.completed": Point.FIELD_WORK,
    "service.activated": Point.SERVICE,
}
_PAID_AS: Mapping[str, Point] = {**_POINT_OF, "device.bound": Point.FIELD_WORK}
"""A box that was shipped and stays with the customer is paid as field work is; it is no point of no return."""

_NO_WAY_BACK = frozenset({"service.ceased", "service.suspended", "service.resumed"})
_FURTHEST_LAST = tuple(Point)


def objections(draft: Draft, terms: Terms, items: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return why items (all, where none is named) cannot be taken back: facts that stand in the way."""
    found = []
    actions = _actions(draft)
    for fact in draft.facts:
        if not _is_about(fact.subject, items):
            continue
        point = _POINT_OF.get(fact.predicate)
        older = actions.get(fact.subject, ItemAction.ADD) is not ItemAction.ADD
        is_change = fact.predicate in _NO_WAY_BACK or (point is Point.SERVICE and older)
        if is_change or (point is not None and terms.cancellation.of(point).past is Past.REFUSE):
            found.append(f"{fact.predicate} {fact.subject}")
    return tuple(dict.fromkeys(found))


def fees(draft: Draft, terms: Terms, items: tuple[str, ...] = ()) -> tuple[CancellationFee, ...]:
    """Return what cancelling costs: for each item the fee of the furthest point that it passed."""
    return tuple(_fees(draft, terms, items))


def _fees(draft: Draft, terms: Terms, items: tuple[str, ...]) -> Iterator[CancellationFee]:
    reached: dict[str, tuple[int, str]] = {}
    for fact in draft.facts:
        point = _PAID_AS.get(fact.predicate)
        if point is not None and _is_about(fact.subject, items):
            found = _FURTHEST_LAST.index(point), fact.predicate
            reached[fact.subject] = max(reached.get(fact.subject, found), found)
    for subject, (rank, predicate) in reached.items():
        said = terms.cancellation.of(_FURTHEST_LAST[rank])
        if said.past is Past.PRICE and said.fee is not None and said.tax_rate is not None:
            item = subject.removeprefix("item:")
            yield CancellationFee(
                item=item, net=said.fee, tax_rate=said.tax_rate, reason=f"cancelled after {predicate}"
            )


def _is_about(subject: str, items: tuple[str, ...]) -> bool:
    return not items or subject.removeprefix("item:") in items


def _actions(draft: Draft) -> Mapping[str, ItemAction]:
    order = draft.product_order
    sold = {item.subject: item.action for _, item in order.all_items()} if order is not None else {}
    built = {item.subject: item.action for so in draft.service_orders for _, item in so.all_items()}
    return built | sold
