"""Tables of the small objects that the v5 faces share, and what v5 has in other forms than the model."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from gateway.canonical.common import (
    Characteristic,
    ErrorMessage,
    ItemRef,
    JeopardyAlert,
    Milestone,
    Note,
    Party,
    Period,
    Place,
    Ref,
)
from gateway.canonical.states import ItemAction, OrderState, TaskState
from gateway.faces.rows import Instant, Many, Row
from gateway.faces.shape import Shape
from gateway.faces.typed import TYPE, Carried
from gateway.faces.typed_shape import TypedShape, Wrapped

__all__ = [
    "ACTION",
    "ALWAYS_UNCHANGEABLE",
    "CHARACTERISTIC",
    "FOREIGN_PARTY",
    "ITEM_STATE",
    "NOTE",
    "PARTY",
    "PERIOD",
    "PLACE",
    "REFERENCE_ROWS",
    "TASK_STATE",
    "characteristic_type",
    "errors",
    "jeopardy_alerts",
    "milestones",
    "party",
    "ref",
]

ALWAYS_UNCHANGEABLE = frozenset({"id", "href", TYPE, "@baseType", "@schemaLocation"})
"""What no patch may change, in any face."""

REFERENCE_ROWS: dict[str, Row | str] = {"id": "id", "href": "href", "name": "name", "@referredType": "referred_type"}

_CHARACTERISTIC_TYPES: Mapping[type, str] = {
    str: "String",
    bool: "Boolean",
    int: "Integer",
    float: "Number",
    Decimal: "Number",
    dict: "Object",
}


def characteristic_type(wire: Mapping[str, Any]) -> str:
    """Return the class of a characteristic, which follows from the kind of its value."""
    if "value" not in wire:
        return "Characteristic"
    value = wire["value"]
    if not isinstance(value, list):
        return _CHARACTERISTIC_TYPES.get(type(value), "") + "Characteristic"
    kinds = {_CHARACTERISTIC_TYPES.get(type(one), "") for one in value}
    if kinds == {"Integer", "Number"}:
        kinds = {"Number"}
    kind = kinds.pop() if len(kinds) == 1 else ""
    return f"{kind}ArrayCharacteristic" if kind else "Characteristic"


def ref(word: str, foreign: frozenset[str] = frozenset()) -> TypedShape[Ref]:
    """Return the table of a reference of that class."""
    return TypedShape(Ref, REFERENCE_ROWS, word=word, foreign=foreign)


FOREIGN_PARTY = frozenset({"RelatedParty", "RelatedPartyRef", "RelatedPartyRefOrRelatedPartyRoleRef"})
"""What v4 calls a party, and how an example of TM Forum's own v5 document misspells it."""


def party(around: str) -> Wrapped[Party]:
    """Return the table of somebody with a role, where the object around is of that class."""
    return Wrapped(
        Party,
        REFERENCE_ROWS | {"role": "role"},
        member="partyOrPartyRole",
        around=around,
        word="PartyRef",
        foreign=FOREIGN_PARTY,
    )


PARTY = party("RelatedPartyRefOrPartyRoleRef")

PLACE: Wrapped[Place] = Wrapped(
    Place,
    REFERENCE_ROWS | {"role": "role"},
    member="place",
    around="RelatedPlaceRefOrValue",
    word="PlaceRef",
    foreign=frozenset({"Place"}),
)

NOTE: TypedShape[Note] = TypedShape(
    Note, {"id": "id", "author": "author", "date": Instant("date"), "text": "text"}, word="Note"
)

PERIOD: Shape[Period] = Shape(Period, {"startDateTime": Instant("start"), "endDateTime": Instant("end")})

CHARACTERISTIC: TypedShape[Characteristic] = TypedShape(
    Characteristic,
    {"id": "id", "name": "name", "valueType": "value_type", "value": "value"},
    derive=characteristic_type,
    foreign=frozenset({"AppliedBillingRateCharacteristic"}),  # what 678 v4 calls those of a rate
    carried={"characteristicRelationship": Carried("CharacteristicRelationship")},
)


def _progress(item: str, item_ref: Shape[ItemRef]) -> dict[str, Row | str]:
    return {"id": "id", "name": "name", "message": "message", item: Many("items", shape=item_ref)}


def milestones(word: str, item: str, item_ref: Shape[ItemRef]) -> TypedShape[Milestone]:
    """Return the table of a milestone; `item` names the items that it is about."""
    rows = _progress(item, item_ref)
    rows |= {"description": "description", "status": "status", "milestoneDate": Instant("milestone_date")}
    return TypedShape(Milestone, rows, word=word, foreign=frozenset({"Milestone"}))


def jeopardy_alerts(word: str, item: str, item_ref: Shape[ItemRef]) -> TypedShape[JeopardyAlert]:
    """Return the table of an alert; `item` names the items that it is about."""
    rows = _progress(item, item_ref)
    rows |= {"exception": "exception", "jeopardyType": "jeopardy_type", "alertDate": Instant("alert_date")}
    return TypedShape(JeopardyAlert, rows, word=word, foreign=frozenset({"JeopardyAlert"}))


def errors(word: str, item: str = "", item_ref: Shape[ItemRef] | None = None) -> TypedShape[ErrorMessage]:
    """Return the table of an error; `item` names the items that it is about, if it can say so."""
    rows: dict[str, Row | str] = {
        "code": "code",
        "reason": "reason",
        "message": "message",
        "status": "status",
        "referenceError": "reference_error",
        "timestamp": Instant("timestamp"),
    }
    if item_ref is not None:
        rows[item] = Many("items", shape=item_ref)
    return TypedShape(ErrorMessage, rows, word=word, foreign=frozenset({"ErrorMessage"}))


_FINER = {
    OrderState.DRAFT: "acknowledged",  # a draft order has no draft items: v5 has the word for orders of 622 alone
    OrderState.ACCEPTED: "inProgress",  # the same
}
ITEM_STATE: dict[OrderState, str] = {
    **{state: state.value for state in OrderState if state not in _FINER},
    **_FINER,  # last: a word means the first state that is said so
}
"""Canonical state → word of an item in 622 and 641, and of an order in 641."""

TASK_STATE: dict[TaskState, str] = {
    TaskState.ACKNOWLEDGED: "acknowledged",
    TaskState.ACCEPTED: "acknowledged",  # the word of 641 v4.1 for the same state
    TaskState.IN_PROGRESS: "inProgress",
    TaskState.DONE: "done",
    TaskState.TERMINATED_WITH_ERROR: "terminatedWithError",
    TaskState.REJECTED: "rejected",
    TaskState.CANCELLED: "cancelled",
}

ACTION: dict[ItemAction, str] = {action: action.value for action in ItemAction}
