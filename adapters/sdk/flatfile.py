"""Flat files: fixed-width records written and read, CSV read by its header. What does not fit is never cut to fit."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from adapters.sdk.redact import redact
from gateway.ports.errors import Unreadable

__all__ = ["Column", "CsvTable", "DoesNotFit", "FixedWidth", "decoded"]


class DoesNotFit(Exception):
    """A value that a file cannot hold: too wide for its field, or with a character that the encoding lacks."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name} {why}")
        self.name = name


@dataclass(frozen=True, slots=True)
class Column:
    """One field of a record. Figures stand right and are filled with noughts, texts stand left and with blanks."""

    name: str
    width: int
    is_figure: bool = False


@dataclass(frozen=True)
class FixedWidth:
    """Records of fixed width, told apart by the mark at their beginning, as `D` or `T`."""

    records: Mapping[str, tuple[Column, ...]]
    encoding: str
    newline: str = "\r\n"

    def line(self, mark: str, values: Mapping[str, object]) -> str:
        """Return one record; a value that is not given is blank. Raises DoesNotFit, KeyError for a mark not known."""
        return mark + "".join(self._field(column, values.get(column.name)) for column in self.records[mark])

    def content(self, lines: Iterable[str]) -> bytes:
        """Return the bytes of a file of these records. Raises DoesNotFit."""
        text = "".join(f"{line}{self.newline}" for line in lines)
        try:
            return text.encode(self.encoding)
        except UnicodeEncodeError as error:
            raise self._lacks("the file", error) from None

    def read(self, content: bytes, file: str) -> list[tuple[str, dict[str, str]]]:
        """Return each record's mark and its values, without what they were filled with. Raises Unreadable."""
        found = []
        for number, line in enumerate(decoded(content, self.encoding, file).splitlines(), 1):
            mark = next((one for one in self.records if line.startswith(one)), None)
            columns = self.records[mark] if mark is not None else ()
            width = len(mark or "") + sum(column.width for column in columns)
            if mark is None or len(line) != width:
                raise Unreadable(f"line {number} of {file} is no record of {width} characters", redact(line))
            found.append((mark, _cut(line[len(mark) :], columns)))
        return found

    def _field(self, column: Column, value: object) -> str:
        text = "" if value is None else str(value)
        if len(text) > column.width:
            raise DoesNotFit(column.name, f"is longer than {column.width} characters")
        if any(ord(one) < ord(" ") for one in text):
            raise DoesNotFit(column.name, "holds a line break or another control character")
        try:
            text.encode(self.encoding)
        except UnicodeEncodeError as error:
            raise self._lacks(column.name, error) from None
        return text.zfill(column.width) if column.is_figure and text else text.ljust(column.width)

    def _lacks(self, name: str, error: UnicodeEncodeError) -> DoesNotFit:
        return DoesNotFit(name, f"holds {error.object[error.start]!r}, which {self.encoding} lacks")


@dataclass(frozen=True)
class CsvTable:
    """A CSV file with these columns in this order, closed by a line `<end><delimiter><number of rows>`."""

    columns: tuple[str, ...]
    encoding: str
    delimiter: str = ";"
    end: str = "#END"

    def read(self, content: bytes, file: str) -> list[dict[str, str]] | None:
        """Return the rows; None while the closing line is not there, as of a file that is still being written.

        Raises Unreadable for another header, naming the column, for a row of another length, or a wrong count; and
        for a file without its closing line that does not even begin as one of these: no rest makes it one.
        """
        text = decoded(content, self.encoding, file)
        rows = self._rows(text, file)
        if rows is None:
            self._check_beginning(text, file)
        return rows

    def _rows(self, text: str, file: str) -> list[dict[str, str]] | None:
        if not text.endswith(("\n", "\r")):
            return None
        try:
            lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=self.delimiter, strict=True))
        except csv.Error as error:
            raise Unreadable(f"{file} is no CSV ({error})", redact(text)) from None
        if not lines or lines[-1][:1] != [self.end]:
            return None
        header, rows, closing = lines[0], lines[1:-1], lines[-1]
        self._check_header([name.strip() for name in header], file)
        if closing[1:] != [str(len(rows))]:
            reason = f"{file} holds {len(rows)} rows, and its closing line says otherwise"
            raise Unreadable(reason, redact(self.delimiter.join(closing)))
        for number, row in enumerate(rows, 2):
            if len(row) != len(self.columns):
                reason = f"line {number} of {file} has {len(row)} columns in place of {len(self.columns)}"
                raise Unreadable(reason, redact(self.delimiter.join(row)))
        return [dict(zip(self.columns, map(str.strip, row), strict=True)) for row in rows]

    def _check_beginning(self, text: str, file: str) -> None:
        """Check the header as far as it is written: its last name may be half there, and the rest not yet."""
        first, *more = text.splitlines(keepends=True)[:2] or [""]
        names = [name.strip() for name in next(csv.reader([first], delimiter=self.delimiter), [])]
        if names and not more and not first.endswith(("\n", "\r")):
            begun, wanted = names.pop(), self.columns[len(names) :]
            names += wanted if wanted and wanted[0].startswith(begun) else [begun]
        if text:
            self._check_header(names, file)

    def _check_header(self, header: list[str], file: str) -> None:
        for number, wanted in enumerate(self.columns, 1):
            there = header[number - 1] if number <= len(header) else None
            if there != wanted:
                stands = f"it stands in column {header.index(wanted) + 1}" if wanted in header else "it is not there"
                reason = f"column {number} of {file} has to be {wanted!r}: {stands}"
                raise Unreadable(reason, redact(self.delimiter.join(header)))
        if len(header) > len(self.columns):
            reason = f"column {len(self.columns) + 1} of {file}, {header[len(self.columns)]!r}, is not known"
            raise Unreadable(reason, redact(self.delimiter.join(header)))


def decoded(content: bytes, encoding: str, file: str) -> str:
    """Return a file's text. Raises Unreadable, with the place, for bytes that the encoding does not have."""
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        reason = f"line {line} of {file} is not in {encoding}, which the settings declare (byte {error.start})"
        raise Unreadable(reason, content[error.start : error.start + 1].hex()) from None


def _cut(line: str, columns: tuple[Column, ...]) -> dict[str, str]:
    values, at = {}, 0
    for column in columns:
        part = line[at : at + column.width].strip()
        values[column.name] = (part.lstrip("0") or "0") if column.is_figure and part else part
        at += column.width
    return values
