"""Canonical models that note what is read of them, so that a translation need not say what it carries.

A tracked model is one of its own class and holds the same values; only reading a member is noted. A member is named by
its path without indices: `order.items.prices.net`; characteristics and what the model has no name for are named too:
`order.items.product.characteristics[downstreamRate]`, `order.extras[channelHint]`.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict

from gateway.canonical.base import Model
from gateway.canonical.bill import OnDemandBill
from gateway.canonical.common import Characteristic, ExternalReference, Note, Party, Period, Place, Ref
from gateway.canonical.money import Money
from gateway.canonical.order import ProductOrder, ProductOrderItem
from gateway.canonical.service_order import PRODUCT_ITEM, ServiceOrder, ServiceOrderItem
from gateway.ports.adapter import Message

__all__ = ["members_of", "tracked", "withdrawal_of"]

M = TypeVar("M", bound=BaseModel)
_LEAVES = (Money, Period)
_ORDER = {
    *("state", "order_date", "expected_completion", "completion_date", "cancellation_date", "cancellation_reason"),
    *("milestones", "jeopardies", "errors", "requested_initial_state", "revision"),
}
_LABELS = frozenset({"name", "href", "referred_type"})
_NOT_MEMBERS: Mapping[type[BaseModel], frozenset[str]] = {
    # what the gateway itself sets, and what only names again the thing that an id already names
    ProductOrder: frozenset(_ORDER),
    ServiceOrder: frozenset(_ORDER | {"product_order_id", "start_date"}),
    ProductOrderItem: frozenset({"state"}),
    ServiceOrderItem: frozenset({"state", "errors"}),
    OnDemandBill: frozenset({"state", "last_update", "revision", "bill"}),
    Ref: _LABELS,
    Party: _LABELS,
    Place: _LABELS,
    ExternalReference: _LABELS,
    Note: frozenset({"id"}),
    Characteristic: frozenset({"name", "id", "value_type"}),
}
_WITHDRAWAL = ("items", "leave_done")
_MESSAGE = {
    "order": "order",
    "service_orders": "service_order",
    "fees": "fees",
    "on_demand": "on_demand",
    **{name: name for name in _WITHDRAWAL},
}


def tracked(message: Message, seen: set[str]) -> Message:
    """Return a message that adds to `seen` the name of each member that is read of what it asks for."""
    return _made(message, "", seen)


def members_of(message: Message) -> Iterator[str]:
    """Yield the name of each member that has a value in what a message asks for; its other items are left out."""
    if message.order is not None:
        yield from _members(message.order, "order", frozenset(message.items))
    for order in message.service_orders:
        yield from _members(order, "service_order", frozenset(message.items))
    for fee in message.fees:
        yield from _members(fee, "fees", frozenset())
    if message.on_demand is not None:
        yield from _members(message.on_demand, "on_demand", frozenset())


def withdrawal_of(message: Message) -> Iterator[str]:
    """Yield the name of each member that says what is to be called back: `items`, `leave_done`; the order is known."""
    yield from (name for name in _WITHDRAWAL if message.__dict__[name])


def _members(model: BaseModel, path: str, scope: frozenset[str]) -> Iterator[str]:
    if isinstance(model, Characteristic):
        if model.value is not None and model.name != PRODUCT_ITEM:
            yield _named(path, model)
        return
    left_out = _NOT_MEMBERS.get(type(model), frozenset())
    in_scope = not scope or _name_of(model) in scope or not isinstance(model, ProductOrderItem | ServiceOrderItem)
    for name, value in model.__dict__.items():
        if name in left_out or value is None or value in ((), {}):
            continue
        if not in_scope and name != "items":
            continue
        if name == "extras":
            yield from (f"{path}.extras[{key}]" for key in value if not key.startswith("@"))
        elif _holds_models(value):
            inside = value if isinstance(value, tuple) else (value,)
            for one in inside:
                yield from _members(one, _inside(path, name), scope)
        else:
            yield f"{path}.{name}"


def _name_of(item: BaseModel) -> str | None:
    if isinstance(item, ServiceOrderItem):
        return item.product_item_id or item.id
    return item.id if isinstance(item, ProductOrderItem) else None


def _holds_models(value: object) -> bool:
    first = value[0] if isinstance(value, tuple) and value else value
    return isinstance(first, BaseModel) and not isinstance(first, _LEAVES)


def _inside(path: str, name: str) -> str:
    """Return the path of what a member holds; an item inside an item is an item."""
    return path if name == "items" and path.endswith(".items") else f"{path}.{name}"


def _named(path: str, one: Characteristic) -> str:
    return f"{path}[{one.__dict__['name']}]"


class _Extras(dict[str, Any]):
    """Members without a name in the model. Whoever looks at all of them carries them all."""

    def __init__(self, extras: dict[str, Any], path: str, seen: set[str]) -> None:
        super().__init__(extras)
        self._path, self._seen = path, seen

    def __getitem__(self, key: str) -> Any:
        self._seen.add(f"{self._path}[{key}]")
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        self._seen.add(f"{self._path}[{key}]")
        return super().get(key, default)

    def __iter__(self) -> Iterator[str]:
        self._seen.update(f"{self._path}[{key}]" for key in dict.keys(self))
        return super().__iter__()

    def items(self) -> Any:
        iter(self)
        return super().items()


class _Track:
    """Where a tracked model stands, whom it tells, and the tracked models that it handed out."""

    __slots__ = ("handed", "path", "seen")

    def __init__(self, path: str, seen: set[str]) -> None:
        self.path, self.seen, self.handed = path, seen, dict[str, Any]()


def _made(model: M, path: str, seen: set[str]) -> M:
    if getattr(type(model), "__tracks__", False):
        return model
    kind: Any = _tracking(type(model))
    made: M = kind.__new__(kind)
    # Frozen models may share their values; validating them again would cost more than the whole translation.
    for slot, value in (
        ("__dict__", model.__dict__),
        ("__pydantic_fields_set__", model.__pydantic_fields_set__),
        ("__pydantic_extra__", None),
        ("__pydantic_private__", {"track": _Track(path, seen)}),
    ):
        object.__setattr__(made, slot, value)
    return made


@cache
def _tracking(kind: type[BaseModel]) -> type[BaseModel]:
    """Return a subclass whose instances note what is read of them."""
    fields = frozenset(kind.model_fields)
    read = object.__getattribute__

    def __getattribute__(self: BaseModel, name: str) -> Any:  # noqa: N807 - it becomes the method of that name
        value = read(self, name)
        if name not in fields or value is None:
            return value
        track: _Track = read(self, "__pydantic_private__")["track"]
        return _noted(self, name, value, track)

    def __eq__(self: BaseModel, other: object) -> bool:  # noqa: N807
        return isinstance(other, kind) and read(self, "__dict__") == other.__dict__

    def model_copy(self: BaseModel, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> BaseModel:
        copied = kind.model_copy(self, update=update, deep=deep)
        track: _Track = read(self, "__pydantic_private__")["track"]
        object.__setattr__(copied, "__pydantic_private__", {"track": _Track(track.path, track.seen)})
        return copied

    body = {
        "__module__": __name__,
        "__qualname__": f"Tracked{kind.__name__}",
        "__tracks__": True,
        "__getattribute__": __getattribute__,
        "__eq__": __eq__,
        "__hash__": kind.__hash__,
        "model_copy": model_copy,
        "model_config": ConfigDict(defer_build=True),
        "__annotations__": {},
    }
    metaclass: Any = type(kind)
    made: type[BaseModel] = metaclass(f"Tracked{kind.__name__}", (kind,), body)
    return made


def _noted(model: BaseModel, name: str, value: Any, track: _Track) -> Any:
    """Return the value of a member, after noting that it is read; what it holds is tracked in its turn."""
    path = _MESSAGE.get(name) if isinstance(model, Message) else _inside(track.path, name)
    if path is None:  # the context of a message: nobody has to carry it
        return value
    if name != "extras" and not _holds_models(value):
        if isinstance(model, Characteristic):
            if name == "value":
                track.seen.add(_named(track.path, model))
        else:
            track.seen.add(path)
        return value
    if name not in track.handed:
        if name == "extras":
            track.handed[name] = _Extras(value, path, track.seen)
        elif isinstance(value, Model):
            track.handed[name] = _made(value, path, track.seen)
        else:
            track.handed[name] = tuple(_made(one, path, track.seen) for one in value)
    return track.handed[name]
