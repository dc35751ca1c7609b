"""The vocabularies of the system, named, and how it writes a rate. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from adapters.sdk.redact import redact
from adapters.sdk.services import RATES
from gateway.canonical.quantity import Quantity
from gateway.ports.errors import Unreadable
from gateway.vocabulary.table import Vocabulary

__all__ = ["Words"]

_RATE = re.compile(r"(\d+)([A-Za-z]?)")
_PLAIN = "plain"
_LARGEST_FIRST = ("Mbit/s", "kbit/s", "bit/s")


@dataclass(frozen=True, slots=True)
class Words:
    """What each table is for. Every use of one may raise UnknownCode."""

    states: Vocabulary
    units: Vocabulary
    groups: Vocabulary
    types: Vocabulary
    resources: Vocabulary

    @classmethod
    def of(cls, tables: Mapping[str, Vocabulary]) -> Self:
        """Return the tables by their ids. Raises KeyError where one is absent."""
        return cls(
            *(tables[f"radius-{part}"] for part in ("auth-type", "rate-unit", "group", "service-type", "resource"))
        )

    def rate_limit(self, text: str) -> dict[str, Quantity]:
        """Return both rates of a Mikrotik-Rate-Limit. Raises Unreadable, UnknownCode for a letter.

        It is `receive/transmit` as the router sees it, so the customer's upstream comes first; one figure alone is
        both. Bursts, which may follow after a blank, have no word here.
        """
        parts = [_RATE.fullmatch(part) for part in text.split("/")]
        if not 1 <= len(parts) <= 2 or None in parts:
            raise Unreadable("a Mikrotik-Rate-Limit is not RECEIVE/TRANSMIT", redact(text))
        read = [self.units.quantity(Decimal(one[1]), one[2] or _PLAIN) for one in parts if one is not None]
        return dict(zip(RATES, (read[-1], read[0]), strict=True))

    def limit(self, rates: Mapping[str, Quantity]) -> str:
        """Return both rates as a Mikrotik-Rate-Limit. Raises UnknownCode for a unit that the table lacks."""
        downstream, upstream = RATES
        return f"{self._rate(rates[upstream])}/{self._rate(rates[downstream])}"

    def _rate(self, rate: Quantity) -> str:
        for unit in _LARGEST_FIRST:
            amount = rate.to(unit).amount
            if amount == int(amount) or unit == _LARGEST_FIRST[-1]:
                letter = self.units.inverse(unit)
                return f"{int(amount)}{'' if letter == _PLAIN else letter}"
        raise AssertionError
