"""All calls to template, as CSV files. Nothing else in the package knows how it is reached.

A request is a file in the outbox: `make.KIND.NAME.csv` or `change.KIND.ID.NAME.csv`, written beside it and renamed, so
that nobody sees half of one. Its name comes from what it says: said again, it is the same file. Template takes it in,
writes `KIND.csv` in the inbox anew, and then removes the request. A file that does not end with its count is being
written.
"""

import asyncio
import csv
import hashlib
import io
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from adapters.sdk.recording import through
from adapters.sdk.redact import redact
from adapters.sdk.rows import reading
from adapters.template.transports.files.faults import error_for
from adapters.template.transports.files.settings import TemplateSettings
from gateway.ports.errors import TryLater, Unreadable
from gateway.ports.lease import check_may_send

__all__ = ["TemplateClient"]

_SYSTEM = "template"
_END = "#END"
T = TypeVar("T")


class TemplateClient:
    """Every method raises an AdapterError where the folders do not let it do what was asked."""

    def __init__(self, settings: TemplateSettings) -> None:
        self._outbox, self._inbox = settings.outbox, settings.inbox

    async def find(self, kind: str, **by: str) -> list[dict[str, Any]]:
        """Return the rows of a kind whose members are so, oldest first; what is asked for and not taken in comes last.

        A row without a status is taken in and not dealt with yet, or waits for a change. Changes nothing.
        """
        rows: list[dict[str, Any]] = await through(f"find {kind}", by, lambda: self._run(lambda: self._rows(kind)))
        return reading([row for row in rows if all((row.get(name) or "") == by[name] for name in by)], kind)

    async def make(self, kind: str, row: Mapping[str, Any]) -> dict[str, Any]:
        """Ask for one thing and return what was asked; it has no status before template has dealt with it."""
        said = {name: str(value) for name, value in row.items() if value != ""}
        check_may_send()
        name = f"make.{kind}.{_digest(said)}.csv"
        await through(name, said, lambda: self._run(lambda: _drop(self._outbox, name, said)))
        return reading(dict(said), kind)

    async def change(self, kind: str, key: str, **to: str) -> None:
        """Ask for a change of one thing."""
        check_may_send()
        name = f"change.{kind}.{key}.{_digest(to)}.csv"
        await through(name, to, lambda: self._run(lambda: _drop(self._outbox, name, to)))

    async def health(self) -> str:
        """Return one line on the system's health."""
        waiting = await self._run(lambda: len(self._requests("")))
        await self._run(lambda: list(self._inbox.iterdir()))
        return f"{_SYSTEM}'s folders are there; {waiting} requests wait to be taken in"

    async def close(self) -> None:
        """Nothing is held open."""

    async def _run(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.to_thread(work)
        except OSError as error:
            raise error_for(error) from error

    def _requests(self, start: str) -> list[Path]:
        return sorted(one for one in self._outbox.iterdir() if one.name.startswith(start) and one.suffix == ".csv")

    def _rows(self, kind: str) -> list[dict[str, Any]]:
        # The outbox first: what is taken in between stands in both, and is told apart by its name.
        asked = {one.stem: _read(one) for one in self._requests(f"make.{kind}.")}
        changes = {one.name.split(".")[2] for one in self._requests(f"change.{kind}.")}
        rows = _read(self._inbox / f"{kind}.csv")
        taken = {row.pop("request", "") for row in rows}
        waiting = [row for name, found in asked.items() if name not in taken for row in found]
        return [row | ({"status": ""} if row.get("id") in changes else {}) for row in rows] + waiting


def _digest(said: Mapping[str, str]) -> str:
    text = "\x1f".join(f"{name}={said[name]}" for name in sorted(said))
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def _drop(folder: Path, name: str, row: Mapping[str, str]) -> None:
    written = io.StringIO(newline="")
    lines = csv.DictWriter(written, list(row), delimiter=";", lineterminator="\n")
    lines.writeheader()
    lines.writerow(row)
    part = folder / f"{name}.tmp"
    with part.open("w", encoding="utf-8", newline="") as file:
        file.write(f"{written.getvalue()}{_END};1\n")
        file.flush()
        os.fsync(file.fileno())
    part.replace(folder / name)


def _read(file: Path) -> list[dict[str, str]]:
    """Return the rows of a file. Raises TryLater while it is being written, Unreadable for what is no such file."""
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        if not file.parent.is_dir():
            raise
        return []  # a request that was taken in meanwhile, or a kind that there is nothing of
    try:
        lines = content.decode("utf-8").splitlines()
    except UnicodeDecodeError:
        raise Unreadable(f"{_SYSTEM} did not write {file.name} in UTF-8", redact(content)) from None
    if not lines or not content.endswith(b"\n"):
        raise TryLater(f"{_SYSTEM} is writing {file.name}", only_this=True)
    mark, _, count = lines[-1].partition(";")
    rows = list(csv.DictReader(lines[:-1], delimiter=";"))
    if mark != _END:
        raise Unreadable(f"{_SYSTEM} did not end {file.name} with its count", redact(lines[-1]))
    if count != str(len(rows)) or any(None in row or None in row.values() for row in rows):
        raise Unreadable(f"{_SYSTEM} wrote a line of {file.name} that has not the columns of its head", redact(content))
    return [{name: value for name, value in row.items() if value != ""} for row in rows]
