"""Paths: from canonical names to the names of a wire, and back for filters."""

import re
from collections.abc import Mapping
from typing import Any

from gateway.faces.rows import Amount
from gateway.faces.shape import Shape

__all__ = ["camel", "trace_path", "wire_path_of"]

_STEP = re.compile(r"([^.\[\]]+)((?:\[\d+\])*)")
_MONEY = {"amount": "value", "currency": "unit"}


def camel(name: str) -> str:
    """Return a canonical name as wires spell names: `billing_account` → `billingAccount`."""
    first, *rest = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in rest)


def wire_path_of(shape: Shape[Any], path: str, *, roots: tuple[str, ...] = ()) -> str:
    """Return a canonical path as the wire of `shape` says it: `items[1].action` → `productOrderItem[1].action`.

    A first step among `roots` (with or without an index) is left out; so is the step into `extras`.
    """
    steps = _STEP.findall(path)
    if steps and steps[0][0] in roots:
        steps = steps[1:]
    return ".".join(_said(shape, steps))


def trace_path(path: str, roots: Mapping[str, tuple[str, Shape[Any] | None]]) -> str:
    """Return a canonical path with its root as the trace document says both.

    `roots` maps a canonical root to the trace's member and the table beneath it: `product_order` → `productOrder`.
    """
    steps = _STEP.findall(path)
    if not steps:
        return path
    root, index = steps[0]
    name, shape = roots.get(root, (camel(root), None))
    return ".".join([name + index, *_said(shape, steps[1:])])


def _said(shape: Shape[Any] | None, steps: list[tuple[str, str]]) -> list[str]:
    """Say canonical steps in wire names, as far as the tables know them; the rest in camel case."""
    said: list[str] = []
    here, money, raw = shape, False, shape is None
    for name, index in steps:
        if money and name in _MONEY:
            said.append(_MONEY[name] + index)
            continue
        row = here.row_of(name) if here is not None else None
        if here is not None and name == "extras":
            here, raw = None, True
        elif here is None or row is None:
            said.append((name if raw else camel(name)) + index)
            here = None
        else:
            said.append(".".join(here.said_at(name)) + index)
            here, money = getattr(row, "shape", None), isinstance(row, Amount)
            raw = here is None and not money
    return said
