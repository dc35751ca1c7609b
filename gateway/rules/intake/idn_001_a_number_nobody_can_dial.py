"""IDN-001: telephone numbers."""

from collections.abc import Iterator

from gateway.canonical.common import Characteristic
from gateway.canonical.judgement import Severity
from gateway.rules.context import Context
from gateway.rules.identifiers import kind_of, numbers, phone_problem, region_in
from gateway.rules.rule import Problem, rule
from gateway.rules.work import ordered

__all__ = ["a_number_nobody_can_dial"]


@rule(
    "IDN-001",
    gate=None,
    severity=Severity.REJECT,
    reads=("product_order|service_orders",),
    since="0.1",
    level=2,
)
def a_number_nobody_can_dial(ctx: Context) -> Iterator[Problem]:
    """Telephone numbers are E.164 after parsing in the stated region.

    What it checks: every telephone number of an order or a service order begins with + and a country code, or is a
        number of the region that stands beside it.
    Why it matters: the same digits are another line in another country, and ports go astray.
    Passes: +447700900123.
    Fails: 07700900123, without a region; a + and too few digits; a country code that nobody has.
    Harmless look-alike: blanks, dots and brackets between the digits; a national number whose region is stated; a
        quantity or a code that is just called `number`.
    How to fix: write the number with + and the country code, or state its region in a characteristic `region`.
    """
    for line in ctx.wanted:
        yield from _of(ordered(line.item), f"{line.path}.product.characteristics")
    for service in ctx.services:
        if service.item.service is not None:
            yield from _of(service.item.service.characteristics, f"{service.path}.service.characteristics")


def _of(characteristics: tuple[Characteristic, ...], path: str) -> Iterator[Problem]:
    for number, one in enumerate(characteristics):
        if kind_of(one.name, one.value_type) == "number":
            for text, region in numbers(one, region_in(characteristics)):
                fault = phone_problem(text, region)
                if fault is not None:
                    yield Problem(f"{path}[{number}].value", f"{one.name} {text!r} {fault}")
