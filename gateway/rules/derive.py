"""What wire, reference and ledger say of a fact that nobody stated; and whether an offering was on sale."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from gateway.canonical.reference import Offering

if TYPE_CHECKING:
    from gateway.rules.context import Context

__all__ = ["derived", "on_sale"]

_SELF_INSTALL = frozenset({"selfinstall", "selfinstallation", "installation", "installationtype", "installationmethod"})


def on_sale(ctx: "Context", offering: Offering) -> bool:
    """Whether an offering was sold on the order's date: its start belongs to the time of sale, its end does not."""
    if ctx.order is None:
        return True
    moment = ctx.instant(ctx.order.order_date or ctx.now)
    start, end = offering.sellable_start, offering.sellable_end
    day = ctx.day(moment)
    if start is not None and (moment < ctx.instant(start) if isinstance(start, datetime) else day < start):
        return False
    return not (end is not None and (moment >= ctx.instant(end) if isinstance(end, datetime) else day >= end))


def derived(ctx: "Context", predicate: str, subject: str) -> dict[str, Any] | None:
    """Return the value that a fact would have, in the members of the trace document, or None where nothing says so.

    Where the material is there but wrong (an offering off sale, a bill that does not balance), it is for a rule to
    say so; the fact is not missing then, since its arrival would mend nothing.
    """
    derive = _DERIVATIONS.get(predicate)
    return None if derive is None else derive(ctx, subject.partition(":")[2])


def _offer(ctx: "Context", item_id: str) -> dict[str, Any] | None:
    line = ctx.by_id.get(item_id)
    offering = ctx.offering(line.item) if line else None
    return {"offering": offering.id} if offering else None


def _decomposition(ctx: "Context", _: str) -> dict[str, Any] | None:
    if ctx.trace.service_orders is None:
        return None
    return {"items": [line.item.id for line in ctx.lines if ctx.services_of(line.item.id)]}


def _self_install(ctx: "Context", item_id: str) -> dict[str, Any] | None:
    line = ctx.by_id.get(item_id)
    if line is None or line.item.product is None:
        return None
    for characteristic in line.item.product.characteristics:
        name = characteristic.name.lower().replace("-", "").replace("_", "")
        if name in _SELF_INSTALL:
            text = str(characteristic.value).lower()
            if "self" in text or (name.startswith("self") and text in {"true", "yes", "y", "1"}):
                return {"chosen": True}
    return None


def _rate(ctx: "Context", item_id: str) -> dict[str, Any] | None:
    line = ctx.by_id.get(item_id)
    if line is None:
        return None
    product = line.item.product.id if line.item.product else None
    firsts = ctx.memo("first_rates", _first_rates)
    about = [firsts[key] for key in (("item", item_id), ("product", product)) if key in firsts]
    return {"rate": (ctx.trace.rates or ())[min(about)].id} if about else None


def _first_rates(ctx: "Context") -> dict[tuple[str, str | None], int]:
    """Return the place of the first rate about each item and each product, credits left out."""
    found: dict[tuple[str, str | None], int] = {}
    for number, rate in enumerate(ctx.trace.rates or ()):
        if "credit" not in (rate.type or "").lower():
            found.setdefault(("item", rate.item_id), number)
            if rate.product is not None and rate.product.id is not None:
                found.setdefault(("product", rate.product.id), number)
    return found


def _balanced(ctx: "Context", bill_id: str) -> dict[str, Any] | None:
    lines = any(rate.bill is not None and rate.bill.id == bill_id for rate in ctx.trace.rates or ())
    return {"bill": bill_id} if lines else None


def _posted(ctx: "Context", bill_id: str) -> dict[str, Any] | None:
    posted = any(entry.bill == bill_id for entry in ctx.trace.ledger or ())
    return {"bill": bill_id} if posted else None


_DERIVATIONS: dict[str, Callable[["Context", str], dict[str, Any] | None]] = {
    "offer.valid": _offer,
    "decomposition.complete": _decomposition,
    "selfinstall.chosen": _self_install,
    "rate.created": _rate,
    "bill.balanced": _balanced,
    "ledger.posted": _posted,
}
