"""What goes into a handler and what comes out of it: plain values, nothing of HTTP's machinery."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Answer", "Authenticate", "Call", "Credentials", "Handler"]


@dataclass(frozen=True, slots=True)
class Call:
    """One request as a handler sees it.

    `base` and `address` are absolute: of the face, and of the request itself. `query` holds (name, value) pairs as
    they came; `body` is JSON that fits the operation's schema for `media`, its type; `wants_html` is set where
    text/html is preferred.
    """

    base: str
    address: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    query: tuple[tuple[str, str], ...] = ()
    body: Any = None
    media: str = "application/json"
    if_match: str | None = None
    idempotency_key: str | None = None
    range: str | None = None
    wants_html: bool = False
    principal: Any = None
    root: str = ""
    prefer: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a handler answers. `body` is JSON data, or text where `media` is not JSON; None for no body at all."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    media: str = "application/json"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request says of its sender: its header fields (lower case) and what it wants to do."""

    headers: Mapping[str, str]
    operation: str
    client: str | None = None


Handler = Callable[[Call], Awaitable[Answer]]
"""One operation. Raises GatewayError; anything else is answered with 500 and logged."""

Authenticate = Callable[[Credentials], Awaitable[Any]]
"""Says who is asking (the result is `Call.principal`; its text tells clients apart). Raises FaceError 401 or 403."""
