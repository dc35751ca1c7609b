"""Following the rules: the landscape's file whenever it changes, and what others put into force on the database."""

import asyncio
import logging
from pathlib import Path

from gateway.lifecycle.rule_sets.desk import RuleDesk
from gateway.lifecycle.rule_sets.reading import files_of, load_rule_set
from gateway.ports.errors import GatewayError, LifecycleError

__all__ = ["SECONDS", "follow_rules", "take_rule_file"]

SECONDS = 2.0
"""How often files and database are looked at."""

_LOG = logging.getLogger(__name__)
_ORIGIN = "file"


async def take_rule_file(rules: RuleDesk, path: Path | None) -> None:
    """Put into force what was, then the landscape's rule set where it is another than the last one that was taken.

    A rule set that would newly hold orders stays staged, for somebody to activate. Raises SetupError with file and
    line for one that cannot be read.
    """
    await rules.refresh()
    if path is None:
        return
    rule_set, text = await asyncio.to_thread(load_rule_set, path, rules.book.built_in)
    last = await rules.store.newest_from(_ORIGIN)
    if last is not None and last.digest == rule_set.digest:
        return  # taken before; where another one is in force since, somebody put it there
    stored = await rules.stage(text, f"the landscape's file {path.name}", origin=_ORIGIN, name=str(path))
    try:
        await rules.activate(stored.number, f"the landscape's file {path.name}")
    except LifecycleError as error:
        _LOG.warning("rule set %d of %s stays staged: %s", stored.number, path, error.reason)


async def follow_rules(rules: RuleDesk, path: Path | None, stop: asyncio.Event) -> None:
    """Until `stop`: take what other processes put into force, and the landscape's rule set whenever its files change.

    What is wrong with a changed file is logged; the rules stay as they are.
    """
    files = () if path is None else await asyncio.to_thread(files_of, path)
    seen = await asyncio.to_thread(_stamp, path, files)
    while not await _is_over(stop):
        try:
            await rules.refresh()
            now = await asyncio.to_thread(_stamp, path, files)
            if path is not None and now != seen:
                files = await asyncio.to_thread(files_of, path)
                seen = await asyncio.to_thread(_stamp, path, files)
                await take_rule_file(rules, path)
        except GatewayError as error:
            _LOG.error("the rules stay as they are: %s", error)
        except Exception:  # noqa: BLE001 - what nobody foresaw must not leave the rules behind for good
            _LOG.exception("the rules stay as they are")  # and are looked for again


async def _is_over(stop: asyncio.Event) -> bool:
    try:
        await asyncio.wait_for(stop.wait(), SECONDS)
    except TimeoutError:
        return False
    return True


def _stamp(path: Path | None, files: tuple[Path, ...]) -> tuple[tuple[str, int, int], ...]:
    """Return what tells changed files: names, times and sizes. A folder is looked through anew for other files."""
    found = []
    for file in files_of(path) if path is not None and path.is_dir() else files:
        try:
            state = file.stat()
        except OSError:
            continue
        found.append((str(file), state.st_mtime_ns, state.st_size))
    return tuple(found)
