"""Instants inside queries: two spellings of one moment are the same."""

from datetime import UTC, datetime, timedelta

__all__ = ["instant"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def instant(text: object) -> int | None:
    """Return microseconds since 1970 of an ISO 8601 instant with its offset; None for anything else."""
    # A date alone, or a time without offset, is no instant: 19 is the shortest text that could be one.
    if not isinstance(text, str) or len(text) < 19 or not text[0].isdigit():
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if moment.tzinfo is None else (moment - _EPOCH) // _MICROSECOND
