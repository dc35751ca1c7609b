"""Media types: what a client accepts, and what it sends."""

from collections.abc import Collection
from functools import lru_cache

__all__ = [
    "JSON",
    "JSON_PATCH",
    "JSON_PATCH_QUERY",
    "OTHER_THAN_JSON",
    "accepts_json",
    "is_readable",
    "media_of",
    "prefers_html",
]

JSON = "application/json"
JSON_PATCH = "application/json-patch+json"
JSON_PATCH_QUERY = "application/json-patch-query+json"
OTHER_THAN_JSON = frozenset(
    {"application/xml", "text/xml", "application/soap+xml", "application/x-www-form-urlencoded", "text/plain"}
)
"""What is handed to a handler as octets, where its operation takes it."""


@lru_cache(maxsize=256)
def accepts_json(accept: str) -> bool:
    """Whether an Accept header leaves room for application/json. An empty one does."""
    return not accept.strip() or _quality(accept, "application/json") > 0


@lru_cache(maxsize=256)
def prefers_html(accept: str) -> bool:
    """Whether an Accept header names text/html, before JSON; `*/*` alone asks for JSON."""
    named = "text/html" in accept.lower()
    return named and _quality(accept, "text/html") >= _quality(accept, "application/json")


@lru_cache(maxsize=256)
def media_of(content_type: str) -> str:
    """Return the media type that a Content-Type names, without its parameters. None at all is taken as JSON."""
    return content_type.partition(";")[0].strip().lower() or JSON


@lru_cache(maxsize=256)
def is_readable(content_type: str, consumed: Collection[str]) -> bool:
    """Whether a Content-Type is among those read, in UTF-8. None at all is taken as JSON."""
    if not content_type:
        return True
    media, *parameters = (part.strip().lower() for part in content_type.split(";"))
    charset = next((value.strip('" ') for value in _values(parameters, "charset")), "utf-8")
    return media in consumed and charset in ("utf-8", "utf8", "us-ascii")


def _quality(accept: str, wanted: str) -> float:
    """Return the quality that an Accept header gives to a media type, by its most exact range (RFC 9110, 12.5.1)."""
    best, quality = -1, 0.0
    for one in accept.lower().split(","):
        media, *parameters = (part.strip() for part in one.split(";"))
        exactness = _exactness(media, wanted)
        if exactness > best:
            best, quality = exactness, _number(next(iter(_values(parameters, "q")), "1"))
    return quality


def _exactness(media: str, wanted: str) -> int:
    if media == wanted:
        return 2
    if media == wanted.partition("/")[0] + "/*":
        return 1
    return 0 if media == "*/*" else -2


def _values(parameters: Collection[str], name: str) -> list[str]:
    return [value.strip() for key, _, value in (one.partition("=") for one in parameters) if key.strip() == name]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
