"""Exchanges with a legacy system, recorded once and replayed without it: `recorded/<test>/<case>/001.json` and so on.

    with recorded(Path(__file__).parent / "recorded" / "build" / "a_visit", record=False):
        report = await adapter.submit(message)

All that goes through `adapters.sdk.http` or `adapters.sdk.sql` is recorded by itself. A client of another kind puts
each exchange through `through`. What is written is redacted (`adapters.sdk.hiding`). A replay takes the exchanges in
their order, and fails with the difference where a request is not the one that was recorded.
"""

import base64
import time
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

import orjson

from adapters.sdk.hiding import Hiding
from adapters.sdk.redact import redact
from gateway.ports import errors
from gateway.ports.errors import AdapterError
from gateway.ports.exchange import Exchange, Watcher, current_watcher

__all__ = ["Different", "Failed", "Tape", "current_tape", "recorded", "through"]

_Do = Callable[[], Awaitable[Any]]
_Errors = Mapping[str, Callable[[str], Exception]]
_NO_ERRORS: _Errors = {}


class Different(AssertionError):
    """What is asked is not what was recorded."""


class Failed(Exception):
    """An exchange that failed when it was recorded, with an error that the replay does not know how to make."""


class Tape(Protocol):
    """Where exchanges are recorded, or come from."""

    async def exchange(self, call: str, request: Any, do: _Do, errors: _Errors = _NO_ERRORS) -> Any:
        """Return the answer to one request. `call` names what is asked, such as `GET /tickets`."""


_TAPES: list[Tape] = []  # of the process: a client may work in a thread or a task of its own


def current_tape() -> Tape | None:
    """Return the tape that is in use; None where exchanges go to the system alone, and nobody looks on."""
    if _TAPES:
        return _TAPES[-1]
    watcher = current_watcher()
    return None if watcher is None else _Told(watcher)


async def through(call: str, request: Any, do: _Do, errors: _Errors = _NO_ERRORS) -> Any:
    """Return the answer of `do()`, recorded or replayed where a tape is in use.

    Requests and answers are JSON, with bytes, decimals, dates and instants as well. An AdapterError is replayed as it
    was; of any other, `errors` makes one anew by the name of its class from its text.
    """
    tape = current_tape()
    return await do() if tape is None else await tape.exchange(call, request, do, errors)


@contextmanager
def recorded(
    folder: Path, *, record: bool = False, hiding: Hiding | None = None, volatile: Collection[str] = ()
) -> Iterator[Tape]:
    """Replay the exchanges of a folder, or record them anew in place of those that are there.

    `volatile` names members of requests that differ each time, by patterns: `body.id`, `body.params.*`. Raises
    Different where a request differs, or where one that was recorded did not come.
    """
    redaction = hiding or Hiding()
    tape: _Recorder | _Replay = _Recorder(folder, redaction) if record else _Replay(folder, redaction, volatile)
    _TAPES.append(tape)
    try:
        yield tape
    finally:
        _TAPES.remove(tape)
    tape.end()


class _Told:
    """Lets exchanges go to the system, and tells somebody who looks on."""

    def __init__(self, watcher: Watcher) -> None:
        self._watcher, self._hiding = watcher, Hiding()

    async def exchange(self, call: str, request: Any, do: _Do, errors: _Errors = _NO_ERRORS) -> Any:  # noqa: ARG002
        asked, began = self._hiding.of(_encoded(request)), time.monotonic()
        try:
            answer = await do()
        except Exception as error:
            reason = redact(f"{type(error).__name__}: {error}")
            self._watcher(Exchange(call, asked, error=reason, seconds=time.monotonic() - began))
            raise
        told = self._hiding.of(_encoded(answer))
        self._watcher(Exchange(call, asked, told, seconds=time.monotonic() - began))
        return answer


class _Recorder:
    def __init__(self, folder: Path, hiding: Hiding) -> None:
        self._folder, self._hiding, self._count = folder, hiding, 0
        folder.mkdir(parents=True, exist_ok=True)
        for file in _files(folder):
            file.unlink()

    async def exchange(self, call: str, request: Any, do: _Do, errors: _Errors = _NO_ERRORS) -> Any:  # noqa: ARG002
        self._count += 1
        file = self._folder / f"{self._count:03}.json"
        said = {"call": call, "request": _encoded(request)}
        try:
            answer = await do()
        except Exception as error:
            self._write(file, {**said, "error": _error(error)})
            raise
        self._write(file, {**said, "answer": _encoded(answer)})
        return answer

    def end(self) -> None:
        """All is written."""

    def _write(self, file: Path, exchange: dict[str, Any]) -> None:
        options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
        file.write_bytes(orjson.dumps(self._hiding.of(exchange), option=options))


class _Replay:
    def __init__(self, folder: Path, hiding: Hiding, volatile: Collection[str]) -> None:
        self._folder, self._hiding, self._volatile = folder, hiding, volatile
        self._left = _files(folder)
        if not self._left:
            raise Different(
                f"{folder} holds no recorded exchange. Fix: record it with the system at hand (record=True)"
            )

    async def exchange(self, call: str, request: Any, do: _Do, errors: _Errors = _NO_ERRORS) -> Any:  # noqa: ARG002
        if not self._left:
            raise Different(f"{self._folder}: {call} is asked beyond what was recorded")
        file = self._left.pop(0)
        known = orjson.loads(file.read_bytes())
        asked = self._hiding.of({"call": call, "request": _encoded(request)})
        found = [
            one
            for one in _differences({"call": known["call"], "request": known["request"]}, asked, "")
            if not any(fnmatchcase(one[0].removeprefix("request."), pattern) for pattern in self._volatile)
        ]
        if found:
            lines = "".join(f"\n  {path}: recorded {_shown(was)}, asked {_shown(now)}" for path, was, now in found)
            raise Different(f"{file}: another request was recorded{lines}\nFix: mend the adapter, or record it anew")
        if "error" in known:
            raise _raised(known["error"], errors)
        return _decoded(known["answer"])

    def end(self) -> None:
        """Raise Different where something that was recorded did not come."""
        if self._left:
            names = ", ".join(file.name for file in self._left)
            raise Different(f"{self._folder}: these exchanges were recorded and not asked for: {names}")


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.glob("*.json") if file.stem.isdecimal())


# -- differences -----------------------------------------------------------------------------------------------------

_ABSENT = object()


def _differences(was: Any, now: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(was, dict) and isinstance(now, dict):
        for key in dict.fromkeys([*was, *now]):
            yield from _differences(was.get(key, _ABSENT), now.get(key, _ABSENT), f"{path}.{key}" if path else str(key))
    elif isinstance(was, list) and isinstance(now, list):
        for index in range(max(len(was), len(now))):
            here = was[index] if index < len(was) else _ABSENT
            there = now[index] if index < len(now) else _ABSENT
            yield from _differences(here, there, f"{path}[{index}]")
    elif was != now or type(was) is not type(now):
        yield path, was, now


def _shown(value: Any) -> str:
    return "nothing" if value is _ABSENT else orjson.dumps(value).decode()


# -- values ----------------------------------------------------------------------------------------------------------

_TAGS: Mapping[str, tuple[type, Callable[[Any], str], Callable[[str], Any]]] = {
    "$bytes": (bytes, lambda value: base64.b64encode(value).decode(), base64.b64decode),
    "$decimal": (Decimal, str, Decimal),
    "$datetime": (datetime, datetime.isoformat, datetime.fromisoformat),
    "$date": (date, date.isoformat, date.fromisoformat),  # behind it: an instant is a date to Python
    "$uuid": (UUID, str, UUID),
}
"""Name → what is kept under it, how it is written and how it is read."""


def _encoded(value: Any) -> Any:
    """Return a value as JSON has it. Raises TypeError for what cannot be recorded."""
    if isinstance(value, Mapping):
        return {str(key): _encoded(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_encoded(one) for one in value]
    for tag, (kind, write, _) in _TAGS.items():
        if isinstance(value, kind):
            return {tag: write(value)}
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise TypeError(f"{type(value).__name__} cannot be recorded")


def _decoded(value: Any) -> Any:
    if isinstance(value, dict):
        if len(value) == 1 and (tag := next(iter(value))) in _TAGS:
            return _TAGS[tag][2](value[tag])
        return {key: _decoded(one) for key, one in value.items()}
    return [_decoded(one) for one in value] if isinstance(value, list) else value


def _error(error: Exception) -> dict[str, Any]:
    kept = {"class": type(error).__name__, "text": str(error)}
    if isinstance(error, AdapterError):
        kept |= {"members": _encoded({k: v for k, v in vars(error).items() if not k.startswith("__")})}
    return kept


def _raised(kept: dict[str, Any], known: _Errors) -> Exception:
    kind = getattr(errors, kept["class"], None)
    if isinstance(kind, type) and issubclass(kind, AdapterError):
        made: AdapterError = kind.__new__(kind)
        said = _decoded(kept["members"])
        made.args = said["code"], said["reason"], said["fix"]
        vars(made).update(said)
        return made
    make = known.get(kept["class"])
    return Failed(f"{kept['class']}: {kept['text']}") if make is None else make(kept["text"])
