"""Money and the minor units of currencies (ISO 4217). Never a float."""

from decimal import Decimal
from typing import Self

from gateway.canonical.base import Model

__all__ = ["CURRENCY_EXPONENTS", "Money", "exact"]

_TWO = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP "
    "CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR "
    "JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD "
    "NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC "
    "SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD YER ZAR ZMW ZWG"
)
_ZERO = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_THREE = "BHD IQD JOD KWD LYD OMR TND"

CURRENCY_EXPONENTS: dict[str, int] = (
    dict.fromkeys(_TWO.split(), 2) | dict.fromkeys(_ZERO.split(), 0) | dict.fromkeys(_THREE.split(), 3)
)
"""Decimals of each currency that can be billed. A currency that is not here is unknown and never guessed."""


def exact(value: float | str | Decimal) -> Decimal:
    """Return a number as it was written. A JSON number 0.99 is 0.99, not its nearest binary fraction."""
    return value if isinstance(value, Decimal) else Decimal(repr(value) if isinstance(value, float) else value)


class Money(Model):
    """An exact amount in one currency, in major units as written on the wire.

    The currency is kept as it was written, known or not: a rule judges it, the model does not.
    """

    amount: Decimal
    currency: str

    @classmethod
    def of_minor(cls, minor: int, currency: str) -> Self:
        """Return the amount of so many minor units (3600 in EUR is 36.00). Raises KeyError for an unknown currency."""
        return cls(amount=Decimal(minor).scaleb(-CURRENCY_EXPONENTS[currency]), currency=currency)

    @property
    def minor(self) -> int:
        """The amount in minor units. Raises KeyError for an unknown currency, ValueError where it does not fit."""
        scaled = self.amount.scaleb(CURRENCY_EXPONENTS[self.currency])
        if scaled != scaled.to_integral_value():
            raise ValueError(f"{self.amount} {self.currency} has more decimals than the currency")
        return int(scaled)

    @property
    def is_postable(self) -> bool:
        """Whether the currency is known and the amount fits its minor units."""
        exponent = CURRENCY_EXPONENTS.get(self.currency)
        scaled = self.amount if exponent is None else self.amount.scaleb(exponent)
        return exponent is not None and scaled == scaled.to_integral_value()
