"""What holds every answer of the tests against its document does refuse: a check that cannot fail would say nothing."""

import json

import pytest

from tests.conformity import Conformity, NotAsDeclared

ORDERS = "http://gateway.test/tmf-api/productOrderingManagement/v4/productOrder"
COUNTS = {"X-Total-Count": "1", "X-Result-Count": "1", "content-type": "application/json"}
ORDER = {"id": "1", "state": "held", "productOrderItem": [{"id": "1", "action": "add"}]}
WRONG = {
    "an undeclared status": ("GET", ORDERS, 299, COUNTS, []),
    "an undeclared media type": ("GET", ORDERS, 200, COUNTS | {"content-type": "text/plain"}, []),
    "a header that is not there": ("GET", ORDERS, 200, {"content-type": "application/json"}, []),
    "a member of another type": ("GET", ORDERS, 200, COUNTS, [ORDER | {"state": 7}]),
    "a member that is missing": ("GET", ORDERS, 200, COUNTS, [{"id": "1"}]),
    "a body where none is declared": ("DELETE", ORDERS + "/1", 204, {}, {}),
    "another method without Allow": ("PUT", ORDERS, 405, {}, {}),
    "an error that is none": ("GET", ORDERS + "/1", 404, COUNTS, {"code": "notFound"}),
}


@pytest.mark.parametrize("times", [0, 1], ids=["jsonschema-rs", "openapi-core as well"])
@pytest.mark.parametrize("name", WRONG)
def test_an_answer_that_is_not_declared_is_refused(name, times):
    method, url, status, headers, body = WRONG[name]
    with pytest.raises(NotAsDeclared):
        Conformity(times).check(method, url, status, headers, json.dumps(body).encode())


def test_openapi_core_alone_refuses_as_well(monkeypatch):
    conformity = Conformity(1)
    monkeypatch.setattr(conformity, "_check", lambda *_args, **_more: None)
    with pytest.raises(NotAsDeclared, match="openapi-core"):
        conformity.check("GET", ORDERS, 200, COUNTS, json.dumps([ORDER | {"state": 7}]).encode())


@pytest.mark.parametrize("word", ["Guild", "Painters' guild"])
def test_a_class_that_a_vendor_added_passes_and_what_is_wrong_beside_it_does_not(word):
    conformity, orders = Conformity(1), ORDERS.replace("/v4/", "/v5/")
    item = {"id": "1", "action": "add", "@type": "ProductOrderItem"}
    party = {
        "@type": "RelatedPartyRefOrPartyRoleRef",
        "role": "payer",
        "partyOrPartyRole": {"id": "7", "@type": word},
    }
    order = {"id": "1", "@type": "ProductOrder", "state": "held", "productOrderItem": [item], "relatedParty": [party]}
    conformity.check("GET", orders, 200, COUNTS, json.dumps([order]).encode())
    with pytest.raises(NotAsDeclared):
        Conformity(1).check("GET", orders, 200, COUNTS, json.dumps([order | {"state": 7}]).encode())


def test_a_good_answer_passes_and_chosen_members_may_be_few():
    conformity = Conformity(1)
    conformity.check("GET", ORDERS, 200, COUNTS, json.dumps([ORDER]).encode())
    conformity.check("GET", ORDERS + "?fields=id", 200, COUNTS, b'[{"id":"1"}]')
    assert sum(conformity.by_core.values()) == 2
