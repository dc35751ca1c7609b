"""The stand-in behind two folders. It looks at what was dropped there whenever it works."""

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adapters.template.legacy.system import No, System

__all__ = ["Served"]

_NONSENSE = "<<< password=hunter2 >>>\n"


class Served:
    """A system that is spoken to by files, until it is stopped.

    `faults` are those that it can show; `settings` lead the adapter to it, and with `hurry` it waits for it briefly.
    """

    faults = frozenset({"unknown-code", "down", "nonsense"})
    hurry: Mapping[str, Any] = {}

    def __init__(self, system: System, folder: Path, port: int = 0) -> None:  # noqa: ARG002 - as the others
        self.system, self.folder = system, folder
        self._outbox, self._inbox = folder / "to-template", folder / "from-template"
        self._outbox.mkdir()
        self._inbox.mkdir()
        self.settings = {"outbox": str(self._outbox), "inbox": str(self._inbox)}
        self._made: dict[tuple[str, str], str] = {}  # kind, id → the request that it was made for
        self._write()

    def misbehave(self, fault: str, reference: str = "") -> None:
        """Show a fault from now on, to what is done under a reference; folders that are away are so for everybody."""
        self.system.misbehave(fault, reference)
        if fault == "down" and self._outbox.is_dir():
            self._outbox.rename(self.folder / "away")
        self.take_in()

    def heal(self) -> None:
        """Show no fault any more."""
        self.system.heal()
        if not self._outbox.is_dir():
            (self.folder / "away").rename(self._outbox)

    def take_in(self) -> None:
        """Look at what was dropped, answer, and only then remove it."""
        if not self._outbox.is_dir():
            return
        found = [one for one in self._outbox.iterdir() if one.suffix == ".csv"]
        dropped = sorted(found, key=lambda one: (one.stat().st_mtime_ns, one.name))
        for file in dropped:
            self._take(file)
        self._write()
        for file in dropped:
            file.unlink()

    def work(self) -> None:
        """Let everything that is under way there go on."""
        self.take_in()
        self.system.work()
        self.take_in()

    def stop(self) -> None:
        """Nothing is held open."""

    def _take(self, file: Path) -> None:
        lines = file.read_text(encoding="utf-8").splitlines()[:-1]
        row = {name: value for name, value in next(csv.DictReader(lines, delimiter=";")).items() if value}
        verb, kind, key, *_ = file.name.split(".")
        try:
            if verb == "make":
                self._made[kind, self.system.make(kind, row)["id"]] = file.stem
            else:
                self.system.change(kind, key, row)
        except No:
            return  # nobody takes it up

    def _write(self) -> None:
        for kind, members in self.system.kinds.items():
            names = ["id", "request", *members]
            written = io.StringIO(newline="")
            lines = csv.DictWriter(written, names, delimiter=";", lineterminator="\n", extrasaction="ignore")
            lines.writeheader()
            rows = self.system.shown(kind)
            lines.writerows(row | {"request": self._made.get((kind, row["id"]), "")} for row in rows)
            text = f"{written.getvalue()}#END;{len(rows)}\n"
            part = self._inbox / f"{kind}.csv.tmp"
            part.write_text(_NONSENSE if self.system.shows("nonsense") else text, encoding="utf-8")
            part.replace(self._inbox / f"{kind}.csv")
