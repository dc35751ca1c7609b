"""Every example that TM Forum publishes is taken or refused as its own document says, but for what is listed."""

import json
from functools import cache
from pathlib import Path

import pytest

from gateway.faces.application import FACES
from gateway.faces.checks import body_check, for_patch
from gateway.faces.documents import load_document, operations_of, resolve
from gateway.ports.errors import FaceError
from tests.openapi.examples import EXAMPLES, PAGE, page

DOCUMENTS = Path(__file__).parents[2] / "openapi"
SPOKES = {face.spoke.face: face.spoke for face in FACES}
OPERATIONS = ("application/json-patch+json", "application/json-patch-query+json")

every_example = pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: one.name.replace(" ", "-"))


def place(example):
    """The document, the method and the operation of an example."""
    whole = load_document(DOCUMENTS / SPOKES[example.face].document)
    for _, method, operation in operations_of(whole):
        if operation["operationId"] == example.operation:
            return whole, method, operation
    raise LookupError(example.operation)


@cache
def compiled(face, schema, is_partial):
    whole = load_document(DOCUMENTS / SPOKES[face].document)
    return (for_patch if is_partial else body_check)(whole, json.loads(schema))


def told(error):
    return f"{error.path} {error.reason} {error.fix}"


@every_example
def test_our_document_says_what_the_list_says(example):
    whole, method, operation = place(example)
    part = operation["requestBody"] if example.is_request else resolve(whole, operation["responses"][example.part])
    content = part["content"]
    schema = json.dumps(content.get(example.media, content["application/json"])["schema"])
    merges = example.is_request and method == "patch" and example.media not in OPERATIONS
    check = compiled(example.face, schema, merges)
    if example.by_document == "accepted":
        check(example.body)
        return
    with pytest.raises(FaceError) as refused:
        check(example.body)
    assert [name for name in example.refused["at"] if name not in told(refused.value)] == []


def test_the_list_is_whole():
    assert {one.face: sum(other.face == one.face for other in EXAMPLES) for one in EXAMPLES} == {
        "tmf622-v4": 2,
        "tmf622-v5": 34,
        "tmf641-v4": 2,
        "tmf641-v5": 31,
        "tmf678-v5": 22,
    }
    assert [one.name for one in EXAMPLES if (one.document or one.gateway) and not one.because] == []


def test_the_page_of_examples_is_fresh():
    assert Path(PAGE).read_text(encoding="utf-8") == page(), "run python -m tests.openapi.examples"
