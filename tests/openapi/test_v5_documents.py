"""The documents of the v5 faces: sound, readable by the tools in use, explained throughout, and what the spokes say."""

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

from gateway.canonical.common import Characteristic
from gateway.faces.checks import body_check, for_patch
from gateway.faces.documents import load_document, resolve
from gateway.faces.rows import Coded, Inline, Many, One
from gateway.faces.tmf622 import v5 as tmf622
from gateway.faces.tmf641 import v5 as tmf641
from gateway.faces.tmf641.v5_parts import FormerExternalId
from gateway.faces.tmf678 import v5 as tmf678
from gateway.faces.typed_shape import TypedShape, Wrapped
from gateway.ports.errors import FaceError

DOCUMENTS = Path(__file__).parents[2] / "openapi"
PAIRS = Path(__file__).parents[1] / "faces" / "pairs"
BASE = "file:///openapi/"
COMMON = "common/v5.yaml"
SPOKES = (tmf622.SPOKE, tmf641.SPOKE, tmf678.SPOKE)
SERVED = {spoke.document: spoke for spoke in SPOKES}
ALL = [COMMON, *SERVED]
LICENCE = "https://www.apache.org/licenses/LICENSE-2.0"
PATCHES = {
    "application/json",
    "application/merge-patch+json",
    "application/json-patch+json",
    "application/json-patch-query+json",
}
SAID = {
    "product_order": ("tmf622/v5.yaml", "ProductOrder"),
    "cancel_product_order": ("tmf622/v5.yaml", "CancelProductOrder"),
    "service_order": ("tmf641/v5.yaml", "ServiceOrder"),
    "cancel_service_order": ("tmf641/v5.yaml", "CancelServiceOrder"),
    "bill": ("tmf678/v5.yaml", "CustomerBill"),
    "rate": ("tmf678/v5.yaml", "AppliedCustomerBillingRate"),
    "on_demand": ("tmf678/v5.yaml", "CustomerBillOnDemand"),
}

every_document = pytest.mark.parametrize("name", ALL)
every_face = pytest.mark.parametrize("name", SERVED)


@cache
def document(name):
    return yaml.load((DOCUMENTS / name).read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)


def nodes(value, at=""):
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
            node = node[part]
    return name, node


def operations(name):
    for path, item in document(name)["paths"].items():
        for method in ("get", "post", "patch", "delete"):
            if method in item:
                yield path, method, item[method], item.get("parameters", [])


@cache
def core(name):
    readers = dict.fromkeys(PATCHES - {"application/json"}, json.loads)
    return OpenAPI.from_file_path(str(DOCUMENTS / name), config=Config(extra_media_type_deserializers=readers))


@cache
def whole_of(name):
    return load_document(DOCUMENTS / name)


def body(pair):
    return load_document(PAIRS / f"{pair}.yaml")["v5"]


@every_document
def test_a_document_is_valid_openapi(name):
    OpenAPIV30SpecValidator(document(name), base_uri=(DOCUMENTS / name).as_uri()).validate()


@every_face
@pytest.mark.filterwarnings("ignore:Using `httpx` with `starlette.testclient`")  # connexion imports it on the way
def test_connexion_reads_a_document(name):
    specification = importlib.import_module("connexion.spec").Specification.load(DOCUMENTS / name)
    assert specification.base_path == SERVED[name].base


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
    assert set(re.findall(r"\w+://\S+", (DOCUMENTS / name).read_text(encoding="utf-8"))) == {LICENCE}


@every_document
def test_schemas_and_properties_are_explained(name):
    for schema_name, schema in document(name)["components"]["schemas"].items():
        assert schema["description"], schema_name
        for at, node in nodes(schema):
            for member, value in node.get("properties", {}).items():
                assert value["description"], f"{schema_name}{at}.{member}"


@every_face
def test_operations_are_explained_and_list_their_failures(name):
    tags = {tag["name"] for tag in document(name)["tags"]}
    for path, method, operation, shared in operations(name):
        assert operation["summary"]
        assert operation["description"] != operation["summary"]
        assert set(operation["tags"]) <= tags
        declared = {follow(name, parameter)[1]["name"] for parameter in shared}
        assert set(re.findall(r"{(\w+)}", path)) == declared
        failures = {status: follow(name, r) for status, r in operation["responses"].items() if status[0] in "45d"}
        for where, response in failures.values():
            assert response["description"]
            schema = response["content"]["application/json"]["schema"]
            assert follow(where, schema)[1] is document(COMMON)["components"]["schemas"]["Error"]
        if not path.startswith("/listener/"):
            assert {"400", "401", "403", "404", "405", "429", "500", "503"} <= set(failures)
        if method == "patch":
            assert set(operation["requestBody"]["content"]) == PATCHES
            assert {"409", "412", "415", "422"} <= set(failures)


@every_document
def test_every_schema_compiles(name):
    registry = jsonschema_rs.Registry([(BASE + one, document(one)) for one in ALL])
    for schema_name in document(name)["components"]["schemas"]:
        wanted = {"$ref": f"{BASE}{name}#/components/schemas/{schema_name}"}
        jsonschema_rs.Draft4Validator(wanted, registry=registry, validate_formats=True)


@pytest.mark.parametrize(("pair", "where"), SAID.items(), ids=SAID)
def test_what_the_spoke_says_fits_the_document(pair, where):
    name, schema = where
    check = body_check(whole_of(name), {"$ref": f"#/components/schemas/{schema}"})
    check(body(pair))
    vendor = body(pair) | {"@type": "VendorThing", "@baseType": schema}
    check(vendor)
    with pytest.raises(FaceError, match="@type"):
        check({key: value for key, value in body(pair).items() if key != "@type"})


def test_a_patch_of_a_bill_is_checked():
    check = for_patch(whole_of("tmf678/v5.yaml"), {"$ref": "#/components/schemas/CustomerBill_MVO"})
    check({"state": "validated", "billCycle": None})
    with pytest.raises(FaceError, match="state"):
        check({"state": "partiallySettled"})


BILLING_ACCOUNT = {"id": "B", "@type": "BillingAccountRef"}
PRODUCT_ITEM = {"id": "1", "action": "add", "@type": "ProductOrderItem"}
SPECIFICATION = {"id": "SSPEC-1", "@type": "ServiceSpecificationRef"}
SERVICE = {"@type": "Service", "state": "active", "serviceDate": "2026-03-01", "serviceSpecification": SPECIFICATION}
SERVICE_ITEM = {"id": "1", "action": "add", "service": SERVICE, "@type": "ServiceOrderItem"}
SERVICE_ORDER = {"id": "S", "@type": "ServiceOrderRef"}
STEP = {"op": "replace", "path": "/state", "value": "onHold"}
MERGE, STEPS = "application/merge-patch+json", "application/json-patch+json"


@pytest.mark.parametrize(
    ("spoke", "method", "path", "media", "sent", "fits"),
    [
        (tmf622, "post", "/productOrder", None, {"@type": "ProductOrder", "productOrderItem": [PRODUCT_ITEM]}, True),
        (tmf622, "post", "/productOrder", None, {"@type": "ProductOrder"}, False),
        (tmf622, "post", "/productOrder", None, {"productOrderItem": [PRODUCT_ITEM]}, False),
        (tmf622, "post", "/productOrder", None, {"@type": "Mine", "@baseType": "ProductOrder", "productOrderItem": [PRODUCT_ITEM]}, True),
        (tmf622, "post", "/productOrder", None, {"@type": "ProductOrder", "productOrderItem": [{**PRODUCT_ITEM, "action": "swap"}]}, False),
        (tmf622, "patch", "/productOrder/1", MERGE, {"@type": "ProductOrder", "state": "held"}, True),
        (tmf622, "patch", "/productOrder/1", MERGE, {"@type": "ProductOrder", "state": "lost"}, False),
        (tmf622, "post", "/cancelProductOrder", None, {"@type": "CancelProductOrder"}, False),
        (tmf641, "post", "/serviceOrder", None, {"@type": "ServiceOrder", "serviceOrderItem": [SERVICE_ITEM]}, True),
        (tmf641, "post", "/serviceOrder", None, {"@type": "ServiceOrder", "serviceOrderItem": [{"id": "1", "action": "add"}]}, False),
        (tmf641, "post", "/serviceOrder", None, {"@type": "ServiceOrder", "serviceOrderItem": [{**SERVICE_ITEM, "state": "acknowledged"}]}, True),
        (tmf641, "post", "/serviceOrder", None, {"@type": "ServiceOrder", "serviceOrderItem": [{**SERVICE_ITEM, "state": {"@type": "ServiceOrderItemStateType", "id": "held"}}]}, True),
        (tmf641, "post", "/serviceOrder", None, {"@type": "ServiceOrder", "serviceOrderItem": [{**SERVICE_ITEM, "state": "lost"}]}, False),
        (tmf641, "post", "/cancelServiceOrder", None, {"@type": "CancelServiceOrder", "serviceOrder": SERVICE_ORDER, "ServiceOrder": SERVICE_ORDER}, True),
        (tmf641, "post", "/cancelServiceOrder", None, {"@type": "CancelServiceOrder", "serviceOrder": SERVICE_ORDER}, False),
        (tmf641, "post", "/cancelServiceOrder", None, {"@type": "CancelServiceOrder"}, False),
        (tmf678, "post", "/customerBillOnDemand", None, {"billingAccount": BILLING_ACCOUNT, "@type": "CustomerBillOnDemand"}, True),
        (tmf678, "post", "/customerBillOnDemand", None, {"@type": "CustomerBillOnDemand"}, False),
        (tmf678, "post", "/customerBillOnDemand", None, {"billingAccount": {"id": "B"}, "@type": "CustomerBillOnDemand"}, False),
        (tmf678, "patch", "/customerBill/1", MERGE, {"@type": "CustomerBill", "state": "onHold"}, True),
        (tmf678, "patch", "/customerBill/1", MERGE, {"@type": "CustomerBill", "state": "paid"}, False),
        (tmf678, "patch", "/customerBill/1", STEPS, [STEP], True),
        (tmf678, "patch", "/customerBill/1", STEPS, [{**STEP, "op": "swap"}], False),
        (tmf678, "post", "/hub", None, {"@type": "Hub", "callback": "http://listener.example"}, True),
        (tmf678, "post", "/hub", None, {"@type": "Hub"}, False),
    ],
)  # fmt: skip
def test_openapi_core_and_the_schema_check_agree_on_a_request(spoke, method, path, media, sent, fits):
    name, media = spoke.SPOKE.document, media or "application/json"
    arguments = {"id": "1"} if path.endswith("/1") else {}
    data = json.dumps(sent).encode()
    address = spoke.SPOKE.base + path
    request = MockRequest("http://gateway.example", method, address, view_args=arguments, data=data, content_type=media)
    operation = whole_of(name)["paths"][path.replace("/1", "/{id}")][method]
    check = body_check(whole_of(name), operation["requestBody"]["content"][media]["schema"])
    if fits:
        core(name).validate_request(request)
        check(sent)
        return
    with pytest.raises(InvalidRequestBody):
        core(name).validate_request(request)
    with pytest.raises(FaceError):
        check(sent)


def members(whole, schema):
    schema = resolve(whole, schema)
    found = {}
    for part in [*schema.get("allOf", []), *schema.get("anyOf", [])]:
        found |= members(whole, part)
    found |= schema.get("properties", {})  # a schema's own count before those of what it is made of
    return found or (members(whole, schema["items"]) if "items" in schema else {})


def words(whole, schema):
    schema = resolve(whole, schema)
    parts = [*schema.get("allOf", []), *schema.get("anyOf", [])]
    return schema.get("enum") or next((found for part in parts if (found := words(whole, part))), None)


SHOWN = [pytest.param(spoke, one, id=f"{spoke.face}-{one.name}") for spoke in SPOKES for one in spoke.resources]


@pytest.mark.parametrize(("spoke", "resource"), SHOWN)
def test_the_tables_name_members_of_the_document(spoke, resource):
    whole, seen = whole_of(spoke.document), set()

    def check(shape, schema):
        if id(shape) in seen:
            return
        seen.add(id(shape))
        known = members(whole, schema)
        if isinstance(shape, Wrapped):
            known = members(whole, known[shape.member]) | {"role": known["role"]}
        for key, row in shape.rows.items():
            if isinstance(row, FormerExternalId) or (key == "value" and shape.model is Characteristic):
                continue
            assert key in known, f"{shape.model.__name__}: the document has no {key}"
            if isinstance(row, One | Many):
                check(row.shape, known[key])
            elif isinstance(row, Inline):
                assert set(row.rows) <= set(members(whole, known[key]))
            elif isinstance(row, Coded) and row.name != "requested_initial_state":
                assert set(row.table.values()) == set(words(whole, known[key])), key
        assert set(shape.carried if isinstance(shape, TypedShape) else ()) <= set(known)

    check(resource.shape, {"$ref": f"#/components/schemas/{resource.schema}"})
    assert resource.update is None or resource.update in whole["components"]["schemas"]


@pytest.mark.parametrize("spoke", SPOKES, ids=lambda one: one.face)
def test_every_event_of_the_spoke_has_its_listener(spoke):
    paths = [path for path, _, _, _ in operations(spoke.document)]
    listening = {path.removeprefix("/listener/") for path in paths if path.startswith("/listener/")}
    told = {one.event_name(event) for one in spoke.resources for event in one.events}
    assert {name[0].lower() + name[1:] for name in told} == listening


def test_every_event_is_told_under_the_names_of_its_document():
    for spoke in SPOKES:
        for one in spoke.resources:
            for event in one.events:
                schema = whole_of(spoke.document)["components"]["schemas"][one.event_name(event)]
                payload = set(members(whole_of(spoke.document), members(whole_of(spoke.document), schema)["event"]))
                assert {one.event_members.get(event, one.name)} == payload - {"informationRequired"}
