"""A vocabulary: a versioned table from one legacy code list to one canonical value set, or of a system's fields."""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum

from gateway.canonical.base import Model
from gateway.canonical.money import exact
from gateway.canonical.quantity import Quantity, read_quantity
from gateway.canonical.states import BlockedBy
from gateway.ports.errors import UnknownCode
from gateway.vocabulary.fields.field import FieldSpec
from gateway.vocabulary.tally import met

__all__ = ["LOSSLESS_ENOUGH", "Relation", "Row", "StateClass", "Vocabulary"]


class Relation(StrEnum):
    """How a legacy code stands to its canonical value, always said of the legacy code: `narrower` = it says more."""

    EQUIVALENT = "equivalent"
    NARROWER = "narrower"
    BROADER = "broader"
    RELATED = "related"
    UNMATCHED = "unmatched"


LOSSLESS_ENOUGH = frozenset({"equivalent", "narrower"})
"""What a caller accepts unless it says otherwise: translations that claim nothing the legacy system did not say."""


class StateClass(Model):
    """What a state means, whatever it is called."""

    terminal: bool
    blocked_by: BlockedBy | None = None
    billable: bool | None = None


class Row(Model):
    """What one legacy code stands for. `to` is a value, or for a profile a quantity for each characteristic."""

    rel: Relation
    to: str | Mapping[str, str] | None = None
    state_class: StateClass | None = None
    note: str | None = None
    action: str | None = None
    factor: Decimal | None = None  # one of this unit is so many of the canonical one


class Vocabulary(Model):
    """A checked table. Codes are compared exactly, after trimming; nothing is defaulted or passed through."""

    id: str
    version: int
    system: str
    codes: tuple[str, ...]
    target: str
    rows: Mapping[str, Row]
    inverses: Mapping[str, str] = {}
    carry: Mapping[str, bool] = {}
    fields: Mapping[str, FieldSpec] = {}
    is_counted: bool = False  # whether codes met are counted: in operation they are, in a check they are not

    @property
    def name(self) -> str:
        """`id@version`, as facts and errors name it."""
        return f"{self.id}@{self.version}"

    @property
    def known(self) -> frozenset[str]:
        """What the table can say in either direction: codes that are translated, values that have an inverse."""
        codes = (code for code, row in self.rows.items() if row.to is not None and row.rel in LOSSLESS_ENOUGH)
        return frozenset((*codes, *self.inverses))

    @property
    def many_to_one(self) -> Mapping[str, tuple[str, ...]]:
        """Canonical values that several codes stand for; a round trip needs `carry` for these."""
        by_value: dict[str, list[str]] = {}
        for code, row in self.rows.items():
            if isinstance(row.to, str):
                by_value.setdefault(row.to, []).append(code)
        return {value: tuple(codes) for value, codes in by_value.items() if len(codes) > 1}

    def translate(self, code: object, accept: frozenset[str] | set[str] = LOSSLESS_ENOUGH) -> str:
        """Return the canonical value of a legacy code.

        Raises UnknownCode where the table lacks it, leaves it unmatched, or relates it in a way not accepted.
        """
        return self._translated(code, accept)[0]

    def inverse(self, value: object) -> str:
        """Return the legacy code for a canonical value. Raises UnknownCode where the table names none."""
        try:
            return self.inverses[_text(value)]
        except KeyError:
            raise UnknownCode(self.name, _text(value)) from None

    def carried(self, code: object) -> tuple[str, str | None]:
        """Return the canonical value of a code, and the code itself where the table carries it beside the value.

        Raises UnknownCode as `translate` does.
        """
        return self.translate(code), _text(code) if any(self.carry.values()) else None

    def restored(self, value: object, carried: str | None = None) -> str:
        """Return the legacy code for a value: the one that was carried where it means that value, else the inverse.

        Raises UnknownCode where the table names none.
        """
        if carried is not None and carried in self.rows and self.rows[carried].to == _text(value):
            return carried
        return self.inverse(value)

    def quantity(self, amount: float | str | Decimal, unit_code: object) -> Quantity:
        """Return an amount in the canonical unit that a unit code stands for. Raises UnknownCode."""
        unit, row = self._translated(unit_code, LOSSLESS_ENOUGH)
        return Quantity(amount=exact(amount) * (row.factor or 1), unit=unit)

    def profile(self, code: object) -> Mapping[str, Quantity]:
        """Return the quantities that a profile code stands for, by characteristic. Raises UnknownCode."""
        row = self._row(code)
        if not isinstance(row.to, Mapping) or row.rel not in LOSSLESS_ENOUGH:
            raise UnknownCode(self.name, _text(code))
        return {name: _quantity(said) for name, said in row.to.items()}

    def profile_for(self, rates: Mapping[str, Quantity]) -> str | None:
        """Return the profile that stands for exactly these quantities, or None."""
        wanted = {name: quantity.base for name, quantity in rates.items()}
        for code, row in self.rows.items():
            if isinstance(row.to, Mapping) and row.rel is Relation.EQUIVALENT:
                stands_for = {name: _quantity(said).base for name, said in row.to.items()}
                if stands_for == wanted:
                    return code
        return None

    def _translated(self, code: object, accept: frozenset[str] | set[str]) -> tuple[str, Row]:
        row = self._row(code)
        if not isinstance(row.to, str) or row.rel not in accept:
            raise UnknownCode(self.name, _text(code))
        return row.to, row

    def _row(self, code: object) -> Row:
        text = _text(code)
        try:
            row = self.rows[text]
        except KeyError:
            raise UnknownCode(self.name, text) from None
        if self.is_counted:
            met(self.id, text)
        return row


def _text(code: object) -> str:
    return "" if code is None else str(code).strip()


def _quantity(said: str) -> Quantity:
    quantity = read_quantity(said)
    assert quantity is not None, "checked when the table was loaded"
    return quantity
