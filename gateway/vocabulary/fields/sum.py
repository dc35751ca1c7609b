"""Sums of money: decimal comma or point, minor units or major, with tax or without, and what a minus means."""

import re
from decimal import Decimal
from typing import Any, Literal

from pydantic import model_validator

from gateway.canonical.money import CURRENCY_EXPONENTS, Money
from gateway.vocabulary.fields.blank import FieldFile, Misread
from gateway.vocabulary.taxes import TaxBasis

__all__ = ["Sum", "TaxedMoney"]

_MINOR = re.compile(r"-?\d{1,15}")
_CREDIT = -1


class TaxedMoney(Money):
    """A sum that says whether its tax is in it."""

    basis: TaxBasis

    @property
    def plain(self) -> Money:
        """The sum alone, where something else says whether its tax is in it."""
        return Money(amount=self.amount, currency=self.currency)


class Sum(FieldFile):
    """A sum in one currency. `positive` says what a figure without a minus is: a charge, or a credit."""

    unit: Literal["minor", "major"]
    currency: str  # an ISO 4217 code; or the name of the field of the same row that has the system's own
    basis: TaxBasis
    positive: Literal["charge", "credit"] = "charge"
    decimal: Literal[".", ","] = "."
    thousands: Literal[".", ",", " ", "'", ""] = ""

    @model_validator(mode="after")
    def _marks_differ(self) -> "Sum":
        if self.decimal == self.thousands:
            raise ValueError("one mark cannot part both decimals and thousands")
        return self

    def read(self, value: Any, currency: str | None = None) -> TaxedMoney:
        """Return the sum; a credit is negative. `currency` is the row's own, translated. Raises Misread."""
        text = str(value).strip()
        unit = currency or self.currency
        if self.currency in CURRENCY_EXPONENTS and unit != self.currency:
            raise Misread(f"a sum in {unit} stands where sums are in {self.currency}")
        if unit not in CURRENCY_EXPONENTS:
            raise Misread(f"currency {unit!r} is not known")
        amount = self._minor(text, unit) if self.unit == "minor" else self._major(text, unit)
        sign = 1 if self.positive == "charge" else _CREDIT
        return TaxedMoney(amount=sign * amount, currency=unit, basis=self.basis)

    def write(self, money: Money) -> str:
        """Return a sum as the system writes it. Raises ValueError where it has more decimals than its currency."""
        sign = 1 if self.positive == "charge" else _CREDIT
        if self.unit == "minor":
            return str(sign * money.minor)
        exponent = CURRENCY_EXPONENTS[money.currency]
        whole = f"{sign * money.amount:,.{exponent}f}"
        return whole.translate({ord(","): self.thousands, ord("."): self.decimal})

    def _minor(self, text: str, currency: str) -> Decimal:
        if not _MINOR.fullmatch(text):
            raise Misread(f"{text[:40]!r} is no number of minor units")
        return Money.of_minor(int(text), currency).amount

    def _major(self, text: str, currency: str) -> Decimal:
        if self.thousands:
            grouped = re.compile(rf"-?\d{{1,3}}({re.escape(self.thousands)}\d{{3}})+({re.escape(self.decimal)}\d+)?")
            if grouped.fullmatch(text):
                text = text.replace(self.thousands, "")
        if not re.fullmatch(rf"-?\d{{1,15}}({re.escape(self.decimal)}\d+)?", text):
            raise Misread(f"{text[:40]!r} is no sum with {self.decimal!r} before its decimals")
        amount = Decimal(text.replace(self.decimal, "."))
        if amount.scaleb(CURRENCY_EXPONENTS[currency]) % 1:
            raise Misread(f"{text[:40]!r} has more decimals than {currency}")
        return amount

    @staticmethod
    def text(money: TaxedMoney) -> str:
        """Return a sum as an example says it: `1234.50 EUR excluded`."""
        return f"{money.amount:.{CURRENCY_EXPONENTS[money.currency]}f} {money.currency} {money.basis}"
