"""Tables of the small objects that the v4 faces share."""

from typing import Any

from gateway.canonical.common import Characteristic, ExternalId, Note, Party, Period, Place, Ref
from gateway.canonical.states import ItemAction, OrderState
from gateway.faces.rows import Instant, Own, Plain
from gateway.faces.shape import Shape

__all__ = [
    "ACTION",
    "ALWAYS_UNCHANGEABLE",
    "CHARACTERISTIC",
    "EXTERNAL_ID",
    "NOTE",
    "ORDER_STATE",
    "PARTY",
    "PERIOD",
    "PLACE",
    "REF",
    "REFERENCE_ROWS",
]

ALWAYS_UNCHANGEABLE = frozenset({"id", "href", "@type", "@baseType", "@schemaLocation"})
"""What no patch may change, in any face."""

REFERENCE_ROWS = {"id": "id", "href": "href", "name": "name", "@referredType": "referred_type"}

REF = Shape(Ref, REFERENCE_ROWS)
# the id of a party and the role of a place are demanded by v4, not by v5
PARTY = Shape(Party, REFERENCE_ROWS | {"id": Plain("id", fallback="", always=True), "role": "role"})
PLACE = Shape(Place, REFERENCE_ROWS | {"role": Plain("role", fallback="place", always=True)})
NOTE = Shape(
    Note, {"id": "id", "author": "author", "date": Instant("date"), "text": Plain("text", fallback="", always=True)}
)
PERIOD = Shape(Period, {"startDateTime": Instant("start"), "endDateTime": Instant("end")})
CHARACTERISTIC = Shape(
    Characteristic,
    {
        "id": "id",
        "name": Plain("name", fallback="", always=True),
        "valueType": "value_type",
        "value": Plain("value", always=True),
    },
)

ORDER_STATE: dict[OrderState, str] = {
    OrderState.IN_PROGRESS: "inProgress",
    OrderState.ACCEPTED: "inProgress",  # v4 has no finer word; a change that does not touch it keeps it
    OrderState.ACKNOWLEDGED: "acknowledged",
    OrderState.DRAFT: "acknowledged",  # v4 has no draft: such orders are not shown, this is only a word for them
    OrderState.REJECTED: "rejected",
    OrderState.PENDING: "pending",
    OrderState.HELD: "held",
    OrderState.CANCELLED: "cancelled",
    OrderState.COMPLETED: "completed",
    OrderState.FAILED: "failed",
    OrderState.PARTIAL: "partial",
    OrderState.ASSESSING_CANCELLATION: "assessingCancellation",
    OrderState.PENDING_CANCELLATION: "pendingCancellation",
}
"""Canonical order state → v4 word. Where two are said alike, the first is what the word means."""

ACTION = {action: action.value for action in ItemAction}


def _external_ids(text: str) -> list[dict[str, Any]]:
    return [{"value": text}]


def _external_id(ids: tuple[ExternalId, ...]) -> str:
    return ids[0].value


def _instead(stored: tuple[ExternalId, ...], fresh: tuple[ExternalId, ...]) -> tuple[ExternalId, ...]:
    return fresh + stored[1:]


EXTERNAL_ID = Own("external_ids", read=_external_ids, write=_external_id, merge=_instead, within=("value",))
"""v4 has one text without owner or type: the first of the canonical ones; another text takes its place alone."""
