"""Each fact names the tables that it was read with, and no other."""

import pytest

from tests.app.test_workshop import fibre

pytestmark = pytest.mark.server

READ_WITH = {
    "party.identified": {"crm-role"},
    "account.open": {"crm-account-status"},
    "credit.ok": {"crm-flag"},
    "address.resolved": set(),
    "site.qualified": {"crm-profile", "crm-technology", "crm-flag"},
    "price.agreed": {"crm-price-type", "crm-currency"},
    "resource.reserved": {"activation-resource-kind"},
    "appointment.booked": {"field-status"},
    "field.completed": {"field-status", "field-document", "field-level-unit"},
    "device.bound": {"field-status"},
    "resource.assigned": {"activation-service-state", "activation-rate-unit"},
    "charge.started": {"billing-charge-kind"},
    "rate.created": {"billing-charge-kind"},
    "bill.balanced": {"billing-currency"},
    "bill.sent": {"billing-invoice-state"},
    "ledger.posted": {"billing-currency"},
}
ACTIVATED = {
    "simulated-activation": {"activation-service-state", "activation-rate-unit"},
    "simulated-probe": {"activation-rate-unit"},
}


async def test_every_fact_names_the_tables_that_it_was_read_with(gateway):
    timeline = await gateway.end(await gateway.send(fibre("tables")))
    seen = set()
    for fact in timeline["facts"]:
        source, predicate = fact["source"], fact["predicate"]
        named = set((source.get("vocabulary") or "").split())
        assert all(one.endswith("@1") for one in named)
        ids = {one.removesuffix("@1") for one in named}
        if source.get("adapter") is None:
            assert not ids
        elif predicate == "service.activated":
            assert ids == ACTIVATED[source["system"]]
            seen.add(predicate)
        elif predicate in READ_WITH:
            assert ids == READ_WITH[predicate], predicate
            seen.add(predicate)
    assert seen == {*READ_WITH, "service.activated"}
