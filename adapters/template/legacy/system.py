"""What the stand-in for template keeps, and how it behaves, however it is spoken to."""

import itertools
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

__all__ = ["No", "Part", "Row", "System", "now"]

Row = dict[str, Any]


def now() -> str:
    """Return the present moment as the system writes it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class No(Exception):
    """The system says no, with a code and a text of its own."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(code, text)
        self.code, self.text = code, text


class Part:
    """What the system does for one role. Rows are flat; every member is a text."""

    kinds: ClassVar[Mapping[str, str]] = {}
    """What it keeps: kind → the names of its members beside the id."""

    def seeds(self) -> Iterator[tuple[str, Row]]:
        """Yield what is known before the first order: kind and row."""
        yield from ()

    def take(self, system: "System", kind: str, row: Row) -> None:
        """Fill in what the system says of a row that it takes in. Raises No."""

    def turn(self, kind: str, row: Row, to: Mapping[str, str]) -> None:
        """Change a row as it was asked. Raises No."""

    def work(self, system: "System", kind: str, row: Row) -> None:
        """Do what people and machines there do in the meantime."""


class System:
    """The stand-in. `journal` has a line for whatever was changed: the reference and what was done."""

    def __init__(self, *parts: Part) -> None:
        self.lock = threading.RLock()
        self.rows: dict[str, list[Row]] = {}
        self.journal: list[tuple[str, str]] = []
        self.faults: list[tuple[str, str]] = []
        self._part = {kind: part for part in parts for kind in part.kinds}
        self._numbers = itertools.count(1)
        for part in parts:
            for kind, row in part.seeds():
                self.rows.setdefault(kind, []).append(row)

    @property
    def kinds(self) -> Mapping[str, tuple[str, ...]]:
        """What it keeps: kind → the names of its members beside the id."""
        return {kind: tuple(part.kinds[kind].split()) for kind, part in self._part.items()}

    def new_id(self, kind: str) -> str:
        """Return an id that nothing else has."""
        return f"{kind[:3].upper()}-{next(self._numbers):06}"

    def find(self, kind: str, by: Mapping[str, str]) -> list[Row]:
        """Return the rows of a kind whose members are so, oldest first."""
        with self.lock:
            found = [row for row in self.of(kind) if all(str(row.get(name) or "") == by[name] for name in by)]
            return [self._shown(row) for row in found]

    def make(self, kind: str, said: Mapping[str, Any]) -> Row:
        """Take in a row and return it as it stands. Raises No."""
        with self.lock:
            reference, item = str(said.get("reference") or ""), str(said.get("item") or "")
            self._refuse(reference, item)
            row = {**said, "id": said.get("id") or self.new_id(kind)}
            self._part[kind].take(self, kind, row)
            self.of(kind).append(row)
            self.journal.append((reference, f"make {kind} {item}".strip()))
            return self._shown(row)

    def change(self, kind: str, key: str, to: Mapping[str, str]) -> Row:
        """Change a row and return it. Raises No."""
        with self.lock:
            row = next((one for one in self.of(kind) if one["id"] == key), None)
            if row is None:
                raise No("UNKNOWN", f"there is no {kind} {key}")
            mark = str(to.get("marks") or row.get("reference") or "").split()[-1:]
            reference, _, item = (mark[0] if mark else "").partition("/")
            self._refuse(reference, item or str(row.get("item") or ""))
            self._part[kind].turn(kind, row, to)
            self.journal.append((reference, f"change {kind} {row.get('item') or ''}".strip()))
            return self._shown(row)

    def work(self) -> None:
        """Let everything that is under way there go on."""
        with self.lock:
            for kind in self.kinds:
                for row in list(self.of(kind)):
                    self._part[kind].work(self, kind, row)

    def of(self, kind: str) -> list[Row]:
        """Return the rows of a kind. Raises No."""
        if kind not in self._part:
            raise No("UNKNOWN", f"there is no {kind}")
        return self.rows.setdefault(kind, [])

    # -- misbehaving ---------------------------------------------------------------------------------------------

    def misbehave(self, fault: str, reference: str = "") -> None:
        """Show a fault from now on, to what is done under a reference; without one to everybody."""
        self.faults.append((fault, reference))

    def heal(self) -> None:
        """Show no fault any more."""
        self.faults.clear()

    def shows(self, fault: str, reference: str | None = None) -> bool:
        """Whether it shows a fault now, to what is done under a reference; None is about everybody."""
        return any(one == fault and reference in {None, "", about} for one, about in self.faults)

    def shows_once(self, fault: str) -> bool:
        """Whether it shows a fault to this request; it is over then."""
        with self.lock:
            found = next((one for one in self.faults if one[0] == fault), None)
            if found is not None:
                self.faults.remove(found)
            return found is not None

    def _refuse(self, reference: str, item: str) -> None:
        if item.partition(".")[0] == "1" and self.shows("refused", reference):
            raise No("REFUSED", f"item {item} is refused")

    def shown(self, kind: str) -> list[Row]:
        """Return every row of a kind as it is answered."""
        return [self._shown(row) for row in self.of(kind)]

    def _shown(self, row: Row) -> Row:
        """Return a row as it is answered, without what the system keeps to itself. What is known is so as of now."""
        shown = {name: value for name, value in row.items() if not name.startswith("_")}
        shown |= {"asOf": now()} if "asOf" in row else {}
        strange = "status" in row and self.shows("unknown-code", str(row.get("reference") or ""))
        return {**shown, "status": "ZZ9"} if strange else shown
