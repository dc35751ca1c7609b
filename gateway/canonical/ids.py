"""Identifiers: time-ordered, made anywhere without asking anyone."""

import os
import threading
import time
import zlib

__all__ = ["SHARDS", "new_id", "shard_of"]

SHARDS = 1024
"""How many shards an order id may fall into; stored with every row so that a later split moves whole shards."""

_BITS, _LOW_BITS = 74, 62
_RANDOM, _LOW = (1 << _BITS) - 1, (1 << _LOW_BITS) - 1


class _Rising:
    """Makes numbers of 122 bits that rise with every call: 48 bits of Unix milliseconds, then 74 random ones."""

    def __init__(self) -> None:
        self._last, self._gate = 0, threading.Lock()

    def next(self) -> int:
        random = int.from_bytes(os.urandom(10), "big") & _RANDOM
        stamp = (time.time_ns() // 1_000_000) << _BITS | random
        with self._gate:
            # Within a millisecond, or when the clock is set back: a little more than the last (RFC 9562 section 6.2).
            self._last = stamp if stamp > self._last else self._last + 1 + (random & 0xFFFF)
            return self._last


_rising = _Rising()


def new_id() -> str:
    """Return a UUIDv7 as text (RFC 9562 section 5.7). Those of one process rise, as texts too."""
    value = _rising.next()
    high, low = value >> _LOW_BITS, value & _LOW
    text = f"{(high >> 12) << 80 | 0x7 << 76 | (high & 0xFFF) << 64 | 0x2 << 62 | low:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def shard_of(order_id: str) -> int:
    """Return the shard, 0 to 1023, of an order. The same on every machine and in every release."""
    return zlib.crc32(order_id.encode()) % SHARDS
