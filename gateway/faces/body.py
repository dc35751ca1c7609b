"""Reading a request's body: bounded in size and depth, and JSON in UTF-8 or refused in plain words."""

from collections.abc import Awaitable, Callable, MutableMapping
from decimal import Decimal
from typing import Any

import orjson

from gateway.faces.problems import problem

__all__ = ["ClientGone", "parse_json", "read_body", "to_json"]

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

_ALL_BUT_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")


class ClientGone(Exception):
    """The client hung up before it had sent its request; there is nobody to answer."""


async def read_body(receive: Receive, declared_length: bytes | None, limit: int) -> bytes:
    """Return the whole body, however it is cut up. Raises FaceError 413 beyond `limit` bytes, ClientGone."""
    if declared_length is not None and declared_length.isdigit() and int(declared_length) > limit:
        raise _too_large(limit)
    message = await receive()
    first: bytes = message.get("body", b"")
    if message["type"] == "http.request" and not message.get("more_body", False) and len(first) <= limit:
        return first
    parts, size = [], 0
    while True:
        if message["type"] == "http.disconnect":
            raise ClientGone
        part = message.get("body", b"")
        size += len(part)
        if size > limit:
            raise _too_large(limit)
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)
        message = await receive()


def parse_json(body: bytes, max_depth: int) -> Any:
    """Return the JSON value of a body; of a member named twice the last. Raises FaceError 400 with the position."""
    if not body or body.isspace():
        raise problem("emptyBody")
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        where = f" (line {error.lineno}, column {error.colno})"
        if "depth limit" in error.msg or "recursion limit" in error.msg.lower():
            raise _too_deep(max_depth) from None
        reason = "the body is not UTF-8" if "UTF-8" in error.msg else f"the body is not JSON: {error.msg}{where}"
        raise problem("malformedBody", reason=reason) from None
    brackets = body.translate(None, _ALL_BUT_BRACKETS)
    if brackets.count(b"{") + brackets.count(b"[") > max_depth and _is_deeper(brackets, value, max_depth):
        raise _too_deep(max_depth)
    return value


def to_json(body: Any) -> bytes:
    """Return JSON data as bytes; a decimal that no float says is written with all its digits."""
    return orjson.dumps(body, default=_exact)


def _exact(value: Any) -> Any:
    if isinstance(value, Decimal):
        return orjson.Fragment(str(value).encode())
    raise TypeError(f"{type(value).__name__} is no JSON")


def _is_deeper(brackets: bytes, value: Any, limit: int) -> bool:
    """Peel the innermost pairs off, once for each level; where brackets in texts leave a rest, walk the value."""
    for _ in range(limit):
        peeled = brackets.replace(b"{}", b"").replace(b"[]", b"")
        if not peeled:
            return False
        if len(peeled) == len(brackets):
            break
        brackets = peeled
    layer = [value]
    for _ in range(limit):
        layer = [
            inner
            for one in layer
            for inner in (one.values() if isinstance(one, dict) else one)
            if isinstance(inner, dict | list)
        ]
        if not layer:
            return False
    return True


def _too_large(limit: int) -> Exception:
    return problem(
        "tooLarge",
        reason=f"the body is larger than {limit} bytes",
        fix=f"send at most {limit} bytes, or several requests",
        headers={"Connection": "close"},
    )


def _too_deep(limit: int) -> Exception:
    return problem("deepBody", reason=f"the body is nested more than {limit} levels deep")
