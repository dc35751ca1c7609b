"""What an upstream's error answers mean. Its TMF Error says why; what happens next is told by the status alone."""

from collections.abc import Collection

import httpx
import orjson

from adapters.sdk.redact import redact
from gateway.ports.errors import Refused

__all__ = ["ANSWERED", "refused"]

ANSWERED: Collection[int] = (200, 201, 202, 204, 400, 404, 405, 409, 410, 422, 501)
"""Statuses that are the upstream's own word. All others (no access, busy, failed) are named by `HttpClient`."""


def refused(answer: httpx.Response) -> Refused:
    """Return an answer with a status of 400 and above as a refusal, in the words of its Error object if any."""
    try:
        body = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        body = None
    if not isinstance(body, dict):
        return Refused(f"HTTP {answer.status_code}", redact(answer.content))
    code = body.get("code") or f"HTTP {answer.status_code}"
    words = ". ".join(str(body[name]) for name in ("reason", "message") if body.get(name))
    return Refused(redact(str(code)), redact(words or str(body)))
