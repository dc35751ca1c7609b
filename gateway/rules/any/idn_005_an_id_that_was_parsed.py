"""IDN-005: an id is text, and stays as it was given."""

import re
from collections.abc import Iterator
from typing import Any

from gateway.canonical.common import Characteristic, ExternalId
from gateway.canonical.judgement import Severity
from gateway.canonical.lifecycle import Trace
from gateway.canonical.order import ProductOrder
from gateway.rules.context import Context
from gateway.rules.identifiers import kind_of
from gateway.rules.names import all_known, folded, known, named
from gateway.rules.rule import Problem, rule
from gateway.rules.work import ordered

__all__ = ["an_id_that_was_parsed"]

_SCIENTIFIC = re.compile(r"\d(\.\d+)?[eE]\+?\d+")
_TEXT_KINDS = frozenset({"iccid", "imsi"})
_ALL_KINDS = frozenset({"iccid", "imsi", "serial", "number"})


@rule("IDN-005", gate=None, severity=Severity.REJECT, reads=("product_order",), since="0.1", level=5)
def an_id_that_was_parsed(ctx: Context) -> Iterator[Problem]:
    """An id keeps its zeros and its case, and within one issuer and scheme it stands for one thing.

    What it checks: no id names something that is not known while the same id with other zeros or case is; no card or
        external id came as a number, nor with an exponent; no order of another customer has the external id of this
        one from the same issuer in the same scheme, and none of the same customer and wish has it without its zeros.
        Where the issuer or the scheme is not stated, an equal id may be a chance, so nothing is said.
    Why it matters: two customers become one, or one order becomes two.
    Passes: account 00123 in the order and on the bill.
    Fails: account 00123 in the order, 123 on the bill.
    Harmless look-alike: two accounts 00123 and 123 that are both known; the same number from two issuers; another
        customer's order of that number where nobody says in which scheme.
    How to fix: carry ids as text, from the first system to the last; correct the one that was changed on the way.
    """
    order = ctx.order
    if order is None:
        return
    yield from _changed(ctx)
    yield from _as_number(ctx, order)
    yield from _of_one_order(order)
    if ctx.trace.others and order.external_ids:
        for number, trace in enumerate(ctx.trace.others):
            yield from _elsewhere(ctx, order, trace, f"others[{number}]")


def _changed(ctx: Context) -> Iterator[Problem]:
    ids = known(ctx)
    if all_known(ctx, ids):
        return
    alike: dict[str, dict[str, str]] = {}
    for one in named(ctx):
        mine = ids[one.kind]
        if one.id in mine or not mine:
            continue
        if one.kind not in alike:
            alike[one.kind] = {folded(other): other for other in mine}
        meant = alike[one.kind].get(folded(_plain(one.id)))
        if meant is not None:
            yield Problem(one.path, f"{one.kind} {one.id!r} is known as {meant!r}: an id keeps its zeros and its case")


def _plain(text: str) -> str:
    """Return an id that a spreadsheet wrote with an exponent as the figures that it was."""
    return f"{float(text):.0f}" if _SCIENTIFIC.fullmatch(text) and len(text) < 20 else text


def _as_number(ctx: Context, order: ProductOrder) -> Iterator[Problem]:
    stated = order.extras.get("externalId")
    if isinstance(stated, int | float) and not isinstance(stated, bool):
        yield Problem("product_order.external_ids", f"the external id {stated} came as a number")
    for line in ctx.lines:
        if ordered(line.item):
            yield from _characteristics(ordered(line.item), f"{line.path}.product.characteristics")
    for service in ctx.services:
        if service.item.service is not None:
            path = f"{service.path}.service.characteristics"
            yield from _characteristics(service.item.service.characteristics, path)


def _characteristics(stated: tuple[Characteristic, ...], path: str) -> Iterator[Problem]:
    for number, one in enumerate(stated):
        if _is_parsed(one.name, one.value_type, one.value):
            yield Problem(f"{path}[{number}].value", f"{one.name} {one.value} is an id, but came as a number")


def _is_parsed(name: str, value_type: str | None, value: Any) -> bool:
    if isinstance(value, str):
        if "E" not in value and "e" not in value:
            return False
        return kind_of(name, value_type) in _ALL_KINDS and _SCIENTIFIC.fullmatch(value.strip()) is not None
    return value.__class__ in {int, float} and kind_of(name, value_type) in _TEXT_KINDS


def _of_one_order(order: ProductOrder) -> Iterator[Problem]:
    seen: dict[tuple[str | None, str | None, str], str] = {}
    for number, one in enumerate(order.external_ids if len(order.external_ids) > 1 else ()):
        first = seen.setdefault((one.issuer, one.scheme, folded(one.value)), one.value)
        if first != one.value:
            reason = f"external ids {first!r} and {one.value!r} of one issuer differ in zeros or case alone"
            yield Problem(f"product_order.external_ids[{number}]", reason)


def _elsewhere(ctx: Context, order: ProductOrder, trace: Trace, path: str) -> Iterator[Problem]:
    other = trace.product_order
    if other is None or (order.id and other.id == order.id):
        return
    mine, theirs = ctx.customer, other.party("customer")
    if mine is None or theirs is None:
        return
    same_customer = mine.id == theirs.id
    for number, one in enumerate(order.external_ids):
        for two in other.external_ids:
            if (one.issuer, one.scheme) != (two.issuer, two.scheme) or folded(one.value) != folded(two.value):
                continue
            merged = not same_customer and one.value == two.value and _is_named(one)
            lost = same_customer and one.value != two.value and _wish(order) == _wish(other)
            if merged or lost:
                words = f"customer {theirs.id}" if merged else f"order {other.id}, where it is written {two.value!r}"
                reason = f"external id {one.value!r} is that of {words} too"
                yield Problem(f"product_order.external_ids[{number}]", reason, (path,))


def _is_named(one: ExternalId) -> bool:
    return bool(one.issuer) and bool(one.scheme)


def _wish(order: ProductOrder) -> list[tuple[str, str]]:
    return sorted((item.action, item.offering.id if item.offering is not None else "") for _, item in order.all_items())
