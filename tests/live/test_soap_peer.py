"""The adapter for SOAP with PHP's engine."""

import time
from pathlib import Path

import pytest

from adapters.soap.plugin import PLUGIN
from gateway.canonical.common import Place
from gateway.ports.adapter import Role
from gateway.ports.errors import TryLater
from gateway.ports.outcome import Known
from tests.adapters.orders import done, fibre, rates, said

SOLD = {"downstreamRate": {"amount": 500000, "units": "kbit/s"}, "upstreamRate": {"amount": 50000, "units": "kbit/s"}}


@pytest.fixture
async def soap(soap_peer):
    adapter = PLUGIN.create(Role.ACTIVATION, PLUGIN.settings(url=soap_peer), Path())
    yield adapter
    await adapter.close()


def at(place, message):
    """Return a message whose product stands at a place."""
    (item,) = message.order.items
    product = item.product.model_copy(update={"places": (Place(id=place, role="installation"),)})
    order = message.order.model_copy(update={"items": (item.model_copy(update={"product": product}),)})
    return message.model_copy(update={"order": order})


async def test_a_service_s_whole_life(soap):
    began = time.perf_counter()
    for _ in range(2):
        on = await done(soap, fibre(order="P-1"))
    assert [one.value for one in said(on, "service.activated")] == [SOLD, SOLD]
    same = {"product": "PR-P-1-1", "action": "modify"}
    slower = await done(soap, fibre(order="P-2", characteristics=rates(100000, 20000), **same))
    assert said(slower, "service.activated", "soap-probe")[0].value["downstreamRate"]["amount"] == 100000
    assert said(await done(soap, fibre(order="P-3", state="inactive", **same)), "service.suspended", "soap-probe")
    assert said(await done(soap, fibre(order="P-4", was="suspended", **same)), "service.resumed", "soap-probe")
    ended = await done(soap, fibre(order="P-5", action="delete", state="terminated", product="PR-P-1-1"))
    assert said(ended, "service.ceased", "soap-probe")
    assert await soap.outcome_of(fibre(order="P-1")) is Known.PRESENT
    print(f"\nsoap: add, change, suspend, resume, cease, each measured: {time.perf_counter() - began:.2f} s")


async def test_a_fault_with_status_500_refuses_the_item(soap):
    report = await done(soap, at("NOWHERE", fibre(order="P-6")))
    (refusal,) = report.refusals
    assert (refusal.legacy_code.rpartition(":")[2], refusal.legacy_text) == ("Client.NoPort", "no port at that site")


async def test_a_fault_that_passes_is_tried_later_and_made_nothing(soap):
    with pytest.raises(TryLater, match="come again"):
        await soap.submit(at("BUSY", fibre(order="P-7")))
    assert await soap.outcome_of(fibre(order="P-7")) is Known.ABSENT


async def test_what_was_added_is_ended_by_a_cancellation(soap):
    await done(soap, fibre(order="P-8"))
    assert said(await soap.cancel(fibre(order="P-8")), "service.ceased")


async def test_its_health(soap):
    assert await soap.check() == "soap answers; its WSDL is what the mapping needs"
