"""The one middleware of the faces: route, authenticate, read, check, handle, answer, in one pass.

It is a connexion middleware that knows the documents; what it does not serve goes on to the next in connexion's chain
(Swagger UI), and last to a plain 404.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.faces.admission import Admission
from gateway.faces.aliases import ALIAS_HEADER, MemberAlias
from gateway.faces.answer import Answer, Authenticate, Call, Credentials, Handler
from gateway.faces.body import ClientGone, parse_json, read_body, to_json
from gateway.faces.checks import Check, Rewrite, body_check, for_part, for_patch
from gateway.faces.connexion_parts import AbstractRoutingAPI, Resolver, Specification, SpecMiddleware
from gateway.faces.documents import to_yaml
from gateway.faces.json_patch import as_operations
from gateway.faces.media import (
    JSON,
    JSON_PATCH,
    JSON_PATCH_QUERY,
    OTHER_THAN_JSON,
    accepts_json,
    is_readable,
    media_of,
    prefers_html,
)
from gateway.faces.problems import problem
from gateway.faces.router import Found, Router
from gateway.faces.settings import FaceSettings
from gateway.faces.tmf_error import error_answer

__all__ = ["FaceDefinition", "OnePass", "Operation", "not_found_app", "send_answer"]

log = structlog.get_logger(__name__)

BODY_METHODS = frozenset({"POST", "PATCH", "PUT"})
LISTS_OF_OPERATIONS = frozenset({JSON_PATCH, JSON_PATCH_QUERY})


@dataclass(frozen=True, slots=True)
class FaceDefinition:
    """What the wiring says of one face: its handlers by operationId and how its canonical paths are said."""

    name: str
    handlers: Mapping[str, Handler]
    wire_path: Callable[[str], str] = str
    alias: MemberAlias | None = None
    rewrite: Rewrite | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of one document, ready to be served; `checks` of its body by media type.

    `alias` is the other base path under which it was found, if it was.
    """

    id: str
    base: str
    handler: Handler
    face: FaceDefinition
    consumes: frozenset[str]
    checks: Mapping[str, Check]
    speaks_html: bool = False
    alias: str | None = None


class _Collector(AbstractRoutingAPI):  # type: ignore[misc]
    """Walks a document as connexion does and hands every operation over."""

    def __init__(
        self, specification: Specification, *, collect: Callable[[str, str, Any], None], **kwargs: Any
    ) -> None:
        self._collect = collect
        super().__init__(specification, **kwargs)

    def make_operation(self, operation: Any) -> Any:
        """The operation as connexion made it."""
        return operation

    @staticmethod
    def _framework_path_and_name(operation: Any, path: str) -> tuple[str, str]:
        return path, operation.operation_id

    def _add_operation_internal(self, method: str, path: str, operation: Any, name: str | None = None) -> None:
        del name
        self._collect(method, path, operation)


class OnePass(SpecMiddleware):  # type: ignore[misc]
    """Serves every operation of the documents that connexion hands it."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        faces: Mapping[str, FaceDefinition],
        settings: FaceSettings,
        authenticate: Authenticate | None = None,
    ) -> None:
        self.app = app
        self._faces = faces
        self._settings = settings
        self._authenticate = authenticate
        self._router: Router[Operation] = Router()
        self._pages: dict[str, tuple[str, Callable[[], bytes]]] = {}
        self._admission = Admission(settings.max_in_flight, settings.max_in_flight_of_one_client)
        self._headers = [(name.lower().encode(), value.encode()) for name, value in settings.headers.items()]

    def add_api(self, specification: Specification, *, base_path: str | None = None, **_options: Any) -> None:
        """Take a document in. Raises SetupError where it has an operation without a handler."""
        base = base_path or specification.base_path
        face, raw = self._faces[base], specification.raw
        bases = [base, *(alias for alias, meant in self._settings.aliases.items() if meant == base)]

        def collect(method: str, path: str, operation: Any) -> None:
            ready = _operation(operation.operation_id, method, path, raw, base, face)
            for prefix in bases:
                target = ready if prefix == base else replace(ready, alias=prefix)
                self._router.add(prefix + path, method, target)

        def handler(operation_id: str) -> Handler:
            if operation_id not in face.handlers:
                raise ValueError(f"{face.name} has no handler for {operation_id}")
            return face.handlers[operation_id]

        _Collector(specification, base_path=base, resolver=Resolver(handler), collect=collect)
        # Said by ourselves: connexion's YAML of a document with cycles ends in a RecursionError.
        self._pages[f"{base}/openapi.json"] = (JSON, partial(to_json, raw))
        self._pages[f"{base}/openapi.yaml"] = ("text/yaml", partial(to_yaml, raw))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or pass it on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path, prefix = scope["path"], scope.get("root_path", "")
        if prefix and path.startswith(prefix):
            path = path[len(prefix) :]
        found = self._router.find(path)
        if found is None:
            if path in self._pages and scope["method"] == "GET":
                media, content = self._pages[path]
                await _send(send, 200, content(), [(b"content-type", media.encode()), *self._headers])
                return
            await self._pass_on(scope, receive, send)
            return
        headers = _headers(scope)
        root = _root(scope, headers, self._settings)
        operation = found.methods.get(scope["method"])
        used = _prefix_used(found)
        try:
            with self._admission.admitted((scope.get("client") or ("",))[0]):
                answer = await self._answer(scope, receive, headers, found, root, used)
        except ClientGone:
            return
        except Exception as error:  # whatever it is, the client gets an Error object
            answer = error_answer(error, root, operation.face.wire_path if operation else str)
            if answer.status == 500:
                log.exception("unexpected error", operation=operation and operation.id)
        extra = [*self._headers, (ALIAS_HEADER.lower().encode(), ", ".join(used).encode())] if used else self._headers
        await send_answer(send, answer, extra, is_head=scope["method"] == "HEAD")

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the next in the chain answer; what it raises (an unknown file of Swagger UI) becomes an Error object."""
        root = _root(scope, _headers(scope), self._settings)  # now: a router changes the scope on its way
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as error:
            answer = error_answer(error, root)
            if answer.status == 500:
                log.exception("unexpected error", path=scope["path"])
            if started:
                raise
            await send_answer(send, answer, self._headers, is_head=scope["method"] == "HEAD")

    async def _answer(  # noqa: PLR0913, PLR0917 - one request in its parts
        self,
        scope: Scope,
        receive: Receive,
        headers: dict[bytes, bytes],
        found: Found[Operation],
        root: str,
        used: list[str],
    ) -> Answer:
        method = scope["method"]
        operation = found.methods.get("GET" if method == "HEAD" else method)
        if operation is None:
            if method == "OPTIONS":
                return Answer(204, headers={"Allow": found.allow, **_accepted(found)})
            raise problem("methodNotAllowed", fix=f"use {found.allow}", headers={"Allow": found.allow})
        principal = None
        if self._authenticate is not None:
            principal = await self._authenticate(_credentials(scope, operation.id))
        accept = headers.get(b"accept", b"").decode("latin-1")
        html = operation.speaks_html and prefers_html(accept)
        if not html and not accepts_json(accept):
            raise problem("notAcceptable")
        body, media = None, JSON
        if method in BODY_METHODS and operation.consumes:
            media, body = await self._body(receive, headers, operation, method, used)
        return await operation.handler(
            Call(
                base=root + operation.base,
                address=root + scope["path"],
                parameters=found.parameters,
                query=self._query(scope["query_string"]),
                body=body,
                media=media,
                if_match=_said(headers, b"if-match"),
                idempotency_key=_said(headers, b"idempotency-key"),
                range=_said(headers, b"range"),
                wants_html=html,
                principal=principal,
                root=root,
                prefer=headers[b"prefer"].decode("latin-1") if b"prefer" in headers else None,
            )
        )

    async def _body(
        self, receive: Receive, headers: dict[bytes, bytes], operation: Operation, method: str, used: list[str]
    ) -> tuple[str, Any]:
        content_type = headers.get(b"content-type", b"").decode("latin-1")
        if not is_readable(content_type, operation.consumes):
            readable = ", ".join(sorted(operation.consumes))
            name = "Accept-Patch" if method == "PATCH" else "Accept-Post"
            raise problem("unsupportedMediaType", fix=f"send {readable}", headers={name: readable})
        raw = await read_body(receive, headers.get(b"content-length"), self._settings.max_body_bytes)
        media = media_of(content_type)
        if media in OTHER_THAN_JSON:
            return media, raw
        body = parse_json(raw, self._settings.max_depth)
        alias = operation.face.alias
        if alias is not None:
            sent, body = body, alias.applied(operation.id, body)
            if body is not sent:
                used.append(alias.name)
        if media in LISTS_OF_OPERATIONS:
            body = as_operations(body)
        check = operation.checks.get(media)
        if check is not None:
            check(body)
        return media, body

    def _query(self, query: bytes) -> tuple[tuple[str, str], ...]:
        if not query:
            return ()
        if len(query) > self._settings.max_query_bytes:
            reason = f"the query is longer than {self._settings.max_query_bytes} bytes"
            raise problem("badParameter", reason=reason, fix="ask for less at once")
        return tuple(parse_qsl(query.decode("latin-1"), keep_blank_values=True))


def not_found_app(settings: FaceSettings) -> ASGIApp:
    """Return the last in the chain: 404 for every request, silence for everything else."""
    extra = [(name.lower().encode(), value.encode()) for name, value in settings.headers.items()]

    async def app(scope: Scope, _receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            root = _root(scope, _headers(scope), settings)
            await send_answer(send, error_answer(problem("notFound"), root), extra, is_head=scope["method"] == "HEAD")

    return app


async def send_answer(send: Send, answer: Answer, extra: list[tuple[bytes, bytes]], *, is_head: bool = False) -> None:
    """Send an answer: one start, one body."""
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers.items()]
    content = b""
    if answer.body is not None:
        text = isinstance(answer.body, str) and answer.media != JSON
        content = answer.body.encode() if text else to_json(answer.body)
        headers.append((b"content-type", answer.media.encode()))
    if answer.status != 204:
        headers.append((b"content-length", str(len(content)).encode()))
    headers += extra
    await _send(send, answer.status, b"" if is_head else content, headers)


async def _send(send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _prefix_used(found: Found[Operation]) -> list[str]:
    alias = next(iter(found.methods.values())).alias
    return [] if alias is None else [alias]


def _headers(scope: Scope) -> dict[bytes, bytes]:
    """Return the header fields by lower-case name; of several of one name all, with commas between them."""
    headers: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        headers[name] = headers[name] + b"," + value if name in headers else value
    return headers


def _said(headers: Mapping[bytes, bytes], name: bytes) -> str | None:
    found = headers.get(name)
    return None if found is None else found.decode("latin-1")


def _root(scope: Scope, headers: Mapping[bytes, bytes], settings: FaceSettings) -> str:
    """Return the absolute address at which the client reached the gateway, or at which the operator says it does."""
    host = headers.get(b"host", b"localhost").decode("latin-1")
    return settings.public_url or f"{scope['scheme']}://{host}{scope.get('root_path', '')}"


def _credentials(scope: Scope, operation_id: str) -> Credentials:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    client = scope.get("client")
    return Credentials(headers, operation_id, client[0] if client else None)


def _accepted(found: Found[Operation]) -> dict[str, str]:
    names = {"POST": "Accept-Post", "PATCH": "Accept-Patch"}
    return {
        names[method]: ", ".join(sorted(operation.consumes))
        for method, operation in found.methods.items()
        if method in names and operation.consumes
    }


def _operation(  # noqa: PLR0913, PLR0917 - one place of a document has this many parts
    operation_id: str, method: str, path: str, document: dict[str, Any], base: str, face: FaceDefinition
) -> Operation:
    raw = document["paths"][path][method]
    content = raw.get("requestBody", {}).get("content", {})
    # A notification may show a part of its resource only: what changed.
    partial_check = for_patch if method == "patch" else for_part if path.startswith("/listener/") else body_check
    checks: dict[str, Check] = {}
    compiled: dict[tuple[bool, str], Check] = {}
    for media, said in content.items():
        schema, is_list = said.get("schema"), media in LISTS_OF_OPERATIONS
        if schema:
            key = (is_list, str(schema))
            if key not in compiled:
                compiled[key] = (body_check if is_list else partial_check)(document, schema, face.rewrite)
            checks[media] = compiled[key]
    ok: dict[str, Any] = next((answer for status, answer in raw["responses"].items() if status.startswith("2")), {})
    return Operation(
        id=operation_id,
        base=base,
        handler=face.handlers[operation_id],
        face=face,
        consumes=frozenset(content),
        checks=checks,
        speaks_html="text/html" in ok.get("content", {}),
    )
