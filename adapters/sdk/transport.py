"""What carries HTTP requests: the world, or a recording in place of it."""

from typing import Any

import aiohttp
import httpx
import orjson

from adapters.sdk.recording import current_tape

__all__ = ["TapedTransport", "was_not_sent"]

_NOT_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
_KEPT = frozenset(
    {"accept", "content-type", "date", "etag", "if-match", "location", "retry-after", "soapaction", "idempotency-key"}
)


def was_not_sent(error: Exception) -> bool:
    """Whether a request failed before anything of it was sent."""
    cause = error.__cause__
    # The transport calls a connection that broke after sending a ConnectTimeout too; only aiohttp's own error tells.
    if isinstance(cause, aiohttp.ClientError | OSError):
        return isinstance(cause, _NOT_SENT)
    return isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | httpx.UnsupportedProtocol)


class TapedTransport(httpx.AsyncBaseTransport):
    """Hands requests to another transport, and through the tape where one is in use.

    Recorded are method, path, query, body, status, and of the headers those that say what the body is or when to come
    again; no host, since every run has its own.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the answer. Raises what the other transport raises, or Different."""
        tape = current_tape()
        if tape is None:
            return await self._inner.handle_async_request(request)
        held: list[httpx.Response] = []

        async def ask() -> dict[str, Any]:
            try:
                answer = await self._inner.handle_async_request(request)
                try:
                    body = await answer.aread()
                finally:
                    await answer.aclose()
            except (httpx.HTTPError, aiohttp.ClientError, OSError) as error:
                raise (_NotSent if was_not_sent(error) else _NoAnswer)(error) from error
            kept = httpx.Response(answer.status_code, headers=_plain(answer.headers), content=body, request=request)
            held.append(kept)
            return {"status": answer.status_code, "headers": _headers(answer.headers), "body": _body(body)}

        said = {
            "query": [[name, value] for name, value in request.url.params.multi_items()],
            "headers": _headers(request.headers),
            "body": _body(await request.aread()),
        }
        call = f"{request.method} {request.url.path}"
        failures = {"_NotSent": httpx.ConnectError, "_NoAnswer": httpx.ReadError}
        try:
            found = await tape.exchange(call, said, ask, failures)
        except (_NotSent, _NoAnswer) as error:
            raise error.cause from error.cause.__cause__
        if held:
            return held[0]
        return httpx.Response(found["status"], headers=found["headers"], content=_bytes(found["body"]), request=request)

    async def aclose(self) -> None:
        """Release connections."""
        await self._inner.aclose()


class _Failure(Exception):
    def __init__(self, cause: Exception) -> None:
        super().__init__(type(cause).__name__)
        self.cause = cause


class _NotSent(_Failure):
    """Recorded where nothing of a request was sent."""


class _NoAnswer(_Failure):
    """Recorded where a request was sent and no answer came."""


def _headers(headers: httpx.Headers) -> dict[str, str]:
    return {name: value for name, value in sorted(headers.items()) if name in _KEPT}


def _plain(headers: httpx.Headers) -> dict[str, str]:
    """Return the headers of an answer whose body is decoded already."""
    return {
        name: value
        for name, value in headers.items()
        if name not in {"content-encoding", "content-length", "transfer-encoding"}
    }


def _body(content: bytes) -> Any:
    """Return a body as it is recorded: JSON as it is, other text as `{"text": …}`, anything else as bytes."""
    if not content:
        return None
    try:
        return {"json": orjson.loads(content)}
    except orjson.JSONDecodeError:
        pass
    try:
        return {"text": content.decode("utf-8")}
    except UnicodeDecodeError:
        return {"bytes": content}


def _bytes(body: dict[str, Any] | None) -> bytes:
    if body is None:
        return b""
    if "json" in body:
        return orjson.dumps(body["json"])
    return body["text"].encode("utf-8") if "text" in body else bytes(body["bytes"])
