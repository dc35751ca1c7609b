"""Asking a server: every answer is held against the document of the face, and what does not fit is kept."""

import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson
from openapi_core import Config, OpenAPI, V30ResponseValidator
from openapi_core.testing import MockRequest, MockResponse

from contract_tests.address.face import Face
from contract_tests.checks import Broken
from gateway.canonical.ids import new_id

__all__ = ["Server", "body_of", "is_error"]

_NEEDED = {"location", "x-total-count"}  # of header fields, what TMF630 demands; a document may promise more
_PATIENCE_SECONDS = 30.0
_MOST_QUOTED = 300
_UNUSABLE = "the check cannot be made, as the server does not answer as it has to for that"


class Server:
    """A server at an address, seen through one face."""

    def __init__(
        self, face: Face, url: str, *, base: str | None, headers: dict[str, str], sample: dict[str, Any]
    ) -> None:
        self.face, self.base, self._sample = face, (base or face.base).rstrip("/"), sample
        self.url = url.rstrip("/")
        self.http = httpx.Client(base_url=self.url, headers=headers, timeout=_PATIENCE_SECONDS, trust_env=False)
        self.violations: list[str] = []
        self.statuses: Counter[int] = Counter()

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Send one request below the base path (or to an absolute path) and hold the answer against the document."""
        answer = self.http.request(method, path if path.startswith("/tmf-api") else f"{self.base}{path}", **more)
        self.statuses[answer.status_code] += 1
        self.violations += [row for row in self.wrong_with(answer) if row not in self.violations]
        return answer

    def body(self, **more: Any) -> dict[str, Any]:
        """Return a new body to create."""
        run = new_id()[-12:]
        said: dict[str, Any] = orjson.loads(orjson.dumps(self._sample).replace(b"{run}", run.encode()))
        return said | more

    def make(self, **more: Any) -> dict[str, Any]:
        """Create one and return it as the server shows it. Raises Broken where it does not."""
        answer = self.ask("POST", f"/{self.face.made}", json=self.body(**more))
        _must(answer.status_code in {200, 201}, f"POST /{self.face.made} answered {_told(answer)}")
        return body_of(answer)

    def get(self, collection: str, key: str) -> dict[str, Any]:
        """Return one resource as it is now."""
        answer = self.ask("GET", f"/{collection}/{key}")
        _must(answer.status_code == 200, f"GET /{collection}/{key} answered {_told(answer)}")
        return body_of(answer)

    def listed(self, collection: str | None = None, **params: Any) -> list[dict[str, Any]]:
        """Return a list."""
        path = f"/{collection or self.face.made}"
        answer = self.ask("GET", path, params=params)
        _must(answer.status_code in {200, 206}, f"GET {path} {params} answered {_told(answer)}")
        found: list[dict[str, Any]] = orjson.loads(answer.content)
        _must(isinstance(found, list), f"a list is {type(found).__name__}")
        return found

    def patch(self, one: dict[str, Any], tag: str | None = None, **changes: str) -> httpx.Response:
        """Send a merge patch, as the version of the face has it; `tag` is the version that it is meant for."""
        headers = {} if tag is None else {"If-Match": tag}
        body = dict(changes)
        if self.face.version == 5:
            headers["content-type"] = "application/merge-patch+json"
            body["@type"] = str(one.get("@type"))
        return self.ask("PATCH", f"/{self.face.seen}/{one['id']}", json=body, headers=headers)

    def register(self, callback: str, query: str | None = None) -> httpx.Response:
        """Register a listener."""
        body = {"callback": callback} | ({"query": query} if query else {})
        if self.face.version == 5:
            body["@type"] = "Hub"
        return self.ask("POST", "/hub", json=body)

    def registered(self, callback: str, query: str | None = None) -> str:
        """Register a listener and return the id of the registration. Raises Broken where that is not done."""
        answer = self.register(callback, query)
        _must(answer.status_code == 201, f"POST /hub → {_told(answer)}")
        return str(body_of(answer).get("id"))

    @property
    def items(self) -> str | None:
        """The member that holds the lines in the body that is sent: some servers have another name for it."""
        return next((name for name in (self.face.items, "orderItem") if name in self._sample), None)

    def wrong_with(self, answer: httpx.Response) -> list[str]:
        """Return what is not as the document declares it."""
        request = answer.request
        parts = urlsplit(str(request.url))
        if not parts.path.startswith(self.base) or request.method in {"PUT", "OPTIONS", "HEAD", "TRACE"}:
            return []
        media = answer.headers.get("content-type", "").partition(";")[0].strip() or "application/json"
        path = self.face.base + parts.path.removeprefix(self.base)
        asked = MockRequest("http://server", request.method.lower(), path)
        answered = MockResponse(
            answer.content, status_code=answer.status_code, headers=dict(answer.headers), content_type=media
        )
        where = f"{request.method} {re.sub(r'/[0-9a-f-]{20,}', '/{id}', path.removeprefix(self.face.base))}"
        is_part = "fields=" in parts.query
        rows = []
        for error in _validator(self.face.document).iter_errors(asked, answered):
            rows += [f"{where} → {answer.status_code}: {row}" for row in _rows(error, is_part=is_part)]
        return rows

    @property
    def figures(self) -> dict[str, Any]:
        """What was seen of the server, for the report."""
        answers = ", ".join(f"{status}: {number}" for status, number in sorted(self.statuses.items()))
        return {"server": {"address": self.url + self.base, "answers": answers}}

    def close(self) -> None:
        """Release connections."""
        self.http.close()


@cache
def _validator(document: Path) -> V30ResponseValidator:
    whole = OpenAPI.from_file_path(str(document), config=Config(spec_validator_cls=None))
    return V30ResponseValidator(whole.spec)


def _rows(error: Any, *, is_part: bool) -> list[str]:
    kind = type(error).__name__
    if "Header" in kind:
        name = str(getattr(error, "name", "")).lower()
        return [f"{name} is missing"] if name in _NEEDED else []
    if kind in {"PathNotFound", "OperationNotFound"}:
        return []
    found = getattr(error.__cause__ or error, "schema_errors", None)
    if found is None:
        return [f"{kind}: {str(error.__cause__ or error)[:_MOST_QUOTED]}"]
    wanted = [one for one in found if not (is_part and one.validator in {"required", "oneOf", "anyOf"})]
    return [f"{'.'.join(map(str, one.absolute_path)) or 'the body'}: {one.message[:_MOST_QUOTED]}" for one in wanted]


def body_of(answer: httpx.Response) -> dict[str, Any]:
    """Return the object that an answer holds. Raises Broken where it holds none."""
    try:
        said = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        said = None
    if not isinstance(said, dict):
        raise Broken(_UNUSABLE, [f"no object of JSON: {_told(answer)}"])
    return said


def is_error(answer: httpx.Response) -> str | None:
    """Return what is wrong with an answer that should be an Error object; None where nothing is."""
    try:
        said = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        return f"no JSON, but {answer.text[:80]!r}"
    lacking = [name for name in ("code", "reason") if not isinstance(said, dict) or not said.get(name)]
    return f"no Error object: {', '.join(lacking)} is missing" if lacking else None


def _must(ok: bool, row: str) -> None:  # noqa: FBT001 - what must be so
    if not ok:
        raise Broken(_UNUSABLE, [row])


def _told(answer: httpx.Response) -> str:
    return f"{answer.status_code} {answer.text[:_MOST_QUOTED]}"
