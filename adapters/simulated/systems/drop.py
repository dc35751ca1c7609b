"""A file drop whose writer does it wrong: files appear under their name at once and are whole only a moment later."""

import asyncio
from pathlib import Path
from typing import Any

__all__ = ["SlowDrop"]

_MEMBERS = ("number", "account", "currency", "amount", "from", "to")


class SlowDrop:
    """Writes one file an entry: a line `L;…` with the entry, then a line `E;1;amount` that says it is whole."""

    def __init__(self, directory: Path, gap_seconds: float) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._gap_seconds = gap_seconds
        self._tasks: set[asyncio.Task[None]] = set()

    def write(self, name: str, entry: dict[str, Any]) -> None:
        """Write the first half now and the rest a moment later."""
        text = _text(entry)
        half = len(text) // 2
        (self._directory / name).write_text(text[:half], encoding="ascii")
        task = asyncio.get_running_loop().create_task(self._finish(self._directory / name, text))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def mend(self, name: str, entry: dict[str, Any]) -> None:
        """Write the file whole if an earlier run left it half-written."""
        file = self._directory / name
        if not file.is_file() or file.read_text(encoding="ascii") != _text(entry):
            file.write_text(_text(entry), encoding="ascii")

    async def _finish(self, file: Path, text: str) -> None:
        await asyncio.sleep(self._gap_seconds)
        await asyncio.to_thread(file.write_text, text, encoding="ascii")


def _text(entry: dict[str, Any]) -> str:
    return ";".join(["L", *(str(entry[member]) for member in _MEMBERS)]) + f"\nE;1;{entry['amount']}\n"
