"""The part of a landscape that says what cancelling costs, and up to where it is possible."""

from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from gateway.canonical.cancelling import CancellationTerms, Past, Point, PointTerms
from gateway.canonical.money import Money
from gateway.vocabulary.document import Document

__all__ = ["CancellationSection", "cancellation_terms"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=True)


class _Money(_Part):
    unit: str
    value: Decimal = Field(gt=0)


class _Point(_Part):
    past: Past = Past.REFUSE
    fee: _Money | None = None
    tax_rate: Decimal | None = Field(default=None, ge=0, lt=100)


class CancellationSection(_Part):
    """`cancellation:` as the file has it; a point that it leaves out refuses."""

    field_work: _Point = _Point()
    service: _Point = _Point()


def cancellation_terms(document: Document, said: CancellationSection) -> CancellationTerms:
    """Return the terms. Raises SetupError where a priced point has no sum, or a sum stands where none is charged."""
    return CancellationTerms(points={point: _terms(document, point, one) for point, one in _by_point(said)})


def _by_point(said: CancellationSection) -> tuple[tuple[Point, _Point], ...]:
    return (Point.FIELD_WORK, said.field_work), (Point.SERVICE, said.service)


def _terms(document: Document, point: Point, said: _Point) -> PointTerms:
    where = ("cancellation", point.value)
    if said.past is not Past.PRICE:
        if said.fee is not None:
            raise document.wrong(f"{point} has a fee that nobody is charged", "say `past: price`", *where)
        return PointTerms(past=said.past)
    if said.fee is None or said.tax_rate is None:
        raise document.wrong(f"{point} is priced without fee or taxRate", "give both", *where)
    fee = Money(amount=said.fee.value, currency=said.fee.unit)
    if not fee.is_postable:
        reason = f"{fee.amount} {fee.currency} is no sum that can be charged"
        raise document.wrong(reason, "use a currency code of ISO 4217 and no more decimals than it has", *where, "fee")
    return PointTerms(past=said.past, fee=fee, tax_rate=said.tax_rate)
