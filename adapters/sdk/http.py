"""One HTTP client for an adapter: time limits, and every failure named by what happens next. It never retries."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any

import aiohttp
import httpx
import orjson
from httpx_aiohttp import AiohttpTransport

from adapters.sdk.guard import guarded, lease_lost, writing
from adapters.sdk.redact import redact
from adapters.sdk.transport import TapedTransport, was_not_sent
from gateway.ports.errors import NeedsOperator, OutcomeUnknown, Refused, TryLater, Unreadable
from gateway.ports.lease import check_may_send

__all__ = ["HttpClient", "TimeLimits", "json_of"]

_certificates = cache(httpx.create_ssl_context)  # reading the world's certificates takes 90 ms; all clients share them
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_KEPT_SECONDS = 5.0
"""How long a connection without a request is kept: less than servers do."""


@dataclass(frozen=True, slots=True)
class TimeLimits:
    """How long to wait, in seconds: for a connection, and for the answer once something was sent."""

    connect_seconds: float = 3.0
    answer_seconds: float = 15.0


class HttpClient:
    """Talks to one legacy system at one address. `system` is its name in errors."""

    def __init__(
        self,
        base_url: str,
        system: str,
        *,
        limits: TimeLimits = TimeLimits(),
        headers: Mapping[str, str] | None = None,
        connections: int = 32,
    ) -> None:
        self._system = system
        timeout = httpx.Timeout(limits.answer_seconds, connect=limits.connect_seconds, pool=limits.answer_seconds)
        # aiohttp's transport: a pool of httpx's own takes time in the square of its connections.
        certificates = _certificates()

        def session() -> aiohttp.ClientSession:
            connector = aiohttp.TCPConnector(limit=connections, ssl=certificates, keepalive_timeout=_KEPT_SECONDS)
            return aiohttp.ClientSession(connector=connector, trace_configs=[guarded()])

        transport = TapedTransport(AiohttpTransport(verify=certificates, client=session, trust_env=False))
        self._client = httpx.AsyncClient(
            base_url=base_url, timeout=timeout, headers=dict(headers or {}), transport=transport, trust_env=False
        )

    async def request(  # noqa: PLR0913 - a request has this many parts
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        accept: Collection[int] = (200, 201, 202, 204),
        changes: bool | None = None,
    ) -> httpx.Response:
        """Send once and return the answer if its status is in `accept`.

        `changes` says whether the request may change something there; by default all but GET, HEAD and OPTIONS.
        Raises TryLater (not sent, or the system is busy), OutcomeUnknown (sent and changing, no answer),
        NeedsOperator (401, 403), Refused (any other 4xx), LeaseLost (not sent: another process may have taken over).
        """
        changing = method not in _SAFE if changes is None else changes
        body = orjson.dumps(json) if json is not None else content
        sent_headers = dict(headers or {})
        if json is not None:
            sent_headers.setdefault("Content-Type", "application/json")
        if changing:
            check_may_send()  # and once more when it is written: a connection may have to be waited for
        try:
            with writing(changes=changing):
                answer = await self._client.request(method, path, content=body, headers=sent_headers, params=params)
        except (httpx.HTTPError, aiohttp.ClientError, OSError) as error:
            lost = lease_lost(error)
            if lost is not None:
                raise lost from error
            raise self._unanswered(error, changing) from error
        if answer.status_code in accept:
            return answer
        raise self._unaccepted(answer, changing)

    async def close(self) -> None:
        """Release connections."""
        await self._client.aclose()

    def _unanswered(self, error: Exception, changing: bool) -> TryLater | OutcomeUnknown:  # noqa: FBT001
        what = f"{self._system} gave no answer ({type(error).__name__})"
        if not changing or was_not_sent(error):
            return TryLater(what)
        return OutcomeUnknown(what)

    def _unaccepted(self, answer: httpx.Response, changing: bool) -> Exception:  # noqa: FBT001
        status = answer.status_code
        if status in {429, 503}:
            reason = f"{self._system} is busy ({status})"
            return TryLater(reason, retry_after_seconds=_retry_after(answer))
        if status in {401, 403}:
            fix = f"check the credentials for {self._system} in the landscape's settings"
            return NeedsOperator(f"{self._system} does not let us in ({status})", fix)
        if status >= 500:
            reason = f"{self._system} failed ({status})"
            return OutcomeUnknown(reason) if changing else TryLater(reason)
        return Refused(f"HTTP {status}", redact(answer.content))


def json_of(answer: httpx.Response, system: str) -> Any:
    """Return the JSON of an answer. Raises Unreadable with a short, redacted quote."""
    try:
        return orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        raise Unreadable(f"{system} did not answer in JSON", redact(answer.content)) from None


def _retry_after(answer: httpx.Response) -> float | None:
    said = answer.headers.get("retry-after", "").strip()
    if said.isdecimal():
        return float(said)
    try:
        when, now = parsedate_to_datetime(said), parsedate_to_datetime(answer.headers["date"])
    except (ValueError, KeyError, TypeError):
        return None
    return max(0.0, (when - now).total_seconds())
