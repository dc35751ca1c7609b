"""What is asked of Request Tracker, and what has to come of it: with a real one, and with what it answered once.

Each scenario takes the adapter, the moment at which it is played, and `crew`: what a crew does to a ticket, which is
part of the recording too.
"""

from datetime import timedelta

import pytest

from gateway.ports.adapter import Outcome
from gateway.ports.errors import Refused, UnknownCode
from gateway.ports.loss import Fate
from gateway.ports.outcome import Known
from tests.adapters.selling import message, rich, said, sold


def ordered(operation, now, *items, order, when=True, **more):
    """Return a message of an order that is to be done within a day."""
    made = message("field-work", operation, *items, order=order, **more)
    if not when:
        return made
    dates = {"requested_start": now, "requested_completion": now + timedelta(days=1)}
    return made.model_copy(update={"order": made.order.model_copy(update=dates)})


async def until_done(adapter, asked, crew):
    """Fetch until it is done: a worker of Request Tracker may show a ticket for some seconds as it was before."""
    for _ in range(60):
        report = await adapter.fetch(asked)
        if report.outcome is Outcome.DONE:
            break
        await crew.pause()
    return report


async def books_and_builds(adapter, now, crew):
    """A ticket is opened once, opened for the crew once, and read when it is resolved."""
    book, build = (ordered(one, now, sold(), order="F-1") for one in ("book", "build"))
    assert await adapter.outcome_of(book) is Known.ABSENT
    assert (await adapter.fetch(book)).outcome is Outcome.WORKING
    report = await adapter.submit(book)
    again = await adapter.submit(book)
    assert report.outcome is Outcome.DONE
    assert report.legacy_ids == again.legacy_ids
    (booked,) = said(report, "appointment.booked", "item:1")
    ticket = booked.value["appointment"]
    assert booked.value["place"] == "ADDR-1011"
    assert await adapter.outcome_of(book) is Known.PRESENT
    assert await adapter.outcome_of(build) is Known.ABSENT
    assert (await adapter.submit(build)).outcome is Outcome.WORKING
    assert (await adapter.submit(build)).outcome is Outcome.WORKING
    assert await adapter.outcome_of(build) is Known.PRESENT
    await crew(ticket, "resolved", Serial=["ALCL00000001"], Evidence=["PHOTO house.jpg", "OTDR trace.sor -18.2 dBm"])
    report = await until_done(adapter, build, crew)
    (done,) = said(report, "field.completed", "item:1")
    assert done.value == {
        "appointment": ticket,
        "place": "ADDR-1011",
        "serial": "ALCL00000001",
        "lightLevel": {"amount": -18.2, "units": "dBm"},
    }
    assert [(one.kind, one.ref) for one in done.evidence] == [("photo", "house.jpg"), ("lightLevel", "trace.sor")]
    (bound,) = said(report, "device.bound", "item:1")
    assert bound.value == {"serial": "ALCL00000001"}
    assert bound.observed_at == done.observed_at
    with pytest.raises(Refused):
        await adapter.cancel(build)
    stays = await adapter.cancel(build.model_copy(update={"leave_done": True}))
    assert said(stays, "field.completed")


async def waits_for_a_dispatcher(adapter, now, crew):
    """A visit without a time is not booked before somebody has set one."""
    book = ordered("book", now, sold(), order="F-2", when=False)
    report = await adapter.submit(book)
    assert report.outcome is Outcome.WORKING
    (ticket,) = report.legacy_ids.values()
    assert (await adapter.submit(book)).legacy_ids == report.legacy_ids
    await crew(ticket, None, Starts="2030-01-07 08:00:00", Due="2030-01-07 12:00:00")
    (booked,) = said(await until_done(adapter, book, crew), "appointment.booked")
    assert booked.value["start"] == "2030-01-07T08:00:00+00:00"


async def calls_off(adapter, now, _crew):
    """A ticket that is called off stays so; the same again does nothing, and the item is refused."""
    book, build = (ordered(one, now, sold(), order="F-3") for one in ("book", "build"))
    await adapter.submit(book)
    await adapter.cancel(book)
    await adapter.cancel(book)
    report = await adapter.submit(build)
    assert [(one.subject, one.legacy_code) for one in report.refusals] == [("item:1", "rejected")]


async def ships(adapter, now, crew):
    """What needs no visit is chosen to be installed by the customer, and its boxes are shipped."""
    items = (sold("2", "TV-BASIC"),)
    (chosen,) = said(await adapter.submit(ordered("book", now, *items, order="F-4")), "selfinstall.chosen")
    assert chosen.value == {"chosen": True, "place": "ADDR-1011"}
    build = ordered("build", now, *items, order="F-4")
    report = await adapter.submit(build)
    (ticket,) = (await adapter.fetch(build)).legacy_ids.values()
    await crew(ticket, "resolved", Serial=["STB-1", "STB-2"])
    report = await until_done(adapter, build, crew)
    assert not said(report, "field.completed")
    assert [one.value for one in said(report, "device.bound")] == [{"serial": "STB-1", "serials": ["STB-1", "STB-2"]}]


async def knows_no_other_evidence(adapter, now, crew):
    """A document of a kind that no table has is not guessed."""
    book, build = (ordered(one, now, sold(), order="F-5") for one in ("book", "build"))
    (ticket,) = (await adapter.submit(book)).legacy_ids.values()
    await adapter.submit(build)
    await crew(ticket, "resolved", Serial=["ALCL00000002"], Evidence=["SKETCH cellar.png"])
    with pytest.raises(UnknownCode) as caught:
        await until_done(adapter, build, crew)
    assert (caught.value.legacy_code, caught.value.subject) == ("SKETCH", "item:1")


async def keeps_account(adapter, _now, crew):
    """Of an order that says nearly all, and of its tickets, nothing is lost that nobody has declared."""
    (ticket,) = (await adapter.submit(rich("field-work", "book", order="F-6"))).legacy_ids.values()
    build = rich("field-work", "build", order="F-6")
    await adapter.submit(build)
    await crew(ticket, "resolved", Serial=["ALCL00000003"], Evidence=["PHOTO house.jpg"])
    await until_done(adapter, build, crew)
    assert [str(one) for one in adapter.losses.findings] == []
    fates = {one.member: one.fate for one in adapter.losses.report("F-6:build").members}
    assert fates["ticket.CustomFields.Serial"] is fates["history.NewValue"] is Fate.MAPPED
    assert fates["ticket.CustomFields.Devices"] is fates["order.items.prices.net"] is Fate.DROPPED
    booked = {one.member: one.fate for one in adapter.losses.report("F-6:book").members}
    assert booked["order.notes.text"] is booked["order.description"] is Fate.MAPPED


async def tells_of_what_was_called_off(adapter, now, crew):
    """A dispatcher turns a visit down: it is refused, and no appointment; sent anew, it is opened anew."""
    book = ordered("book", now, sold(), order="F-7")
    (ticket,) = (await adapter.submit(book)).legacy_ids.values()
    await crew(ticket, "rejected")
    for _ in range(60):
        report = await adapter.fetch(book)
        if report.refusals:
            break
        await crew.pause()
    assert [(one.subject, one.legacy_code) for one in report.refusals] == [("item:1", "rejected")]
    assert not report.facts
    assert await adapter.outcome_of(book) is Known.ABSENT
    (other,) = (await adapter.submit(book)).legacy_ids.values()
    assert other != ticket


SCENARIOS = (
    books_and_builds,
    waits_for_a_dispatcher,
    calls_off,
    ships,
    knows_no_other_evidence,
    keeps_account,
    tells_of_what_was_called_off,
)
