"""What a face answers, held against the document of that face: by openapi-core, and by jsonschema-rs.

openapi-core reads a document by itself and checks status, media type, headers and body; it is slow. So each kind of
answer (operation, status, whole or chosen members) goes through it a few times in each process, and jsonschema-rs, with
the same questions asked by hand, sees every answer.
"""

import json
import os
import re
from collections import Counter
from functools import cache
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from openapi_core import Config, OpenAPI
from openapi_core.testing import MockRequest, MockResponse

from gateway.faces.application import FACES
from gateway.faces.checks import body_check
from gateway.faces.documents import load_document, operations_of, resolve
from gateway.faces.media import media_of
from gateway.faces.router import Router
from gateway.ports.errors import FaceError

__all__ = ["Conformity", "NotAsDeclared", "conformity"]

DOCUMENTS = Path(__file__).parents[1] / "openapi"
BASES = {face.spoke.base: face.spoke.document for face in FACES} | {"/lifecycle/v1": "lifecycle/v1.yaml"}
TIMES = int(os.environ.get("TMF_GATEWAY_TESTS_OPENAPI_CORE", "2"))
"""How often openapi-core sees each kind of answer in one process."""

UNLISTED = re.compile(
    r"""reference (?:'#/components/schemas/[^']*'|"#/components/schemas/[^"]*") could not be resolved"""
)
"""What openapi-core says of a class that a vendor has added and no document lists: it looks for a schema of that name.
jsonschema-rs has read the object as what its `@baseType` or its place says."""

UNDECLARED = frozenset({"HEAD", "OPTIONS"})


class NotAsDeclared(AssertionError):
    """An answer that its document does not declare."""


class Conformity:
    """The documents of all faces, and what they have been asked so far."""

    def __init__(self, times=TIMES):
        self.times, self.seen, self.by_core = times, Counter(), Counter()
        self.foreign = set()  # `host:port` of servers that are not ours, whatever their paths
        self.router = Router()
        for base, file in BASES.items():
            for path, method, operation in operations_of(load_document(DOCUMENTS / file)):
                self.router.add(base + path, method.upper(), (base, operation))

    def check(self, method, url, status, headers, content):
        """Raise NotAsDeclared unless an answer is one that the document declares; addresses without a face are free."""
        parts = urlsplit(str(url))
        found = self.router.find(parts.path)
        if found is None or method in UNDECLARED or parts.netloc in self.foreign:
            return
        headers = {name.lower(): value for name, value in dict(headers).items()}
        told = f"{method} {url} answered {status}"
        if method not in found.methods:
            if status != 405 or "allow" not in headers:
                raise NotAsDeclared(f"{told}, where the method is not declared")
            return
        base, operation = found.methods[method]
        document, name = load_document(DOCUMENTS / BASES[base]), operation["operationId"]
        is_part = status < 300 and any(key == "fields" for key, _ in parse_qsl(parts.query, keep_blank_values=True))
        kind = (base, name, status, is_part)
        self.seen[kind] += 1
        declared = operation["responses"].get(str(status)) or operation["responses"].get("default")
        if declared is None:
            raise NotAsDeclared(f"{told}, which {name} does not declare")
        self._check(document, resolve(document, declared), told, headers, content, is_part=is_part)
        if self.by_core[kind] < self.times:
            self.by_core[kind] += 1
            _by_core(base, is_part, method, parts, status, headers, content, told)

    def _check(self, document, declared, told, headers, content, *, is_part):
        for header, said in declared.get("headers", {}).items():
            if resolve(document, said).get("required") and header.lower() not in headers:
                raise NotAsDeclared(f"{told} without {header}")
        if not declared.get("content"):
            if content:
                raise NotAsDeclared(f"{told} with a body, where none is declared")
            return
        media = media_of(headers.get("content-type", ""))
        if media not in declared["content"]:
            raise NotAsDeclared(f"{told} as {media}, which is not declared")
        if media != "application/json":
            return
        schema = declared["content"][media].get("schema")
        if schema is None:
            return
        try:
            _checker(document["servers"][0]["url"], json.dumps(schema, sort_keys=True), is_part)(json.loads(content))
        except FaceError as error:
            raise NotAsDeclared(f"{told}: {error.reason}. {error.fix}\n{content[:2000]!r}") from None


@cache
def conformity():
    """Return the process's own."""
    return Conformity()


@cache
def _document(base, is_part):
    """Return a face's document; for answers of chosen members one that demands none."""
    document = load_document(DOCUMENTS / BASES[base])
    return _undemanding(document) if is_part else document


@cache
def _checker(base, schema, is_part):
    document = _document(base, is_part)
    return body_check(document, json.loads(schema))


@cache
def _core(base, is_part):
    return OpenAPI.from_dict(_document(base, is_part), config=Config(spec_validator_cls=None))


def _by_core(base, is_part, method, parts, status, headers, content, told):
    asked = MockRequest(f"{parts.scheme}://{parts.netloc}", method.lower(), parts.path)
    media = headers.get("content-type", "application/json")
    if content and media == "application/json":
        content = json.dumps(json.loads(content, parse_float=_number)).encode()
    answered = MockResponse(content, status_code=status, headers=headers, content_type=media)
    try:
        _core(base, is_part).validate_response(asked, answered)
    except Exception as error:
        reasons = [str(one) for one in getattr(error.__cause__ or error, "schema_errors", ())] or [repr(error)]
        if all(UNLISTED.search(one) for one in reasons):
            return
        raise NotAsDeclared(f"{told}, says openapi-core: {'; '.join(reasons)[:1500]}\n{content[:2000]!r}") from error


def _number(text):
    """A whole number is one however it is written: for openapi-core `1e3` is no integer, for JSON Schema it is."""
    number = float(text)
    return int(number) if number.is_integer() else number


def _undemanding(node):
    if isinstance(node, list):
        return [_undemanding(one) for one in node]
    if not isinstance(node, dict):
        return node
    is_schema = isinstance(node.get("required"), list)
    return {key: _undemanding(value) for key, value in node.items() if not (is_schema and key == "required")}
