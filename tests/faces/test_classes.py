"""What is either a reference or written out: the class that an object says decides what it has to have."""

from pathlib import Path

import pytest

from gateway.faces.checks import body_check, for_patch
from gateway.faces.documents import load_document
from gateway.ports.errors import FaceError

DOCUMENT = load_document(Path(__file__).parents[2] / "openapi" / "tmf641" / "v5.yaml")
UNION = {"$ref": "#/components/schemas/ServiceRefOrValue_FVO"}
WHOLE = {
    "@type": "Service",
    "state": "active",
    "serviceDate": "2026-03-01",
    "serviceSpecification": {"id": "S", "@type": "ServiceSpecificationRef"},
}


@pytest.mark.parametrize(
    ("service", "lacks"),
    [
        (WHOLE, None),
        ({"@type": "ServiceRef", "id": "1"}, None),
        ({"@type": "ServiceRef"}, "id"),
        ({"@type": "Service", "id": "1", "serviceSpecification": WHOLE["serviceSpecification"]}, "serviceDate"),
        ({"@type": "VendorService", "@baseType": "Service", "id": "1"}, None),  # a class that only its vendor knows
        ({"id": "1"}, "ServiceRefOrValue"),
    ],
)
def test_the_class_of_an_object_decides_what_it_lacks(service, lacks):
    check = body_check(DOCUMENT, UNION)
    if lacks is None:
        check(service)
        return
    with pytest.raises(FaceError) as refused:
        check(service)
    if lacks != "ServiceRefOrValue":
        assert lacks in f"{refused.value.reason} {refused.value.fix}"


def test_in_a_patch_the_class_demands_nothing():
    check = for_patch(DOCUMENT, UNION)
    check({"@type": "Service", "name": "access"})
    check({"name": "access"})
    with pytest.raises(FaceError, match="state"):
        check({"@type": "Service", "state": "asleep"})


def test_the_choice_leads_to_schemas_that_the_document_has():
    schemas = DOCUMENT["components"]["schemas"]
    unions = [one for one in schemas.values() if "anyOf" in one and "mapping" in one.get("discriminator", {})]
    assert unions
    for union in unions:
        leads = {ref.rpartition("/")[2] for ref in union["discriminator"]["mapping"].values()}
        assert leads == {part["$ref"].rpartition("/")[2] for part in union["anyOf"]}
        assert leads <= schemas.keys()
