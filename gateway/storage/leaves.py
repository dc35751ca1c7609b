"""Values deep in documents, so that resources are found by them and not by reading every document.

A token is a hash of the kind, the path and the value as queries mean it: a text as it is, a number by its value, an
instant in any spelling. It is long enough that no two values of one store share one. A rank is a value as bytes that
sort as it does, under a token of its path. Of a characteristic, both are kept with its name and without.
"""

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import orjson

from gateway.canonical.lifecycle import ResourceKind
from gateway.storage.instants import instant
from gateway.storage.numbers import number_key
from gateway.storage.shapes import Shape, Type, shapes, type_at

__all__ = [
    "INDEXED",
    "Entries",
    "Indexed",
    "entries",
    "is_single",
    "pack",
    "rank_of",
    "rank_token",
    "too_long",
    "unpack",
    "wanted_tokens",
]

_LONGEST_RANK = 400
"""Texts that are longer have no rank; where one is, the index of its path is not used."""

_TOO_LONG = "!"
"""Stands instead of a value in the token of a path at which a text is too long for a rank."""


@dataclass(frozen=True, slots=True)
class Indexed:
    """What is kept of one kind: paths found by equality, single values that are sorted and compared, characteristics.

    `named` are lists of objects with a name and a value; whatever scalar stands in a value, however deep, is kept.
    """

    equal: tuple[str, ...] = ()
    ranked: tuple[str, ...] = ()
    named: tuple[str, ...] = ()


_DATES = ("order_date", "requested_start", "requested_completion", "expected_completion", "completion_date")
_TASK = Indexed(("order.id",), ("creation_date", "requested_date", "effective_date"))

INDEXED: dict[ResourceKind, Indexed] = {
    ResourceKind.PRODUCT_ORDER: Indexed(
        (
            "category",
            "priority",
            "parties.id",
            "billing_account.id",
            "items.offering.id",
            "items.product.id",
            "items.product.places.id",
            "items.billing_account.id",
        ),
        (*_DATES, "priority", "category"),
        ("items.product.characteristics",),
    ),
    ResourceKind.SERVICE_ORDER: Indexed(
        (
            "category",
            "priority",
            "parties.id",
            "items.service.id",
            "items.service.specification.id",
            "items.service.places.id",
        ),
        (*_DATES, "start_date", "priority", "category"),
        ("items.service.characteristics",),
    ),
    ResourceKind.CANCEL_PRODUCT_ORDER: _TASK,
    ResourceKind.CANCEL_SERVICE_ORDER: _TASK,
    ResourceKind.CUSTOMER_BILL: Indexed(
        ("bill_no", "category", "parties.id", "billing_account.id", "financial_account.id"),
        ("bill_date", "due_date", "next_bill_date", "last_update", "amount_due.amount", "remaining.amount"),
    ),
    ResourceKind.APPLIED_RATE: Indexed(
        ("type", "is_billed", "bill.id", "billing_account.id", "product.id"),
        ("date", "net.amount", "gross.amount"),
        ("characteristics",),
    ),
    ResourceKind.ON_DEMAND_BILL: Indexed(("billing_account.id", "party.id", "bill.id"), ("last_update",)),
    ResourceKind.BILL_CYCLE: Indexed(("name",), ("billing_date", "charge_date", "due_date")),
}
"""What is kept of each kind."""


@dataclass(frozen=True, slots=True)
class Entries:
    """What the tables hold of one resource."""

    tokens: frozenset[int] = frozenset()
    ranks: frozenset[tuple[int, bytes]] = frozenset()


def entries(kind: ResourceKind, doc: str | None) -> Entries:
    """Return what is kept of a document, nothing of one that is not there."""
    if doc is None:
        return Entries()
    data, known = orjson.loads(doc), INDEXED[kind]
    tokens, ranks = set[int](), set[tuple[int, bytes]]()
    for path in known.equal:
        is_decimal = type_at(kind, tuple(path.split("."))) is Type.DECIMAL
        for value in _values([data], path.split(".")):
            tokens.update(_token(kind, path, form) for form in _forms(value, is_decimal=is_decimal))
    for path in known.ranked:
        is_text = type_at(kind, tuple(path.split("."))) is Type.TEXT
        for value in _values([data], path.split(".")):
            ranks.update((rank_token(kind, path, one), rank) for one, rank in _ranks(value, is_text=is_text))
            if is_text and len(value.encode()) > _LONGEST_RANK:
                tokens.add(too_long(kind, path))
    for path in known.named:
        for element in _values([data], path.split(".")):
            if isinstance(element, dict):
                _add_named(kind, path, element, tokens, ranks)
    return Entries(frozenset(tokens), frozenset(ranks))


def wanted_tokens(kind: ResourceKind, path: str, wanted: Sequence[str], name: str | None = None) -> tuple[int, ...]:
    """Return the tokens of values that equal any of the texts, in what has that name if one is given."""
    forms = [form for text in wanted for form in _forms_of_text(text)]
    return tuple(dict.fromkeys(_token(kind, path, form, name) for form in forms))


def rank_token(kind: ResourceKind, path: str, what: Type, name: str | None = None) -> int:
    """Return the token of what is compared at a path: numbers, instants or texts."""
    return _token(kind, path, f"<{what.value}", name)


def rank_of(text: str) -> tuple[Type, bytes]:
    """Return what a text of a query is compared as, and its rank."""
    number, moment = number_key(text), instant(text)
    if number is not None:
        return Type.DECIMAL, number.encode()
    if moment is not None:
        return Type.INSTANT, _instant_rank(moment)
    return Type.TEXT, text.encode()


def too_long(kind: ResourceKind, path: str) -> int:
    """Return the token of resources with a text at a path that is too long for a rank."""
    return _token(kind, path, _TOO_LONG)


def is_single(kind: ResourceKind, path: str) -> bool:
    """Return whether a resource has one value at most at a path."""
    return all(shape is Shape.ONE for shape in shapes(kind, tuple(path.split("."))))


def pack(found: Entries) -> bytes:
    """Return entries as bytes."""
    parts = [struct.pack(f">I{len(found.tokens)}q", len(found.tokens), *sorted(found.tokens))]
    for token, rank in sorted(found.ranks):
        parts += [struct.pack(">qH", token, len(rank)), rank]
    return b"".join(parts)


def unpack(data: bytes) -> Entries:
    """Return the entries of bytes."""
    (count,) = struct.unpack_from(">I", data)
    tokens = struct.unpack_from(f">{count}q", data, 4)
    ranks, at = [], 4 + 8 * count
    while at < len(data):
        token, size = struct.unpack_from(">qH", data, at)
        ranks.append((token, bytes(data[at + 10 : at + 10 + size])))
        at += 10 + size
    return Entries(frozenset(tokens), frozenset(ranks))


def _add_named(
    kind: ResourceKind, path: str, element: dict[str, Any], tokens: set[int], ranks: set[tuple[int, bytes]]
) -> None:
    name = element.get("name")
    names = (None, name) if isinstance(name, str) and "\x00" not in name else (None,)
    if len(names) > 1:
        tokens.update(_token(kind, f"{path}.name", form) for form in _forms(name))
    for at, value in _scalars(f"{path}.value", element.get("value")):
        for form in _forms(value):
            tokens.update(_token(kind, at, form, one) for one in names)
        for what, rank in _ranks(value):
            ranks.update((rank_token(kind, at, what, one), rank) for one in names)


def _values(nodes: Iterable[Any], steps: list[str]) -> Iterator[Any]:
    """Yield what stands at a path; the list at a step is looked into, a list in it is not."""
    if not steps:
        yield from nodes
        return
    found = (node.get(steps[0]) for node in nodes if isinstance(node, dict))
    yield from _values((one for value in found for one in _each(value)), steps[1:])


def _scalars(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    for one in _each(value):
        if isinstance(one, dict):
            for key, member in one.items():
                if "." not in key:
                    yield from _scalars(f"{path}.{key}", member)
        elif not isinstance(one, list):
            yield path, one


def _each(value: Any) -> Iterable[Any]:
    if value is None:
        return ()
    return [one for one in value if one is not None] if isinstance(value, list) else (value,)


def _forms(value: Any, *, is_decimal: bool = False) -> Iterator[str]:
    if isinstance(value, bool):
        yield "b" + str(value).lower()
    elif isinstance(value, int | float):
        yield f"n{number_key(value)}"
    elif isinstance(value, str) and "\x00" not in value:
        yield "t" + value
        moment = instant(value)
        if moment is not None:
            yield f"i{moment}"
        if is_decimal:
            yield f"n{number_key(value)}"


def _forms_of_text(text: str) -> Iterator[str]:
    yield "t" + text
    if text in ("true", "false"):
        yield "b" + text
    number, moment = number_key(text), instant(text)
    if number is not None:
        yield f"n{number}"
    if moment is not None:
        yield f"i{moment}"


def _ranks(value: Any, *, is_text: bool = False) -> Iterator[tuple[Type, bytes]]:
    number, moment = None if isinstance(value, bool) else number_key(value), instant(value)
    if number is not None:
        yield Type.DECIMAL, number.encode()
    if moment is not None:
        yield Type.INSTANT, _instant_rank(moment)
    if is_text and isinstance(value, str) and "\x00" not in value and len(encoded := value.encode()) <= _LONGEST_RANK:
        yield Type.TEXT, encoded


def _instant_rank(moment: int) -> bytes:
    return struct.pack(">Q", moment + 2**63)


def _token(kind: ResourceKind, path: str, form: str, name: str | None = None) -> int:
    named = "" if name is None else f"{len(name)}\n{name}"
    text = f"{kind.value}\n{path}\n{named}\n{form}"
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), signed=True)
