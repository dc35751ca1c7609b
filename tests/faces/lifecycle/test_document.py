"""The document of the gateway's own face: sound, and explained throughout."""

from pathlib import Path

from openapi_spec_validator import OpenAPIV30SpecValidator

from gateway.canonical.fact import PREDICATES
from gateway.canonical.judgement import Gate
from gateway.canonical.lifecycle import Checkpoint
from gateway.faces.documents import load_document, operations_of

DOCUMENT = load_document(Path(__file__).parents[3] / "openapi" / "lifecycle" / "v1.yaml")


def test_the_document_is_sound():
    assert not list(OpenAPIV30SpecValidator(DOCUMENT).iter_errors())


def test_every_operation_and_every_schema_is_explained():
    for _, _, operation in operations_of(DOCUMENT):
        assert operation["summary"]
        assert operation["description"]
    for name, schema in DOCUMENT["components"]["schemas"].items():
        assert schema["description"], name
        assert all("description" in member for member in schema.get("properties", {}).values()), name


def test_the_document_knows_every_word():
    schemas = DOCUMENT["components"]["schemas"]
    assert set(schemas["Predicate"]["enum"]) == PREDICATES
    assert set(schemas["Gate"]["enum"]) == set(Gate)
    assert set(schemas["Checkpoint"]["enum"]) == set(Checkpoint)
