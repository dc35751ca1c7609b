"""Identifiers: time-ordered, made anywhere without asking anyone."""

import os
import time
import zlib

__all__ = ["SHARDS", "new_id", "shard_of"]

SHARDS = 1024
"""How many shards an order id may fall into; stored with every row so that a later split moves whole shards."""


def new_id() -> str:
    """Return a UUIDv7 as text (RFC 9562 section 5.7): 48 bits of Unix milliseconds, then 74 random bits."""
    value = int.from_bytes(os.urandom(10), "big") | (time.time_ns() // 1_000_000) << 80
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def shard_of(order_id: str) -> int:
    """Return the shard, 0 to 1023, of an order. The same on every machine and in every release."""
    return zlib.crc32(order_id.encode()) % SHARDS
