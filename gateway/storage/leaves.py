"""Values deep in documents, so that resources are found by them and not by reading every document.

A token is a hash of the kind, the path and the value as queries mean it: a text as it is, a number by its value, an
instant in any spelling. It is long enough that no two values of one store share one. A rank is a value as bytes that
sort as it does, under a token of its path. Of a characteristic, both are kept with its name and without.
"""

import struct
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from hashlib import blake2b
from typing import Any

import orjson

from gateway.canonical.instants import instant
from gateway.canonical.lifecycle import ResourceKind
from gateway.canonical.numbers import number_key
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
    "ranks_in",
    "several",
    "too_long",
    "unpack",
    "wanted_tokens",
]

_LONGEST_RANK = 400
"""Texts that are longer have no rank; where one is, the index of its path is not used."""

_DIGITS = frozenset("-0123456789")
"""What a number or an instant begins with."""

_TOO_LONG = b"!"
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
            "items.billing_account.id",
        ),
        (*_DATES, "priority"),
        ("items.product.characteristics",),
    ),
    ResourceKind.SERVICE_ORDER: Indexed(
        (
            "category",
            "priority",
            "parties.id",
            "items.service.id",
            "items.service.specification.id",
        ),
        (*_DATES, "start_date", "priority"),
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
    tokens, ranks = set[int](), set[tuple[int, bytes]]()
    if doc is not None:
        _walk(_tree(kind), orjson.loads(doc), tokens, ranks)
    many = Counter(token for token, _ in ranks)
    tokens.update(several(token) for token, count in many.items() if count > 1)
    return Entries(frozenset(tokens), frozenset(ranks))


def wanted_tokens(kind: ResourceKind, path: str, wanted: Sequence[str], name: str | None = None) -> tuple[int, ...]:
    """Return the tokens of values that equal any of the texts, in what has that name if one is given."""
    head = _head(kind, path, name)
    return tuple(dict.fromkeys(_hash(head + form) for text in wanted for form in _forms_of_text(text)))


def rank_token(kind: ResourceKind, path: str, what: Type, name: str | None = None) -> int:
    """Return the token of what is compared at a path: numbers, instants or texts."""
    return _hash(_head(kind, path, name) + b"<" + what.value.encode())


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
    return _hash(_head(kind, path) + _TOO_LONG)


def several(rank: int) -> int:
    """Return the token of resources that have more than one rank under a token."""
    return _hash(b"+%d" % rank)


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


def ranks_in(data: bytes, of: int) -> list[bytes]:
    """Return the ranks under a token in the bytes of entries."""
    (count,) = struct.unpack_from(">I", data)
    ranks, at = [], 4 + 8 * count
    while at < len(data):
        token, size = struct.unpack_from(">qH", data, at)
        if token == of:
            ranks.append(data[at + 10 : at + 10 + size])
        at += 10 + size
    return ranks


@dataclass(slots=True)
class _Node:
    """What is kept at a path: heads of tokens to be completed by a form, tokens of ranks."""

    path: str = ""
    members: "dict[str, _Node]" = field(default_factory=dict)
    equal: bytes | None = None
    is_decimal: bool = False
    ranks: dict[Type, int] | None = None
    too_long: int = 0
    named: "_Named | None" = None


@dataclass(frozen=True, slots=True)
class _Named:
    kind: ResourceKind
    path: str


@cache
def _tree(kind: ResourceKind) -> _Node:
    """Return the paths of a kind as a tree, so that a document is walked once."""
    root, known = _Node(), INDEXED[kind]

    def at(path: str) -> _Node:
        node = root
        for name in path.split("."):
            node = node.members.setdefault(name, _Node(f"{node.path}.{name}".lstrip(".")))
        return node

    for path in known.equal:
        at(path).equal = _head(kind, path)
        at(path).is_decimal = type_at(kind, tuple(path.split("."))) is Type.DECIMAL
    for path in known.ranked:
        kinds = (Type.DECIMAL, Type.INSTANT, type_at(kind, tuple(path.split("."))))
        at(path).ranks = {what: rank_token(kind, path, what) for what in kinds}
        at(path).too_long = too_long(kind, path)
    for path in known.named:
        at(path).named = _Named(kind, path)
    return root


@lru_cache(maxsize=4096)
def _value_heads(named: _Named, path: str, name: str | None) -> tuple[bytes, dict[Type, int]]:
    """Return the head of tokens of a characteristic's value, and the tokens of its ranks."""
    kind = named.kind
    kinds = (Type.DECIMAL, Type.INSTANT)
    return _head(kind, path, name), {what: rank_token(kind, path, what, name) for what in kinds}


def _walk(node: _Node, value: Any, tokens: set[int], ranks: set[tuple[int, bytes]]) -> None:
    """Gather what stands at a place and beneath; the list at a step is looked into, a list in it is not."""
    for one in value if type(value) is list else (value,):
        if type(one) is dict:
            for key, child in node.members.items():
                found = one.get(key)
                if found is not None:
                    _walk(child, found, tokens, ranks)
            if node.named is not None:
                _add_named(node.named, one, tokens, ranks)
        elif one is not None and type(one) is not list:
            if node.equal is not None:
                tokens.update(_hash(node.equal + form) for form in _forms(one, is_decimal=node.is_decimal))
            if node.ranks is not None:
                ranks.update((node.ranks[what], rank) for what, rank in _ranks(one, is_text=Type.TEXT in node.ranks))
                if Type.TEXT in node.ranks and len(one.encode()) > _LONGEST_RANK:
                    tokens.add(node.too_long)


def _add_named(named: _Named, element: dict[str, Any], tokens: set[int], ranks: set[tuple[int, bytes]]) -> None:
    name = element.get("name")
    names = (None, name) if type(name) is str and "\x00" not in name else (None,)
    for path, value in _scalars(f"{named.path}.value", element.get("value")):
        forms, found = _forms(value), _ranks(value)
        for one in names:
            head, of = _value_heads(named, path, one)
            tokens.update(_hash(head + form) for form in forms)
            ranks.update((of[what], rank) for what, rank in found)


def _scalars(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    for one in value if type(value) is list else (value,):
        if type(one) is dict:
            for key, member in one.items():
                if "." not in key:
                    yield from _scalars(f"{path}.{key}", member)
        elif one is not None and type(one) is not list:
            yield path, one


def _forms(value: Any, *, is_decimal: bool = False) -> list[bytes]:
    if type(value) is str:
        if "\x00" in value:
            return []
        forms = [b"t" + value.encode()]
        if value[:1] in _DIGITS:
            moment = instant(value)
            if moment is not None:
                forms.append(b"i%d" % moment)
            if is_decimal and (number := number_key(value)) is not None:
                forms.append(b"n" + number.encode())
        return forms
    if type(value) is bool:
        return [b"btrue" if value else b"bfalse"]
    number = number_key(value)
    return [] if number is None else [b"n" + number.encode()]


def _forms_of_text(text: str) -> Iterator[bytes]:
    yield b"t" + text.encode()
    if text in ("true", "false"):
        yield b"b" + text.encode()
    number, moment = number_key(text), instant(text)
    if number is not None:
        yield b"n" + number.encode()
    if moment is not None:
        yield b"i%d" % moment


def _ranks(value: Any, *, is_text: bool = False) -> list[tuple[Type, bytes]]:
    if type(value) is bool:
        return []
    found: list[tuple[Type, bytes]] = []
    if type(value) is not str or value[:1] in _DIGITS:
        number, moment = number_key(value), instant(value)
        if number is not None:
            found.append((Type.DECIMAL, number.encode()))
        if moment is not None:
            found.append((Type.INSTANT, _instant_rank(moment)))
    if is_text and "\x00" not in value and len(encoded := value.encode()) <= _LONGEST_RANK:
        found.append((Type.TEXT, encoded))
    return found


def _instant_rank(moment: int) -> bytes:
    return struct.pack(">Q", moment + 2**63)


def _head(kind: ResourceKind, path: str, name: str | None = None) -> bytes:
    named = "" if name is None else f"{len(name)}\n{name}"
    return f"{kind.value}\n{path}\n{named}\n".encode("utf-8", "surrogatepass")


def _hash(text: bytes) -> int:
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "big", signed=True)
