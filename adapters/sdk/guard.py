"""The lease, asked for once more in the very step in which a request is written to its connection.

Between the question before a request and its bytes lie waits: for a free connection, for a new one, for the turn of the
task that writes. Who freezes in one of them and wakes up later would send what another has sent since.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import SimpleNamespace

import aiohttp

from gateway.ports.errors import LeaseLost
from gateway.ports.lease import check_may_send

__all__ = ["guarded", "lease_lost", "writing"]

_CHANGES: ContextVar[bool] = ContextVar("changes", default=False)


@contextmanager
def writing(*, changes: bool) -> Iterator[None]:
    """Say of the requests in this context whether they may change something there."""
    before = _CHANGES.set(changes)
    try:
        yield
    finally:
        _CHANGES.reset(before)


def guarded() -> aiohttp.TraceConfig:
    """Return what a session calls before it writes a head or a body; it raises LeaseLost, and nothing is written."""
    trace = aiohttp.TraceConfig()
    trace.on_request_headers_sent.append(_ask)
    trace.on_request_chunk_sent.append(_ask)
    return trace


async def _ask(_session: aiohttp.ClientSession, _context: SimpleNamespace, _params: object) -> None:
    if _CHANGES.get():
        check_may_send()


def lease_lost(error: BaseException | None) -> LeaseLost | None:
    """Return the LeaseLost for which a request was not written, None where it failed for something else."""
    while error is not None:
        if isinstance(error, LeaseLost):
            return error
        error = error.__cause__ or error.__context__
    return None
