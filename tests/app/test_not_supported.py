"""What an adapter declares that it cannot do: 501 where a client asks for it, a hold where an order needs it."""

import pytest

from adapters.simulated.activation.adapter import ActivationAdapter
from adapters.simulated.billing.adapter import BillingAdapter
from gateway.app.demo import bodies
from gateway.ports.adapter import Capability

pytestmark = pytest.mark.server


@pytest.fixture
def lacking(monkeypatch):
    for adapter, word, said in (
        (BillingAdapter, "on-demand", Capability.NOT_IMPLEMENTED),
        (ActivationAdapter, "reserve", Capability.IMPOSSIBLE),
    ):
        monkeypatch.setattr(adapter, "capabilities", {**adapter.capabilities, word: said})


async def test_what_is_declared_as_lacking_is_never_asked_for(lacking, gateway):
    for version in ("v4", "v5"):
        path = f"/tmf-api/customerBillManagement/{version}/customerBillOnDemand"
        asked = await gateway.http.post(
            path,
            json={
                "billingAccount": {"id": "BA-1011", "@type": "BillingAccountRef"},
                "@type": "CustomerBillOnDemand",
            },
        )
        assert asked.status_code == 501, asked.text
        assert asked.json()["code"] == "notSupported"
        assert "simulated-billing has no on-demand (declared not-implemented)" in asked.json()["reason"]
        assert (await gateway.http.get(path)).json() == []
    item = bodies.added("1", "FIBRE-500", 1011, place=1011, characteristics=[bodies.rate(500)])
    order = await gateway.send(bodies.product_order("lacking-1", 1011, [item]))
    (hold,) = (await gateway.end(order))["holds"]
    assert hold["findings"][0]["code"] == "notSupported"
    assert "simulated-activation has no reserve (declared impossible)" in hold["findings"][0]["reason"]
    assert (await gateway.journal("activation", "lacking-1"))["entries"] == []
