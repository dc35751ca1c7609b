"""The AsyncAPI document as a judge of what is published."""

from functools import cache

import jsonschema_rs

from gateway.app.documents import documents_directory
from gateway.faces.application import SPOKES
from gateway.faces.backbone_document import describe
from gateway.faces.checks import for_patch
from gateway.faces.documents import load_document

__all__ = ["check_event"]


@cache
def _envelope(name):
    """A checker of one message, other documents left out: they are asked by themselves."""
    document = describe()
    schema = document["components"]["messages"][name]["payload"]
    alternatives = schema["properties"]["data"]["anyOf"]
    kept = [one for one in alternatives if "$ref" not in one]
    assert len(kept) == 1
    schema["properties"]["data"] = {}
    whole = {**schema, "components": {"schemas": document["components"]["schemas"]}}
    canonical = {**kept[0], "components": whole["components"]}
    named = {one["$ref"] for one in alternatives if "$ref" in one}
    return (
        jsonschema_rs.Draft202012Validator(whole, validate_formats=True),
        jsonschema_rs.Draft202012Validator(canonical),
        named,
    )


@cache
def _notification(face, name):
    spoke = next(spoke for spoke in SPOKES if spoke.face == face)
    document = load_document(documents_directory() / spoke.document)
    return for_patch(document, {"$ref": f"#/components/schemas/{name}"})


def check_event(said):
    """Fail where a published event is not as the document says; return `canonical` or the face that it shows."""
    kind = said["type"].split(".")[1]
    envelope, canonical, named = _envelope(f"{kind}Event")
    envelope.validate(said)
    if said["dataschema"].startswith("urn:"):
        canonical.validate(said["data"])
        return "canonical"
    address, _, name = said["dataschema"].partition("/openapi.json#/components/schemas/")
    spoke = next(spoke for spoke in SPOKES if address.endswith(spoke.base))
    assert f"../{spoke.document}#/components/schemas/{name}" in named
    _notification(spoke.face, name)(said["data"])
    return spoke.face
