"""The AsyncAPI document: fresh, whole, and of the form that AsyncAPI 3 has."""

import pytest
import yaml
from faststream.specification.asyncapi.v3_0_0.schema import ApplicationSchema
from pydantic import ValidationError

from gateway.app.documents import documents_directory
from gateway.app.event_document import text_of_document
from gateway.canonical.lifecycle import ResourceKind
from gateway.faces.backbone_document import DOCUMENT, describe
from gateway.faces.events import TITLES


def test_the_document_is_fresh():
    assert (documents_directory() / DOCUMENT).read_text() == text_of_document()


def test_the_document_has_the_form_of_asyncapi():
    whole, broken = with_paths(describe()), with_paths(describe())
    ApplicationSchema.model_validate(whole)
    broken["operations"]["takeFacts"]["action"] = "eat"
    with pytest.raises(ValidationError):
        ApplicationSchema.model_validate(broken)


def with_paths(document):
    """FastStream's models demand of a server a path, which AsyncAPI does not."""
    servers = {name: server | {"pathname": ""} for name, server in document["servers"].items()}
    return document | {"servers": servers}


def references(node):
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for child in node.values():
            yield from references(child)
    elif isinstance(node, list):
        for child in node:
            yield from references(child)


def test_everything_that_the_document_refers_to_is_there():
    directory = documents_directory()
    document = describe()
    texts = {"": document}
    found = set(references(document))
    assert len(found) > 80
    for reference in found:
        file, _, path = reference.partition("#/")
        if file not in texts:
            texts[file] = yaml.load((directory / DOCUMENT).parent.joinpath(file).read_bytes(), yaml.CSafeLoader)
        node = texts[file]
        for part in path.split("/"):
            node = node[part]
        assert node


def test_every_event_of_every_kind_has_a_message():
    document = describe()
    types = {
        name
        for message in document["components"]["messages"].values()
        for name in message["payload"].get("properties", {}).get("type", {}).get("enum", ())
    }
    assert types == {f"tmf-gateway.{kind.value}.{type_}" for kind in ResourceKind for type_ in TITLES}
