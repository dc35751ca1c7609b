"""Tables replaced while the gateway runs: tried, adopted, taken up by other processes, and what they release."""

import asyncio
import gc
import time
from pathlib import Path

import pytest

from gateway.app.demo import bodies
from gateway.app.demo.client import open_holds
from gateway.app.runtime import open_runtime
from gateway.app.settings import Settings
from gateway.ports.adapter import Message, Operation, Role
from gateway.ports.errors import NotSupported, SetupError
from gateway.vocabulary.texts import read_texts

pytestmark = pytest.mark.server

CODES = Path(__file__).parents[2] / "adapters" / "simulated"
MENDED = """\
  XFR: {to: acknowledged, rel: narrower, note: handed to another depot, class: {terminal: false, billable: false}}
  ZZT: {to: inProgress, rel: narrower, note: at work at another depot, class: {terminal: false, billable: false}}
"""


def field_status(version=2, more=MENDED, codes="XFR, ZZT, "):
    text = read_texts(CODES / "field" / "codes.yaml")["field-status"].text
    text = text.replace("version: 1", f"version: {version}").replace("codes: [", f"codes: [{codes}")
    return text.replace("map:\n", "map:\n" + more)


def fibre(name):
    item = bodies.added("1", "FIBRE-500", 1011, place=1011, characteristics=[bodies.rate(500)])
    return bodies.product_order(name, 1011, [item])


async def until(condition, seconds=30.0):
    limit = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < limit
        await asyncio.sleep(0.05)


async def test_one_correction_releases_every_order_that_it_held_and_sends_nothing_twice(gateway):
    names = [f"transfer-{number}" for number in range(12)]
    for name in names:
        await gateway.misbehave("field-work", name, "unknown-code")
    orders = [await gateway.send(fibre(name)) for name in names]
    healthy = await gateway.send(fibre("healthy"))
    for order in orders:
        timeline = await gateway.end(order)
        assert {finding["code"] for hold in open_holds(timeline) for finding in hold["findings"]} == {"VOC-001"}
    assert (await gateway.end(healthy))["lifecycle"]["checkpoint"] == "closed"

    workshop = gateway.runtime.workshop
    asked = await workshop.take_up([field_status()], who="anna", reason="a new depot")
    assert sorted(asked) == sorted(orders)

    async def all_closed():
        timelines = [await gateway.client.timeline(one) for one in orders]
        return {timeline["lifecycle"]["checkpoint"] for timeline in timelines} == {"closed"}

    await until(all_closed)
    for order in orders:
        timeline = await gateway.client.timeline(order)
        read_with = {
            fact["source"].get("vocabulary") for fact in timeline["facts"] if fact["predicate"].startswith("app")
        }
        assert any("field-status@2" in one for one in read_with)
    for role in ("customer", "field-work", "activation", "billing"):
        assert (await gateway.journal(role))["duplicates"] == 0


async def test_a_table_on_trial_looks_and_sends_nothing(gateway):
    await gateway.misbehave("field-work", "tried", "unknown-code")
    order = await gateway.send(fibre("tried"))
    assert open_holds(await gateway.end(order))
    before = await gateway.journal("field-work")
    aggregate = await gateway.runtime.repository.load(order)
    message = Message(
        id="trial",
        role=Role.FIELD_WORK,
        operation=Operation.BOOK,
        order=aggregate.product_order,
        reference=gateway.runtime.desk.terms.reference_for(aggregate.product_order, aggregate.lifecycle.reference),
    )
    workshop = gateway.runtime.workshop
    async with workshop.trial([field_status()]) as adapters:
        report = await adapters[Role.FIELD_WORK].fetch(message)
        assert [fact.predicate for fact in report.facts] == ["appointment.booked"]
        with pytest.raises(NotSupported):
            await adapters[Role.FIELD_WORK].submit(message)
        with pytest.raises(NotSupported):
            await adapters[Role.BILLING].cancel(message)
    assert await gateway.journal("field-work") == before
    assert open_holds(await gateway.client.timeline(order))
    assert workshop.tables["field-status"].table.version == 1


async def test_a_replaced_adapter_stays_open_as_long_as_somebody_holds_it(gateway):
    workshop = gateway.runtime.workshop
    held = workshop.adapters()[Role.FIELD_WORK]
    await workshop.adopt([field_status()], who="anna", reason="a new depot")
    assert workshop.adapters()[Role.FIELD_WORK] is not held
    assert await held.check()
    assert workshop._lender.open == 5
    del held
    gc.collect()
    await asyncio.sleep(0.05)
    assert workshop._lender.open == 4


async def test_a_table_that_is_not_sound_changes_nothing(gateway):
    workshop = gateway.runtime.workshop
    before = workshop.adapters()
    for text, words in (
        (field_status(version=1), "does not rise"),
        (field_status(codes=""), "not among source.codes"),
        (field_status().replace("vocab: field-status", "vocab: elsewhere"), "no adapter"),
        ("vocab: [", "is not YAML"),
    ):
        for refused in (workshop.adopt, workshop.stage):
            with pytest.raises(SetupError, match=words):
                await refused([text], who="anna", reason="")
    await workshop.adopt([field_status(version=1, more="", codes="")], who="anna", reason="what is in use already")
    assert workshop.adapters() == before


async def test_what_was_adopted_outlives_the_process_and_reaches_others(tmp_path):
    settings = Settings(port=0, database=f"sqlite:///{tmp_path / 'gateway.sqlite'}", pace=0.0)
    async with open_runtime(settings) as first:
        async with open_runtime(settings.model_copy(update={"workers": 0})) as second:
            await first.workshop.adopt([field_status()], who="anna", reason="a new depot")
            assert second.workshop.tables["field-status"].table.version == 1

            async def taken_up():
                return second.workshop.tables["field-status"].table.version == 2

            await until(taken_up, 5.0)
        with pytest.raises(SetupError, match="does not rise"):
            await first.workshop.adopt([field_status(more=MENDED.replace("depot", "crew"))], who="bob", reason="")
    async with open_runtime(settings) as again:
        assert again.workshop.tables["field-status"].table.version == 2
        assert again.workshop.tables.is_changed(Role.FIELD_WORK)


async def test_a_process_that_has_not_looked_yet_holds_nothing_for_a_code_that_another_has_adopted(
    gateway, monkeypatch
):
    monkeypatch.setattr("gateway.app.workshop.LOOK_SECONDS", 3600.0)
    for name in ("before", "after"):
        await gateway.misbehave("field-work", name, "unknown-code")
    held = await gateway.send(fibre("before"))
    assert open_holds(await gateway.end(held))
    settings = gateway.runtime.settings.model_copy(update={"workers": 0})
    async with open_runtime(settings) as other:
        asked = await other.workshop.take_up([field_status()], who="anna", reason="a new depot")
    assert list(asked) == [held]
    timeline = await gateway.end(await gateway.send(fibre("after")))
    assert timeline["lifecycle"]["checkpoint"] == "closed", open_holds(timeline)
    assert timeline["holds"] == []

    async def closed():
        return (await gateway.client.timeline(held))["lifecycle"]["checkpoint"] == "closed"

    await until(closed)
    assert (await gateway.journal("field-work"))["duplicates"] == 0
