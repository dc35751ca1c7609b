"""Reading the orders, rates and bills of a trace: what a spoke makes of them, and the words its wire does not have."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from gateway.canonical.base import Extended
from gateway.canonical.bill import AppliedRate
from gateway.canonical.lifecycle import Unread
from gateway.canonical.states import ItemAction
from gateway.faces.lifecycle.parts import TraceProblem, read_object
from gateway.faces.rows import Amount, Coded, Computed, Fixed, Inline, Instant, Many, One, Row
from gateway.faces.shape import Shape
from gateway.rules.charges import price_kind

__all__ = ["read_rate_type", "read_resource"]

M = TypeVar("M", bound=Extended)

_ACTION = "action"
_RATE_TYPES = frozenset({"appliedbillingcharge", "charge", "rebate", "productalteration", "tax", "monthly", "yearly"})
"""What TM Forum and its examples call a rate without saying of which kind the charge is."""


def read_resource(shape: Shape[M], value: Any, path: str, at: str, unread: list[Unread]) -> M:
    """Return what a spoke makes of a wire object at `path`, which is canonical `at`.

    A word that the wire does not have leaves its member empty and is added to `unread`; an unknown action is read as
    `noChange`. Raises TraceProblem where anything else has the wrong kind.
    """
    wire = _with_known_actions(shape, read_object(value, path), at, unread)
    try:
        found = shape.parse(wire)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, ArithmeticError) as error:
        reason = str(error) if type(error) is ValueError else "has not the shape of its kind"
        raise TraceProblem(path, reason) from None
    for wire_place, place, row, left in _left(shape, found):
        word = row.word(left) if isinstance(row, Coded) else None
        if isinstance(row, Coded) and row.target and isinstance(word, str):
            unread.append(Unread(path=at + place, value=word, target=row.target))
        else:
            raise TraceProblem(f"{path}{wire_place}", "has a value of the wrong kind")
    return found


def read_rate_type(rate: AppliedRate, at: str, unread: list[Unread]) -> AppliedRate:
    """Return a rate without a type that says nothing to anybody, which is then among `unread`.

    Both versions leave the type open, so whatever tells the kind of a charge is known.
    """
    if rate.type is None or price_kind(rate.type) or "".join(filter(str.isalpha, rate.type)).lower() in _RATE_TYPES:
        return rate
    unread.append(Unread(path=f"{at}.type", value=rate.type, target="rate-type"))
    return rate.model_copy(update={"type": None})


def _with_known_actions(shape: Shape[Any], wire: Mapping[str, Any], at: str, unread: list[Unread]) -> Mapping[str, Any]:
    """Return a wire object in which every item has an action that the wire knows; itself where that is so already."""
    changed: dict[str, Any] = {}
    for key, row in shape.rows.items():
        value = wire.get(key)
        if isinstance(row, Coded) and row.target == _ACTION and isinstance(value, str):
            if value not in row.table.values():
                unread.append(Unread(path=f"{at}.{row.name}", value=value, target=_ACTION))
                changed[key] = row.table[ItemAction.NO_CHANGE]
        elif isinstance(row, Many) and _ACTION in row.shape.rows and isinstance(value, list):
            items = [
                _with_known_actions(row.shape, one, f"{at}.{row.name}[{index}]", unread)
                if isinstance(one, dict)
                else one
                for index, one in enumerate(value)
            ]
            if any(new is not old for new, old in zip(items, value, strict=True)):
                changed[key] = items
    return {**wire, **changed} if changed else wire


def _left(shape: Shape[Any], model: Extended) -> Iterator[tuple[str, str, Row, Any]]:
    """Yield members that the wire has and that could not be read, so that nothing is judged as if unsaid.

    Each with its path on the wire, its canonical path, its row and its value. Moments and amounts are not among them:
    there are rules about those.
    """
    for key, value in model.extras.items():
        row = shape.rows.get(key)
        is_rest = isinstance(row, Inline) and isinstance(value, dict)
        if row is not None and not is_rest and not isinstance(row, Instant | Amount | Computed | Fixed):
            yield _said(shape, key), f".{row.name}", row, value
    for key, row in shape.rows.items():
        if isinstance(row, One) and (one := getattr(model, row.name)) is not None:
            yield from _beneath(_said(shape, key), f".{row.name}", row.shape, one)
        elif isinstance(row, Many):
            for index, one in enumerate(getattr(model, row.name)):
                yield from _beneath(f"{_said(shape, key)}[{index}]", f".{row.name}[{index}]", row.shape, one)


def _beneath(said: str, at: str, shape: Shape[Any], model: Extended) -> Iterator[tuple[str, str, Row, Any]]:
    for wire_place, place, row, value in _left(shape, model):
        yield said + wire_place, at + place, row, value


def _said(shape: Shape[Any], key: str) -> str:
    return "".join(f".{step}" for step in shape.at(key))
