"""Posting a notification to a listener, and what came of it. No answer of a listener raises anything."""

import time
from dataclasses import dataclass

import aiohttp

from gateway.faces.callbacks import Callbacks, CheckedResolver
from gateway.ports.lease import check_may_send

__all__ = ["Answered", "Poster"]

_HEADERS = {"Content-Type": "application/json", "User-Agent": "tmf-gateway"}
_GONE = 410
_NAMES_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Answered:
    """What a listener answered; `status` is 0 where it did not. `said` has nothing in it of what it sent."""

    status: int
    said: str
    seconds: float = 0.0
    retry_after_seconds: float | None = None

    @property
    def is_taken(self) -> bool:
        """Whether the listener took the notification: any success will do, a redirection will not."""
        return 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        """Whether the listener says that it will not come back."""
        return self.status == _GONE


class Poster:
    """Keeps connections to listeners. Needs a running event loop from the first notification on."""

    def __init__(self, callbacks: Callbacks, answer_seconds: float, answer_bytes: int) -> None:
        self._callbacks, self._answer_seconds, self._answer_bytes = callbacks, answer_seconds, answer_bytes
        self._session: aiohttp.ClientSession | None = None
        self._resolver: CheckedResolver | None = None

    async def post(self, callback: str, body: bytes) -> Answered:
        """Post one notification; follow no redirection, and read no more of the answer than is worth a connection.

        Raises LeaseLost where the work is another's by now.
        """
        refusal = self._callbacks.refusal(callback)  # what is allowed may have changed since it was registered
        if refusal is not None:
            return Answered(0, refusal)
        began = time.monotonic()
        check_may_send()  # a process that wakes up late would bring old news after what another has told since
        try:
            async with self._opened().post(callback, data=body, headers=_HEADERS, allow_redirects=False) as answer:
                await answer.content.read(self._answer_bytes)
                if not answer.content.at_eof():
                    answer.close()  # whatever else it wants to say
                status, wish = answer.status, answer.headers.get("Retry-After", "")
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            return Answered(0, f"no answer ({type(error).__name__})", time.monotonic() - began)
        seconds = float(wish) if wish.isascii() and wish.isdigit() and len(wish) < 8 else None
        return Answered(status, f"answered {status}", time.monotonic() - began, seconds)

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None
        if self._resolver is not None:
            await self._resolver.close()
            self._resolver = None

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._resolver = CheckedResolver(self._callbacks)
            connector = aiohttp.TCPConnector(limit=0, resolver=self._resolver, ttl_dns_cache=_NAMES_SECONDS)
            timeout = aiohttp.ClientTimeout(total=self._answer_seconds)
            self._session = aiohttp.ClientSession(
                timeout=timeout, connector=connector, trust_env=False, cookie_jar=aiohttp.DummyCookieJar()
            )
        return self._session
