"""The documents of the v4 faces: sound, readable by the tools in use, and explained throughout."""

import importlib
import json
import re
from functools import cache
from pathlib import Path
from urllib.parse import urljoin

import jsonschema_rs
import pytest
import yaml
from openapi_core import Config, OpenAPI
from openapi_core.testing import MockRequest
from openapi_core.validation.request.exceptions import InvalidRequestBody
from openapi_spec_validator import OpenAPIV30SpecValidator

DOCUMENTS = Path(__file__).parents[2] / "openapi"
SAMPLES = Path(__file__).parent / "samples"
BASE = "file:///openapi/"

SERVED = {  # document: (TM Forum's version, where it is served)
    "tmf622/v4.yaml": ("4.0.0", "/tmf-api/productOrderingManagement/v4"),
    "tmf641/v4.yaml": ("4.1.0", "/tmf-api/serviceOrdering/v4"),
    "tmf678/v4.yaml": ("4.0.0", "/tmf-api/customerBillManagement/v4"),
}
COMMON = "common/v4.yaml"
ALL = [COMMON, *SERVED]
LICENCE = "https://www.apache.org/licenses/LICENSE-2.0"
METHODS = ("get", "post", "patch", "delete")


@cache
def document(name):
    return yaml.load((DOCUMENTS / name).read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)


def nodes(value, at=""):
    """Every dict of a document with its pointer."""
    if isinstance(value, dict):
        yield at, value
        for key, member in value.items():
            yield from nodes(member, f"{at}/{key}")
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from nodes(member, f"{at}/{index}")


def follow(name, node):
    """What a node stands for, and in which document: a reference is followed to its end."""
    while "$ref" in node:
        target, _, pointer = urljoin(BASE + name, node["$ref"]).removeprefix(BASE).partition("#/")
        name, node = target, document(target)
        for part in pointer.split("/"):
            node = node[part.replace("~1", "/").replace("~0", "~")]
    return name, node


def operations(name):
    for path, item in document(name)["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method], item.get("parameters", [])


EVERY_OPERATION = [
    pytest.param(name, path, method, operation, shared, id=f"{name.partition('/')[0]}-{operation['operationId']}")
    for name in SERVED
    for path, method, operation, shared in operations(name)
]
OURS = [case for case in EVERY_OPERATION if not case.values[1].startswith("/listener/")]
every_operation = pytest.mark.parametrize(("name", "path", "method", "operation", "shared"), EVERY_OPERATION)
every_operation_of_ours = pytest.mark.parametrize(("name", "path", "method", "operation", "shared"), OURS)
every_document = pytest.mark.parametrize("name", ALL)
every_face = pytest.mark.parametrize("name", SERVED)


@cache
def registry():
    return jsonschema_rs.Registry([(BASE + name, document(name)) for name in ALL])


def compiled(name, reference, validator=jsonschema_rs.Draft4Validator):
    """A checker for the schema that a document refers to."""
    wanted = {"$ref": urljoin(BASE + name, reference["$ref"])}
    return validator(wanted, registry=registry(), validate_formats=True)


@cache
def second_opinion(name):
    """openapi-core's reading of a document; it has to be told that a merge patch is JSON."""
    readers = Config(extra_media_type_deserializers={"application/merge-patch+json": json.loads})
    return OpenAPI.from_file_path(str(DOCUMENTS / name), config=readers)


@every_document
def test_a_document_is_valid_openapi(name):
    OpenAPIV30SpecValidator(document(name), base_uri=(DOCUMENTS / name).as_uri()).validate()


@every_face
def test_openapi_core_reads_a_document(name):
    assert second_opinion(name).spec["info"]["version"] == SERVED[name][0]


@every_face
@pytest.mark.filterwarnings("ignore:Using `httpx` with `starlette.testclient`")  # connexion imports it on the way
def test_connexion_reads_a_document(name):
    specification = importlib.import_module("connexion.spec").Specification.load(DOCUMENTS / name)
    assert specification.base_path == SERVED[name][1]


@every_document
def test_references_stay_in_the_document_or_lead_to_the_common_one(name):
    allowed = ("#/",) if name == COMMON else ("#/", f"../{COMMON}#/")
    for at, node in nodes(document(name)):
        if isinstance(node.get("$ref"), str):
            assert node["$ref"].startswith(allowed), at
            assert set(node) == {"$ref"}, f"{at}: what stands beside a $ref is not read"
            follow(name, node)


@every_document
def test_a_document_names_no_address_but_the_licence(name):
    text = (DOCUMENTS / name).read_text(encoding="utf-8")
    assert set(re.findall(r"\w+://\S+", text)) == {LICENCE}
    assert not re.search(r"localhost|\bwww\.(?!apache\.org)|file:|\b\d{1,3}(\.\d{1,3}){3}\b", text)
    assert not re.search(r"(?<![\w.])/(home|root|work|tmp|usr|opt|var|mnt|srv|Users)/|[A-Z]:\\", text)


@every_face
def test_a_document_says_what_it_is_and_where_it_is_served(name):
    version, address = SERVED[name]
    head = document(name)
    assert head["openapi"] == "3.0.3"
    assert head["info"]["version"] == version
    assert head["info"]["license"] == {"name": "Apache-2.0", "url": LICENCE}
    assert [server["url"] for server in head["servers"]] == [address]
    assert all(tag["description"] for tag in head["tags"])


@every_face
def test_operation_ids_are_unique_in_a_document(name):
    ids = [operation["operationId"] for _, _, operation, _ in operations(name)]
    assert len(ids) == len(set(ids))


@every_operation
def test_an_operation_is_explained(name, path, method, operation, shared):
    assert operation["summary"]
    assert operation["description"] != operation["summary"]
    assert set(operation["tags"]) <= {tag["name"] for tag in document(name)["tags"]}
    for part in [*shared, *operation.get("parameters", []), *operation["responses"].values()]:
        assert follow(name, part)[1]["description"]


@every_operation
def test_an_operation_declares_the_identifier_in_its_path(name, path, method, operation, shared):
    declared = {follow(name, parameter)[1]["name"] for parameter in shared}
    assert set(re.findall(r"{(\w+)}", path)) == declared


@every_document
def test_schemas_and_properties_are_explained(name):
    for schema_name, schema in document(name)["components"]["schemas"].items():
        assert schema["description"], schema_name
        for member, value in schema.get("properties", {}).items():
            assert "$ref" in value or value["description"], f"{schema_name}.{member}"


@every_face
def test_a_schema_with_a_common_name_differs_from_the_common_one(name):
    def facts(value):
        if isinstance(value, dict):
            return {k: facts(v) for k, v in value.items() if not (k == "description" and isinstance(v, str))}
        return sorted(value, key=str) if isinstance(value, list) else value

    own, common = (document(which)["components"]["schemas"] for which in (name, COMMON))
    assert [shared for shared in own.keys() & common if facts(own[shared]) == facts(common[shared])] == []


@every_operation
def test_bodies_are_plain_json(name, path, method, operation, shared):
    json_only = {"application/json"}
    if "requestBody" in operation:
        assert operation["requestBody"]["required"]
        patch = {"application/merge-patch+json"} if method == "patch" else set()
        assert set(operation["requestBody"]["content"]) == json_only | patch
    for status, response in operation["responses"].items():
        content = follow(name, response)[1].get("content")
        assert content is None if status == "204" else set(content) == json_only


@every_operation_of_ours
def test_an_operation_lists_its_failures_with_the_common_error(name, path, method, operation, shared):
    failures = {"400", "401", "403", "405", "429", "500", "503"}
    if "requestBody" in operation:
        failures |= {"406", "409", "413", "415", "422"}
    if method == "get":
        failures |= {"404", "406", "409"}
    if "{id}" in path:
        failures |= {"404"}
    if method in ("patch", "delete") and not path.startswith("/hub"):
        failures |= {"409", "412"}
    listed = {status for status in operation["responses"] if status[0] in "45"}
    assert failures <= listed
    for status in listed:
        where, response = follow(name, operation["responses"][status])
        at, _ = follow(where, {"$ref": response["content"]["application/json"]["schema"]["$ref"]})
        assert (at, response["content"]["application/json"]["schema"]["$ref"]) == (COMMON, "#/components/schemas/Error")


@every_operation_of_ours
def test_an_answer_carries_its_headers(name, path, method, operation, shared):
    headers = {
        status: set(follow(name, response)[1].get("headers", {})) for status, response in operation["responses"].items()
    }
    hub = path.startswith("/hub")
    if method == "get" and "{id}" not in path:
        counts = {"X-Total-Count", "X-Result-Count", "Link"}
        assert headers["200"] == headers["206"] == counts | {"Accept-Ranges", "Content-Range"}
        assert operation["responses"]["200"]["content"] == operation["responses"]["206"]["content"]
    elif method in ("get", "patch"):
        assert headers["200"] == {"ETag"}
    elif method == "post":
        assert headers["201"] == ({"Location"} if hub else {"Location", "ETag", "Idempotent-Replayed"})
    assert headers["405"] == {"Allow"}
    assert headers["503"] == {"Retry-After"}
    if method == "patch":
        assert headers["415"] == {"Accept-Patch"}


@every_operation_of_ours
def test_an_operation_takes_the_parameters_of_its_kind(name, path, method, operation, shared):
    taken = {
        (parameter["in"], parameter["name"], parameter.get("required", False))
        for parameter in (follow(name, part)[1] for part in operation.get("parameters", []))
    }
    expected = set()
    if method == "get":
        names = ("fields",) if "{id}" in path else ("fields", "offset", "limit")
        expected = {("query", parameter, False) for parameter in names}
    elif method in ("patch", "delete") and not path.startswith("/hub"):
        expected = {("header", "If-Match", False)}
    elif method == "post" and not path.startswith("/hub"):
        expected = {("header", "Idempotency-Key", False)}
    assert taken == expected


@every_document
@pytest.mark.parametrize("validator", [jsonschema_rs.Draft4Validator, jsonschema_rs.Draft202012Validator])
def test_every_schema_compiles(name, validator):
    for schema_name in document(name)["components"]["schemas"]:
        compiled(name, {"$ref": f"#/components/schemas/{schema_name}"}, validator)


@pytest.mark.parametrize(
    "value", [None, True, 0, 2.5, "", "text", [], [None, {"a": 1}], {}, {"@type": "Anything"}], ids=repr
)
def test_a_characteristic_takes_a_value_of_any_type(value):
    for name in (COMMON, "tmf641/v4.yaml"):
        checker = compiled(name, {"$ref": "#/components/schemas/Characteristic"})
        assert checker.is_valid({"name": "x", "value": value})


@every_document
def test_no_document_picks_a_schema_by_type(name):
    """A class that no document knows is harmless as long as nothing depends on it."""
    assert [at for at, node in nodes(document(name)) if {"discriminator", "oneOf", "anyOf"} & set(node)] == []


SAMPLE = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(SAMPLES.glob("v4-*.json"))}
every_sample = pytest.mark.parametrize("sample", SAMPLE.values(), ids=SAMPLE.keys())


def place(sample):
    """Where a sample is sent: path, method, media type and the operation."""
    for path, method, operation, _ in operations(sample["document"]):
        if operation["operationId"] == sample["operation"]:
            return path, method, sample.get("media", "application/json"), operation
    raise LookupError(sample["operation"])


@every_sample
def test_jsonschema_accepts_or_refuses_a_sample(sample):
    _, _, media, operation = place(sample)
    checker = compiled(sample["document"], operation["requestBody"]["content"][media]["schema"])
    refused_at = ["/".join(map(str, error.instance_path)) for error in checker.iter_errors(sample["body"])]
    assert refused_at == ([] if sample["refused_at"] is None else [sample["refused_at"]]), sample["says"]


@every_sample
def test_openapi_core_agrees_on_a_sample(sample):
    path, method, media, _ = place(sample)
    address = SERVED[sample["document"]][1] + path.replace("{id}", "1")
    body = json.dumps(sample["body"]).encode()
    arguments = {"id": "1"} if "{id}" in path else {}
    request = MockRequest("http://gateway.example", method, address, view_args=arguments, data=body, content_type=media)
    try:
        second_opinion(sample["document"]).validate_request(request)
    except InvalidRequestBody:
        assert sample["refused_at"] is not None, sample["says"]
    else:
        assert sample["refused_at"] is None, sample["says"]
