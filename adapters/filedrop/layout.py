"""The layout of the files, as `layout.yaml` says it, checked against what the adapter has to write and to read."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict

from adapters.sdk.flatfile import Column, CsvTable, FixedWidth
from gateway.vocabulary.document import Document, read_document

__all__ = ["CHARGE_COLUMNS", "INVOICE_COLUMNS", "ORDER_FIELDS", "Layout"]

ORDER_FIELDS: Mapping[str, frozenset[str]] = {
    "H": frozenset({"file", "reference"}),
    "A": frozenset(
        {
            "line",
            "account",
            "item",
            "product",
            "kind",
            "text",
            "amount",
            "permille",
            "months",
            "quantity",
            "currency",
            "tax",
            "day",
        }
    ),
    "E": frozenset({"line", "item", "product", "day"}),
    "S": frozenset({"line", "charge"}),
    "B": frozenset({"line", "account"}),
    "T": frozenset({"count"}),
}
"""What each record must have."""

CHARGE_COLUMNS = frozenset(
    {
        "line",
        "status",
        "reason",
        "charge",
        "item",
        "account",
        "product",
        "kind",
        "text",
        "net",
        "gross",
        "currency",
        "permille",
        "from",
        "until",
        "reduces",
        "invoice",
    }
)
INVOICE_COLUMNS = frozenset(
    {
        "invoice",
        "number",
        "account",
        "customer",
        "state",
        "date",
        "due",
        "from",
        "until",
        "net",
        "gross",
        "currency",
        "permille",
        "channel",
        "posted",
    }
)
"""What each file that is read must have."""

_NARROWEST: Mapping[str, int] = {"file": 49, "reference": 36}
"""How many characters the names that the gateway gives have: `CHG_<order>_<message>`, and an order's id."""

_Field = tuple[str, int] | tuple[str, int, Literal["figure"]]


class _LayoutFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    orders: dict[str, tuple[_Field, ...]]
    delimiter: str
    end: str
    charges: tuple[str, ...]
    invoices: tuple[str, ...]


@dataclass(frozen=True)
class Layout:
    """The three kinds of files."""

    orders: FixedWidth
    charges: CsvTable
    invoices: CsvTable

    @classmethod
    def load(cls, path: Path, encoding: str) -> Self:
        """Return the layout that a file says. Raises SetupError with file and line for what is missing."""
        document = read_document(path)
        said = document.read(_LayoutFile)
        for mark, wanted in ORDER_FIELDS.items():
            _whole(document, wanted, [one[0] for one in said.orders.get(mark, ())], "orders", mark)
        _wide_enough(document, said.orders["H"])
        _whole(document, CHARGE_COLUMNS, said.charges, "charges")
        _whole(document, INVOICE_COLUMNS, said.invoices, "invoices")
        records = {
            mark: tuple(Column(one[0], one[1], is_figure=len(one) > 2) for one in fields)
            for mark, fields in said.orders.items()
        }
        return cls(
            FixedWidth(records, encoding),
            CsvTable(said.charges, encoding, said.delimiter, said.end),
            CsvTable(said.invoices, encoding, said.delimiter, said.end),
        )


def _wide_enough(document: Document, head: tuple[_Field, ...]) -> None:
    for name, width, *_ in head:
        least = _NARROWEST.get(name, 0)
        if width < least:
            reason = f"orders H {name} has {width} characters, and the gateway's names have {least}"
            raise document.wrong(reason, f"make it {least} wide, here and at the host", "orders", "H")


def _whole(document: Document, wanted: frozenset[str], there: tuple[str, ...] | list[str], *path: str) -> None:
    missing = sorted(wanted - set(there))
    if missing:
        raise document.wrong(
            f"{' '.join(path)} lacks {', '.join(missing)}", "add it where it stands in the file", *path
        )
