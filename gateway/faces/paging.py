"""Pages of lists: which part is asked for, and what the answer says of the whole."""

import re
from collections.abc import Iterable
from urllib.parse import urlencode

from gateway.faces.problems import problem
from gateway.faces.settings import FaceSettings
from gateway.ports.repository import Query

__all__ = ["MAX_OFFSET", "page_headers", "read_page", "whole_number"]

MAX_OFFSET = 2**31 - 1

Pairs = tuple[tuple[str, str], ...]

_RANGE = re.compile(r"items=(\d{1,10})-(\d{1,10})", re.ASCII)


def read_page(pairs: Pairs, settings: FaceSettings, asked_range: str | None = None) -> tuple[int, int, bool]:
    """Return offset, limit and whether a Range header said them; one that is not read is none (RFC 9110, 14.2).

    Raises FaceError 400 for what is no number.
    """
    match = _RANGE.fullmatch(asked_range.strip()) if asked_range else None
    if match and not any(name in ("offset", "limit") for name, _ in pairs):
        first, last = int(match[1]), int(match[2])
        if first <= last <= MAX_OFFSET:
            return first, min(last - first + 1, settings.max_page_size), True
    offset = _bounded(pairs, "offset", 0)
    return offset, min(_bounded(pairs, "limit", settings.page_size), settings.max_page_size), False


def page_headers(
    query: Query, count: int, total: int, address: str, pairs: Iterable[tuple[str, str]]
) -> dict[str, str]:
    """Return X-Total-Count, X-Result-Count and Link for a page that `count` of `total` were found for."""
    offset, limit = query.offset, query.limit
    others = [(name, value) for name, value in pairs if name not in ("offset", "limit")]
    last = (total - 1) // limit * limit if total and limit else 0
    offsets = {"self": offset, "first": 0, "last": last}
    if offset:
        offsets["prev"] = max(0, offset - limit)
    if offset + count < total and count:
        offsets["next"] = offset + count
    link = ", ".join(
        f'<{address}?{urlencode([*others, ("offset", start), ("limit", limit)])}>; rel="{relation}"'
        for relation, start in offsets.items()
    )
    return {"X-Total-Count": str(total), "X-Result-Count": str(count), "Link": link}


def _bounded(pairs: Pairs, name: str, default: int) -> int:
    text = next((value for key, value in reversed(pairs) if key == name), None)
    return default if text is None else whole_number(text, name)


def whole_number(text: str, name: str) -> int:
    """Return a whole number of a parameter. Raises FaceError 400."""
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= MAX_OFFSET):
        raise problem(
            "badParameter",
            reason=f"{name} is no whole number from 0 to {MAX_OFFSET}",
            fix=f"send {name} as a number, or leave it out",
            path=name,
        )
    return int(text)
