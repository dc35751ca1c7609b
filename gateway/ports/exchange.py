"""Looking on while an adapter talks to its system: each request with its answer, redacted by whoever tells it.

Only for a person who tries an adapter; nothing of it is kept, and without a watcher nothing is told.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

__all__ = ["Exchange", "Watcher", "current_watcher", "watched"]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what came of it: an answer, or the error that stands in its place. Both are JSON."""

    call: str  # what is asked, such as `GET /tickets`
    request: Any
    answer: Any = None
    error: str | None = None
    seconds: float = 0.0


Watcher = Callable[[Exchange], None]
"""Is told of each exchange once it is over."""

_WATCHER: ContextVar[Watcher | None] = ContextVar("watcher", default=None)


def current_watcher() -> Watcher | None:
    """Return whom to tell; None where nobody looks on."""
    return _WATCHER.get()


@contextmanager
def watched(watcher: Watcher) -> Iterator[None]:
    """Tell `watcher` of each exchange of this context, and of tasks begun in it."""
    token = _WATCHER.set(watcher)
    try:
        yield
    finally:
        _WATCHER.reset(token)
