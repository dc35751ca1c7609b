"""Honest orders that look wrong: each goes through its gates with nothing above a warning."""

import pytest

from gateway.canonical.fact import PREDICATES
from gateway.canonical.judgement import Gate, Severity, Verdict
from gateway.rules.engine import judge, judge_all

MOBILE = {
    "product_order.billing_account": {"id": "1513"},
    "product_order.items": [
        {
            "id": "100",
            "action": "add",
            "offering": {"id": "BUNDLE"},
            "relationships": [{"id": "110", "type": "bundles"}, {"id": "120", "type": "bundles"}],
        },
        {
            "id": "110",
            "action": "add",
            "offering": {"id": "VOICE"},
            "product": {"characteristics": [{"name": "TEL_MSISDN", "value": "+14152797439", "value_type": "string"}]},
            "prices": [
                {
                    "price_type": "nonRecurring",
                    "tax_rate": 0,
                    "net": {"amount": "0.99", "currency": "EUR"},
                    "gross": {"amount": "0.99", "currency": "EUR"},
                }
            ],
        },
        {
            "id": "120",
            "action": "add",
            "offering": {"id": "TARIFF"},
            "relationships": [{"id": "110", "type": "reliesOn"}],
            "prices": [
                {
                    "price_type": "recurring",
                    "period": "month",
                    "tax_rate": 0,
                    "net": {"amount": 20, "currency": "EUR"},
                    "gross": {"amount": 20, "currency": "EUR"},
                    "alterations": [{"price_type": "recurring", "period": "month", "duration": 3, "percentage": 20}],
                }
            ],
        },
    ],
}


@pytest.fixture
def wire_only(trace_of, catalogue):
    """Judge an order as it is taken in: nothing is known but the wire."""

    def ask(settings):
        trace = trace_of("ordered", settings, ["facts", "reference"])
        return judge(trace, Gate.INTAKE, catalogue, not_yet=PREDICATES)

    return ask


def test_a_bundle_with_one_account_and_a_dialable_number_is_taken(wire_only):
    judgement = wire_only(MOBILE)
    assert (judgement.verdict, judgement.findings) == (Verdict.ADVANCE, ())


def test_a_bundle_with_swapped_dates_no_accounts_and_half_a_number_is_refused_for_just_that(wire_only):
    wrong = {
        **MOBILE,
        "product_order.billing_account": None,
        "product_order.items[2].billing_account": {"id": "1513"},
        "product_order.requested_start": "2026-03-20T16:00:00Z",
        "product_order.requested_completion": "2026-03-19T16:00:00Z",
        "product_order.items[1].product.characteristics[0].value": "415 279 7439",
    }
    judgement = wire_only(wrong)
    assert judgement.verdict is Verdict.REJECT
    assert [(finding.code, finding.path) for finding in judgement.findings] == [
        ("IDN-001", "product_order.items[1].product.characteristics[0].value"),
        ("ORD-005", "product_order.items[0].billing_account"),
        ("ORD-005", "product_order.items[1].billing_account"),
        ("ORD-006", "product_order.requested_completion"),
    ]


OLD = {"id": "PR-9", "customer": "C-1", "status": "active", "offering": "OFF-500", "place": "ADDR-2"}


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param(
            {
                "reference.products": [OLD],
                "product_order.items[+]": {
                    "id": "2",
                    "action": "delete",
                    "product": {"id": "PR-9", "places": [{"id": "ADDR-2"}]},
                    "relationships": [{"id": "1", "type": "replacedBy"}],
                },
            },
            id="a move: delete there, add here",
        ),
        pytest.param(
            {
                "reference.products": [OLD],
                "product_order.items[+]": {
                    "id": "2",
                    "action": "modify",
                    "product": {"id": "PR-9", "status": "suspended"},
                },
            },
            id="a suspension",
        ),
        pytest.param(
            {
                "reference.products": [{**OLD, "status": "suspended"}],
                "product_order.items[+]": {
                    "id": "2",
                    "action": "modify",
                    "product": {"id": "PR-9", "status": "active"},
                },
            },
            id="a resumption",
        ),
        pytest.param(
            {
                "reference.products": [OLD],
                "product_order.items[+]": {
                    "id": "2",
                    "action": "modify",
                    "product": {"id": "PR-9", "characteristics": [{"name": "downstreamRate", "value": 100000}]},
                },
            },
            id="a slower line without a price",
        ),
        pytest.param(
            {
                "reference.products": [OLD],
                "product_order.items[+]": {"id": "2", "action": "noChange", "product": {"id": "PR-9"}},
            },
            id="an item that stays as it is",
        ),
        pytest.param(
            {"product_order.requested_completion": "2026-03-01T00:00:00Z", "product_order.requested_start": None},
            id="a wish for the day of the order",
        ),
        pytest.param({"product_order.items[0].prices": []}, id="no price stated but the catalogue's"),
        pytest.param({"product_order.items[0].product.characteristics[0].value": "0.5 Gbit/s"}, id="another unit"),
        pytest.param({"zone": "Asia/Kathmandu"}, id="another zone"),
    ],
)
def test_an_honest_order_has_nothing_above_a_warning(settings, trace_of, catalogue):
    for judgement in judge_all(trace_of("ordered", settings), catalogue):
        assert [finding for finding in judgement.findings if finding.severity is not Severity.WARN] == []
