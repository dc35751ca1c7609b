"""What one version takes although a member is missing, the other version says as its own document demands."""

from copy import deepcopy

import pytest

from gateway.faces.checks import body_check
from gateway.faces.documents import load_document
from gateway.ports.errors import FaceError
from tests.conformity import DOCUMENTS
from tests.faces.test_two_versions import FILES, PAIRS

_REF = {"id": "1", "@type": "ServiceSpecificationRef"}
DEMANDED_OF_CLIENTS = {
    "Service": {"serviceDate": "2026-03-01", "state": "active", "serviceSpecification": _REF},
    "ExternalReference": {"name": "order"},
    "CancelServiceOrder": {"ServiceOrder": {"id": "SO-71", "@type": "ServiceOrderRef"}},
}

UNDECLARED = {("ServiceOrder",), ("jeopardyAlert",), ("milestone",), ("errorMessage",)}
"""What TMF641 v5 does not let clients send is not looked into; nor has an item of its orders a class, and a value is its
sender's own."""


def places_of(body, here=()):
    """Yield the way to each member of an object, at any depth."""
    steps = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for step, value in steps:
        if isinstance(body, dict):
            yield (*here, step)
        yield from places_of(value, (*here, step))


def without(body, place):
    left = deepcopy(body)
    around = left
    for step in place[:-1]:
        around = around[step]
    del around[place[-1]]
    return left


def checker(spoke, kind, suffix=""):
    document = load_document(DOCUMENTS / spoke.SPOKE.document)
    name = spoke.SPOKE.resource(kind).schema + suffix
    if name not in document["components"]["schemas"]:
        return None
    return body_check(document, {"$ref": f"#/components/schemas/{name}"})


def sent(node):
    """A body as a client has to send it to TMF641 v5, which demands more of it than of what is answered."""
    if isinstance(node, list):
        return [sent(one) for one in node]
    if not isinstance(node, dict):
        return node
    node = {key: sent(value) for key, value in node.items()}
    demanded = DEMANDED_OF_CLIENTS.get(node.get("@type"), {})
    return {**demanded, **node}


def taker(spoke, kind):
    """The checker of what a client sends, where clients make such resources."""
    checks = (checker(spoke, kind, suffix) for suffix in ("_Create", "_FVO", ""))
    return next(check for check in checks if check is not None)


def fault_of(check, body):
    try:
        check(body)
    except FaceError as error:
        return f"{error.reason}; {error.fix}"
    return None


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(("one", "other"), [("v4", "v5"), ("v5", "v4")])
def test_what_lacks_a_member_in_one_version_is_valid_in_the_other(name, one, other):
    whole = sent(load_document(PAIRS / f"{name}.yaml")[one])
    modules = dict(zip(("v4", "v5"), FILES[name], strict=False))
    kind = FILES[name][2]
    reads, says = modules[one].SPOKE.resource(kind), modules[other].SPOKE.resource(kind)
    takes, demands = taker(modules[one], kind), checker(modules[other], kind)
    assert fault_of(takes, whole) is None
    wrong = {}
    tried = 0
    for place in [(), *places_of(whole)]:
        body = without(whole, place) if place else whole
        if fault_of(takes, body) is not None:
            continue
        tried += 1
        fault = fault_of(demands, says.to_wire(reads.from_wire({**body, "id": "1"}), ""))
        if fault is not None:
            wrong[place] = fault
    assert wrong == {}
    assert tried > 1


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("version", ["v4", "v5"])
def test_a_class_without_a_name_is_refused_wherever_it_stands(name, version):
    whole = sent(load_document(PAIRS / f"{name}.yaml")[version])
    module = FILES[name][0 if version == "v4" else 1]
    takes = taker(module, FILES[name][2])
    places = {place[:-1] for place in places_of(whole) if place[-1] == "@type"}
    for place in {(), *places}:
        if "value" in place or place[:1] in UNDECLARED or place[:-1] == ("serviceOrderItem",):
            continue
        body = deepcopy(whole)
        around = body
        for step in place:
            around = around[step]
        around["@type"] = ""
        fault = fault_of(takes, body)
        assert fault is not None, place
        assert "@type is shorter than 1 characters" in fault or "does not fit the schema" in fault, (place, fault)
