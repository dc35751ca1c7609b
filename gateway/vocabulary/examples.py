"""Examples of a table: single things known to be so, told apart from the rows, that the table must agree with."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from gateway.canonical.quantity import Quantity, UnknownUnit
from gateway.ports.errors import UnknownCode
from gateway.vocabulary.checks import Problem
from gateway.vocabulary.fields.blank import MISSING, Misread
from gateway.vocabulary.file import ExampleFile
from gateway.vocabulary.table import Vocabulary
from gateway.vocabulary.targets import FIELDS, PROFILE, TARGETS

__all__ = ["REFUSED", "example_problems"]

REFUSED = "refused"
"""What an example says of a value that must not be read."""


def example_problems(table: Vocabulary, examples: tuple[ExampleFile, ...]) -> Iterator[Problem]:
    """Yield each example that the table does not agree with."""
    for index, example in enumerate(examples):
        here = ("examples", index)
        if (example.field is not None) != (table.target == FIELDS):
            yield "an example of fields names its field, any other none", "correct the example", here
            continue
        if example.field is not None and example.field not in table.fields:
            yield f"{example.field!r} is no field of the table", "name a field", here
            continue
        said = _said(table, example)
        if not _same(said, example.canonical):
            shown = "nothing" if example.is_missing else repr(example.legacy)
            fix = "one of the two is wrong: correct the row or the example"
            yield f"{shown} is {_shown(said)}, and an example says {_shown(example.canonical)}", fix, here


def _said(table: Vocabulary, example: ExampleFile) -> Any:
    try:
        if example.field is not None:
            return _field_said(table, example)
        if table.target == PROFILE:
            return table.profile(example.legacy)
        if TARGETS[table.target].dimension is not None:
            amount, code = _parted(table, str(example.legacy))
            return table.quantity(amount, code)
        return table.translate(example.legacy)
    except (UnknownCode, Misread, UnknownUnit):
        return REFUSED


def _field_said(table: Vocabulary, example: ExampleFile) -> str:
    assert example.field is not None
    spec = table.fields[example.field]
    more = {} if example.currency is None else {"currency": example.currency}
    value = MISSING if example.is_missing else example.legacy
    said = spec.read(value, **more)
    if isinstance(value, str) and spec.blanks.of(value) is None and spec.read(spec.write(said), **more) != said:
        raise Misread("what is written is not read back")
    return spec.text(said)


def _parted(table: Vocabulary, text: str) -> tuple[Decimal, str]:
    """Return amount and code of `500000 K`, `K 500000`, or of a code alone, which is one of it."""
    words = text.split()
    if len(words) == 1:
        return Decimal(1), words[0]
    amount, code = words if words[-1] in table.rows else reversed(words)
    try:
        return Decimal(amount), code
    except ArithmeticError:
        raise Misread(f"{text!r} is no amount and code") from None


def _same(said: Any, wanted: str | dict[str, str]) -> bool:
    if isinstance(said, Quantity):
        return isinstance(wanted, str) and said.base == _base(wanted)
    if isinstance(said, Mapping):
        return isinstance(wanted, dict) and {name: one.base for name, one in said.items()} == {
            name: _base(text) for name, text in wanted.items()
        }
    return bool(said == wanted)


def _base(text: str) -> Decimal | None:
    figure, _, unit = text.strip().partition(" ")
    try:
        return Quantity(amount=Decimal(figure), unit=unit).base
    except (UnknownUnit, ArithmeticError):
        return None


def _shown(said: Any) -> str:
    if isinstance(said, Quantity):
        return f"{said.amount:f} {said.unit}"
    if isinstance(said, Mapping):
        return ", ".join(f"{name} {_shown(one)}" for name, one in said.items())
    return repr(said)
