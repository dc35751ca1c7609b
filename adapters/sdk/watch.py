"""Watching a folder for files that a system drops, such as acknowledgements: whole files only, each once.

    seen = await Watch(LocalFolder(path), "*.ack").look(cursor)

A file is whole once it stands there under its last name: what ends in `.tmp` and the like is passed over, and of a
sender that does not rename, a file counts only when two looks found it of the same size and time. What was seen is
remembered by name, size and time in the cursor, so a file that is written anew is a new one, and one that came late
with an old time is not missed. Files that are gone are forgotten: moving away what was read keeps the cursor short.

`polled` makes a poll of it (`gateway.ports.polling`). Any listing will do: that of an SFTP server has `entries` too.
"""

import asyncio
import hashlib
import os
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Protocol

import orjson

from gateway.ports.errors import AdapterError, NeedsOperator, TryLater, Unreadable
from gateway.ports.polling import Changed, Polled

__all__ = ["FileEntry", "Listing", "LocalFolder", "Seen", "Watch", "polled"]

_ENOUGH = 1000
"""Changes in one poll; what further files say is left for the next."""

_UNFINISHED = (".tmp", ".part", ".partial", ".filepart", ".swp", "~")


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file as a listing shows it. `modified` is in whatever unit the listing has, and only compared."""

    name: str
    size: int
    modified: float

    @property
    def mark(self) -> str:
        """What tells this writing of the file from any other, short."""
        return hashlib.sha256(f"{self.name}\0{self.size}\0{self.modified}".encode()).hexdigest()[:16]


class Listing(Protocol):
    """A folder, wherever it is."""

    async def entries(self) -> Sequence[FileEntry]:
        """Return the files that stand there, without folders and links. Raises AdapterError."""


class LocalFolder:
    """A folder of this machine."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def entries(self) -> Sequence[FileEntry]:
        """Return its files. Raises NeedsOperator where it is absent or closed to us, TryLater where the disk fails."""
        return await asyncio.to_thread(self._listed)

    async def read(self, entry: FileEntry, most_bytes: int = 10_000_000) -> bytes:
        """Return a whole file. Raises TryLater where it changed since it was listed, Unreadable where it is too big."""
        if entry.size > most_bytes:
            raise Unreadable(f"{entry.name} has {entry.size} bytes, more than {most_bytes}", entry.name)
        return await asyncio.to_thread(self._read, entry)

    def _listed(self) -> list[FileEntry]:
        try:
            with os.scandir(self._path) as found:
                return [
                    FileEntry(one.name, (stat := one.stat(follow_symlinks=False)).st_size, stat.st_mtime_ns)
                    for one in found
                    if one.is_file(follow_symlinks=False)
                ]
        except (FileNotFoundError, NotADirectoryError, PermissionError) as error:
            fix = "make it, or correct the folder in the landscape's settings"
            raise NeedsOperator(f"the folder {self._path.name} cannot be read ({error.strerror})", fix) from None
        except OSError as error:
            raise TryLater(f"the folder {self._path.name} cannot be read ({error.strerror})") from None

    def _read(self, entry: FileEntry) -> bytes:
        changed = TryLater(f"{entry.name} was changed while it was read", only_this=True)
        try:
            with (self._path / Path(entry.name).name).open("rb") as file:
                content = file.read(entry.size + 1)
                stat = os.fstat(file.fileno())
        except OSError:
            raise changed from None
        if (stat.st_size, stat.st_mtime_ns) != (entry.size, entry.modified) or len(content) != entry.size:
            raise changed
        return content


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look found: whole files that were not seen before, oldest first, and the cursor of the next look."""

    files: tuple[FileEntry, ...]
    cursor: str
    waiting: int = 0  # files that may still grow, or that did not fit


class Watch:
    """Looks at a folder. `renames`: the sender writes under another name and renames, so what has its name is whole."""

    def __init__(self, listing: Listing, pattern: str = "*", *, renames: bool = False, most: int = 500) -> None:
        self._listing, self._pattern, self._renames, self._most = listing, pattern, renames, most

    async def look(self, cursor: str | None) -> Seen:
        """Return what is new since `cursor`, None the first time: then all that is there. Raises AdapterError."""
        before = _Remembered.of(cursor)
        there = [one for one in await self._listing.entries() if self._is_meant(one)]
        there.sort(key=lambda one: (one.modified, one.name))
        fresh = [one for one in there if one.mark not in before.seen]
        whole = [one for one in fresh if self._renames or one.mark in before.growing]
        taken = tuple(whole[: self._most])
        marks = {one.mark for one in taken}
        seen = [one.mark for one in there if one.mark in before.seen or one.mark in marks]
        growing = [one.mark for one in fresh if one.mark not in marks]
        return Seen(taken, _Remembered(frozenset(seen), frozenset(growing)).cursor, len(growing))

    @staticmethod
    def without(cursor: str, files: Iterable[FileEntry]) -> str:
        """Return a cursor as if some files had not been seen yet; they are whole, and are found at the next look."""
        known, marks = _Remembered.of(cursor), {one.mark for one in files}
        return _Remembered(known.seen - marks, known.growing | marks).cursor

    def _is_meant(self, entry: FileEntry) -> bool:
        hidden = entry.name.startswith(".") or entry.name.lower().endswith(_UNFINISHED)
        return not hidden and fnmatchcase(entry.name, self._pattern)


async def polled(
    watch: Watch,
    cursor: str | None,
    read: Callable[[FileEntry], Awaitable[Iterable[Changed]]],
    *,
    again_after_seconds: float = 5.0,
) -> Polled:
    """Return, as a poll, what the new files say: `read` returns which orders one file is about.

    A file that cannot be read stays new and does not hold up the others; its error is raised when nothing else is new.
    """
    seen = await watch.look(cursor)
    changes: dict[Changed, None] = {}
    left: list[FileEntry] = []
    errors: list[AdapterError] = []
    for entry in seen.files:
        if len(changes) >= _ENOUGH:
            left.append(entry)
            continue
        try:
            changes |= dict.fromkeys(await read(entry))
        except AdapterError as error:
            left.append(entry)
            errors.append(error)
    moved = watch.without(seen.cursor, left)
    if errors and moved == cursor:
        raise errors[0]
    is_more = len(left) > len(errors)
    return Polled(changes=tuple(changes), cursor=moved, again_after_seconds=0.0 if is_more else again_after_seconds)


@dataclass(frozen=True, slots=True)
class _Remembered:
    seen: frozenset[str]
    growing: frozenset[str]

    @classmethod
    def of(cls, cursor: str | None) -> "_Remembered":
        known = orjson.loads(cursor) if cursor else {}
        return cls(frozenset(known.get("seen", ())), frozenset(known.get("growing", ())))

    @property
    def cursor(self) -> str:
        return orjson.dumps({"seen": sorted(self.seen), "growing": sorted(self.growing)}).decode()
