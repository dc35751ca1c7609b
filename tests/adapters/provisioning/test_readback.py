"""Reading the simulated systems back: what is there now, with nothing changed by looking."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from gateway.ports.adapter import Capability, Role
from gateway.ports.errors import TryLater
from gateway.ports.readback import INVENTORY, OBSERVE, ReadBack, reader_of


def speed(mbit):
    return ("downstreamRate", {"amount": mbit, "units": "Mbit/s"})


@pytest.fixture
async def running(activation, make):
    message = make.message("activate", [make.sold("1", "FIBRE-500", speed(500))], "CFS-FTTH")
    report = await activation.submit(message)
    while report.outcome == "working":
        report = await activation.fetch(message)
    return message.model_copy(update={"legacy_ids": dict(report.legacy_ids)})


async def test_both_adapters_declare_that_they_can_be_read(activation, billing):
    for adapter in (activation, billing):
        assert isinstance(adapter, ReadBack)
        for name in (OBSERVE, INVENTORY):
            assert adapter.capabilities[name] is Capability.FULL
            assert reader_of(adapter, name) is adapter


async def test_a_service_is_observed_now_and_holds_since_it_was_activated(activation, running, journal):
    before = await journal(Role.ACTIVATION)
    asked = datetime.now(UTC)
    report = await activation.observe(running)
    said = {(fact.predicate, fact.source.system): fact for fact in report.facts}
    assert set(said) == {
        ("service.activated", "simulated-activation"),
        ("service.activated", "simulated-probe"),
    }
    for fact in said.values():
        assert fact.observed_at >= asked > fact.valid_from
        assert fact.value["downstreamRate"] == {"amount": 500000, "units": "kbit/s"}
    assert await journal(Role.ACTIVATION) == before


async def test_an_item_that_nobody_provisioned_is_not_there(activation, make):
    message = make.message("activate", [make.sold("9", "FIBRE-500", speed(500))], "CFS-FTTH")
    assert (await activation.observe(message)).facts == ()


async def test_a_system_that_is_down_is_for_later(activation, running, misbehave):
    await misbehave(Role.ACTIVATION, "down:5")
    with pytest.raises(TryLater):
        await activation.observe(running)


async def test_the_inventory_lists_every_service_and_can_be_taken_up_again(activation, running):
    everything = [item async for item in activation.inventory()]
    assert len({item.legacy_id for item in everything}) == len(everything) == 12
    mine = everything[-1]
    assert (mine.reference, mine.product, mine.state, mine.runs) == ("O-1", "PR-NEW-1", "active", True)
    strange = next(item for item in everything if item.legacy_id == "456")
    assert (strange.state, strange.runs) == (None, False)  # its type has no word of ours
    assert [item async for item in activation.inventory(after=10)] == everything[10:]


async def test_charges_are_observed_as_they_stand(billing, make):
    items = [make.sold("1", "FIBRE-500")]
    done = await billing.submit(make.message("charge", items, role=Role.BILLING))
    report = await billing.observe(make.message("charge", items, role=Role.BILLING))
    assert [rate.id for rate in report.rates] == [rate.id for rate in done.rates]
    assert report.rates == done.rates
    assert {fact.predicate for fact in report.facts} == {"charge.started", "rate.created"}


async def test_a_charge_that_nobody_stopped_is_observed_with_the_order_that_should_have(billing, make):
    leaving = [make.sold("1", "FIBRE-100", action="delete", product="PR-1001")]
    message = make.message("charge", leaving, role=Role.BILLING)
    (rate,) = (await billing.observe(message)).rates
    assert (rate.id, rate.item_id, rate.net.amount) == ("CH-1001", "1", Decimal(25))
    assert rate.period_cover.end > datetime.now(UTC)
    await billing.submit(message)
    assert (await billing.observe(message)).rates == ()


async def test_the_inventory_of_charges_says_which_run(billing, make):
    leaving = [make.sold("1", "FIBRE-100", action="delete", product="PR-1001")]
    await billing.submit(make.message("charge", leaving, role=Role.BILLING))
    charges = {item.legacy_id: item async for item in billing.inventory()}
    assert charges["CH-1001"].runs is False
    assert charges["CH-1002"].runs is True
    assert charges["CH-1002"].net.minor == 2500
