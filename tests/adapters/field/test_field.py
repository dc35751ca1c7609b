"""The field-work adapter against its simulator: appointments, visits, boxes by post, and what goes wrong with them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.simulated.field.adapter import FieldAdapter
from adapters.simulated.field.faults import check_change
from adapters.simulated.launch import LocalSimulation
from adapters.simulated.plugins import FIELD
from gateway.ports.adapter import Operation, Outcome, Report, Role
from gateway.ports.errors import NotSupported, OutcomeUnknown, Refused, TryLater, UnknownCode, Unreadable
from gateway.ports.outcome import Known


@pytest.fixture
async def field(simulation: LocalSimulation) -> AsyncIterator[FieldAdapter]:
    adapter = FIELD.create(Role.FIELD_WORK, FIELD.settings(**simulation.settings[Role.FIELD_WORK]), Path())
    assert isinstance(adapter, FieldAdapter)
    yield adapter
    await adapter.close()


def said(report: Report) -> dict[str, dict]:
    return {str(fact.key): fact.value for fact in report.facts}


async def built(field: FieldAdapter, message) -> Report:
    assert (await field.submit(message)).outcome is Outcome.WORKING
    return await field.fetch(message)


async def test_a_visit_is_booked_and_a_box_is_posted(field, message, item, journal):
    book = message(Role.FIELD_WORK, Operation.BOOK, item(), item("2", "TV-BASIC"), item("3", "VOICE"))
    facts = said(await field.submit(book))
    assert set(facts) == {"appointment.booked item:1", "selfinstall.chosen item:2"}
    assert facts["appointment.booked item:1"]["place"] == "ADDR-1001"
    again = said(await field.submit(book))
    assert again["appointment.booked item:1"] == facts["appointment.booked item:1"]
    assert (await journal(Role.FIELD_WORK))["duplicates"] == 0


async def test_a_visit_is_done_with_evidence(field, message, item):
    booked = await field.submit(message(Role.FIELD_WORK, Operation.BOOK, item(), item("2", "TV-BASIC")))
    build = message(Role.FIELD_WORK, Operation.BUILD, item(), item("2", "TV-BASIC"), facts=booked.facts)
    report = await built(field, build)
    facts = said(report)
    done = facts["field.completed item:1"]
    assert done["appointment"] == facts.get("x", said(booked)["appointment.booked item:1"])["appointment"]
    assert done["serial"] == facts["device.bound item:1"]["serial"]
    assert facts["device.bound item:2"]["serial"].startswith("STBX")
    assert "field.completed item:2" not in facts
    visit = next(fact for fact in report.facts if fact.predicate == "field.completed")
    assert {one.kind for one in visit.evidence} == {"photo", "lightLevel", "serial", "test"}
    assert visit.source.system == "simulated-field"
    assert visit.observed_at.tzinfo


async def test_a_lost_answer_is_found_again(field, message, item, misbehave, journal):
    build = message(Role.FIELD_WORK, Operation.BUILD, item())
    await misbehave(Role.FIELD_WORK, "lost-answer")
    with pytest.raises(OutcomeUnknown):
        await field.submit(build)
    assert await field.outcome_of(build) is Known.PRESENT
    assert "field.completed item:1" in said(await field.submit(build))
    assert (await journal(Role.FIELD_WORK))["duplicates"] == 0


async def test_a_lost_request_is_sent_again(field, message, item, misbehave, journal):
    build = message(Role.FIELD_WORK, Operation.BUILD, item())
    await misbehave(Role.FIELD_WORK, "lost-request")
    with pytest.raises(OutcomeUnknown):
        await field.submit(build)
    assert await field.outcome_of(build) is Known.ABSENT
    assert "field.completed item:1" in said(await built(field, build))
    assert await field.outcome_of(build) is Known.PRESENT
    made = await journal(Role.FIELD_WORK)
    assert (len(made["entries"]), made["duplicates"]) == (1, 0)


async def test_a_crew_that_left_no_word(field, message, item, misbehave):
    await misbehave(Role.FIELD_WORK, "no-visit")
    facts = said(await built(field, message(Role.FIELD_WORK, Operation.BUILD, item())))
    assert set(facts) == {"device.bound item:1"}


async def test_a_crew_that_left_no_evidence(field, message, item, misbehave):
    await misbehave(Role.FIELD_WORK, "no-evidence")
    report = await built(field, message(Role.FIELD_WORK, Operation.BUILD, item()))
    assert next(fact for fact in report.facts if fact.predicate == "field.completed").evidence == ()


async def test_another_box_than_the_one_shipped(field, message, item, misbehave):
    await misbehave(Role.FIELD_WORK, "wrong-serial")
    facts = said(await built(field, message(Role.FIELD_WORK, Operation.BUILD, item())))
    assert facts["field.completed item:1"]["serial"] != facts["device.bound item:1"]["serial"]


async def test_a_box_that_another_has(field, message, item, misbehave):
    await misbehave(Role.FIELD_WORK, "same-serial:ALCL00001001")
    facts = said(await built(field, message(Role.FIELD_WORK, Operation.BUILD, item())))
    assert facts["device.bound item:1"] == {"serial": "ALCL00001001"}


async def test_done_before_it_began(field, message, item, misbehave):
    await misbehave(Role.FIELD_WORK, "completed-before-start")
    report = await built(field, message(Role.FIELD_WORK, Operation.BUILD, item()))
    times = {fact.predicate: fact.observed_at for fact in report.facts}
    assert times["field.completed"] < times["device.bound"]


async def test_a_status_that_the_vocabulary_lacks(field, message, item, misbehave):
    await misbehave(Role.FIELD_WORK, "unknown-code")
    with pytest.raises(UnknownCode, match="XFR") as raised:
        await field.submit(message(Role.FIELD_WORK, Operation.BOOK, item()))
    assert (raised.value.vocabulary, raised.value.subject) == ("field-status@1", "item:1")


async def test_garbage_and_down(field, message, item, misbehave):
    await misbehave(Role.FIELD_WORK, "nonsense")
    book = message(Role.FIELD_WORK, Operation.BOOK, item())
    with pytest.raises(Unreadable):
        await field.submit(book)
    await misbehave(Role.FIELD_WORK, "down:30")
    with pytest.raises(TryLater):
        await field.submit(book)


async def test_calling_off(field, message, item):
    book = message(Role.FIELD_WORK, Operation.BOOK, item())
    first = said(await field.submit(book))["appointment.booked item:1"]["appointment"]
    assert (await field.cancel(book)).outcome is Outcome.DONE
    assert said(await field.submit(book))["appointment.booked item:1"]["appointment"] != first
    build = message(Role.FIELD_WORK, Operation.BUILD, item())
    assert (await field.cancel(build)).outcome is Outcome.DONE  # nothing was opened
    await built(field, build)
    with pytest.raises(Refused, match="CPD"):
        await field.cancel(build)


async def test_what_is_done_may_stay_while_the_rest_is_called_off(field, message, item):
    both = (item("1"), item("2"))
    await built(field, message(Role.FIELD_WORK, Operation.BUILD, both[0]))
    open_too = message(Role.FIELD_WORK, Operation.BUILD, *both)
    await field.submit(open_too)
    facts = said(await field.cancel(open_too.model_copy(update={"leave_done": True})))
    assert "field.completed item:1" in facts


async def test_a_lost_answer_to_a_call_off_is_looked_up_and_nothing_is_called_off_twice(
    field, message, item, misbehave, journal
):
    book = message(Role.FIELD_WORK, Operation.BOOK, item())
    await field.submit(book)
    await misbehave(Role.FIELD_WORK, "lost-answer")
    with pytest.raises(OutcomeUnknown):
        await field.cancel(book)
    assert (await field.cancel(book)).outcome is Outcome.DONE
    operations = [entry["operation"] for entry in (await journal(Role.FIELD_WORK))["entries"]]
    assert operations == ["appointment", "CXL appointment"]


async def test_a_system_that_will_not_call_off_says_so(field, message, item, misbehave):
    book = message(Role.FIELD_WORK, Operation.BOOK, item())
    await field.submit(book)
    await misbehave(Role.FIELD_WORK, "refuse-cancel")
    with pytest.raises(Refused, match="TRANSITION"):
        await field.cancel(book)


def test_sentences_with_status_200():
    check_change(["Ticket 1: Status changed from 'NEW' to 'CXL'"])
    with pytest.raises(Refused, match="TRANSITION"):
        check_change(["Ticket 1: status CPD can not become CXL"])
    with pytest.raises(Unreadable):
        check_change({"what": "else"})


async def test_it_says_how_it_is_and_what_it_cannot_do(field, message, item):
    assert "simulated" in await field.check()
    with pytest.raises(NotSupported):
        await field.submit(message(Role.FIELD_WORK, Operation.BILL, item()))
