"""What the kit is told: names, another reference, recordings, excuses; and what it makes of them."""

from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import orjson
import pytest

from adapters.sdk.recording import recorded
from contract_tests.adapter import CustomerContract, FieldWorkContract
from contract_tests.agreement import disagreements, members_of
from contract_tests.checks import ADAPTER_LEVELS, VERSION, Broken, checks_in
from contract_tests.declaration import excuses_of
from contract_tests.measure import measured
from contract_tests.recorded import cases_of, replayed
from contract_tests.report.collect import Kept, Record
from contract_tests.report.levels import verdicts
from contract_tests.scenario import Run
from gateway.canonical.fact import Fact, Source
from gateway.canonical.reference import PartyRecord, Reference
from gateway.ports.adapter import Outcome, Report, Role
from gateway.vocabulary.document import parse_documents
from tests.contract.mistakes import HONEST
from tests.contract.sabotage import FOUND
from tests.contract.simulated import run, target_of


def wrong(found):
    return {label: text for label, text in found.items() if text}


# -- names and references --------------------------------------------------------------------------------------------


@pytest.mark.server
async def test_a_target_may_have_names_of_its_own(simulation):
    names = {"CUST-1001": "CUST-1004", "BA-1001": "BA-1004", "ADDR-1001": "ADDR-1004"}
    target = replace(target_of(simulation, Role.CUSTOMER), names=names)
    assert wrong(await run(CustomerContract, target, ["AGR-1"])) == {}
    lost = replace(target_of(simulation, Role.CUSTOMER), names={"CUST-1001": "NOBODY-7"})
    assert "party.identified productOrder is not stated" in str(wrong(await run(CustomerContract, lost, ["AGR-1"])))


@pytest.mark.server
async def test_two_targets_have_to_say_the_same(simulation):
    mine = replace(target_of(simulation, Role.CUSTOMER), names={"ADDR-1001": "ADDR-1004"})
    other = target_of(simulation, Role.CUSTOMER)
    assert wrong(await run(CustomerContract, mine, ["AGR-1"], other)) == {}
    broken = next(one.adapter for one in FOUND if one.name == "the price with its tax")
    told = wrong(await run(CustomerContract, mine, ["AGR-1"], target_of(simulation, Role.CUSTOMER, broken)))
    assert "price.agreed item:1 is" in str(told)
    assert "and by the reference" in str(told)


def test_equal_things_are_equal_however_they_are_written():
    assert measured("500 Mbit/s") == measured({"amount": 500000, "units": "kbit/s"})
    assert measured("40 EUR") == measured({"unit": "EUR", "value": 40.0})
    assert measured("40 EUR") != measured("40 USD")
    assert measured("12 Main Street") == "12 Main Street"
    assert measured(1) == measured(1.0)
    assert measured({"is": True}) == {"is": True}


def test_a_member_that_a_system_does_not_have_can_be_excused_alone():
    fact = Fact(
        predicate="site.qualified",
        subject="item:1",
        value={"place": "A"},
        observed_at=datetime.now(UTC),
        source=Source(system="here"),
    )
    report = Report(outcome=Outcome.DONE, facts=(fact,), reference=Reference(parties=(PartyRecord(id="C"),)))
    expected = {
        "facts": {"site.qualified item:1": {"value": {"place": "B"}, "has": ["validUntil"]}},
        "knows": {"parties": [{"id": "C", "role": "customer"}]},
    }
    told = list(disagreements("here", expected, report, ["site.qualified.validUntil", "parties.role"]))
    assert told == ["here: site.qualified item:1: place is 'A'; wanted 'B' (says here)"]
    assert len(list(disagreements("here", expected, report))) == 3
    assert set(members_of(expected)) == {
        "site.qualified.place",
        "site.qualified.validUntil",
        "parties.id",
        "parties.role",
    }


# -- recordings ------------------------------------------------------------------------------------------------------


@pytest.mark.server
async def test_what_was_recorded_is_replayed_without_the_system(simulation, tmp_path):
    target = target_of(simulation, Role.CUSTOMER)
    folder = tmp_path / "gather" / "a_known_customer"
    scenario = CustomerContract.all_scenarios()["new-fibre"]
    message = Run(scenario, target).message(scenario.steps[0])
    with recorded(folder, record=True):
        report = await target.adapter().submit(message)
    facts = [{"predicate": f.predicate, "subject": f.subject, "value": f.value} for f in report.facts]
    (folder / "message.json").write_text(message.model_dump_json())
    (folder / "expected.json").write_bytes(orjson.dumps({"facts": facts}))
    await target.close()

    @contextmanager
    def replay(case):
        with recorded(case):
            yield nowhere.adapter()

    declared = tmp_path / "conformance.yaml"
    said = target.conformance.read_text(encoding="utf-8").replace("  recordings:", "  # recordings:")
    declared.write_text(said, encoding="utf-8")
    nowhere = replace(
        target_of(simulation, Role.CUSTOMER, conformance=declared), recorded=tmp_path, replay=replay, live=False
    )
    before = len(await target.legacy.made(message.reference_key))
    (case,) = cases_of(nowhere)
    assert case.name == "gather/a_known_customer"
    assert [row async for row in replayed(nowhere, case)] == []
    facts[0]["value"] = {"party": "SOMEBODY-ELSE"}
    (folder / "expected.json").write_bytes(orjson.dumps({"facts": facts[:-1]}))
    rows = " ".join([row async for row in replayed(nowhere, case)])
    assert "is stated by simulated-crm; it is not recorded" in rows
    assert "party is 'CUST-1001'; wanted 'SOMEBODY-ELSE'" in rows
    (folder / "expected.json").write_bytes(orjson.dumps({"error": "Unreadable"}))
    assert [row async for row in replayed(nowhere, case)] == ["a report came; recorded is Unreadable"]
    assert len(await target.legacy.made(message.reference_key)) == before
    await nowhere.close()


@pytest.mark.server
def test_no_recordings_and_no_word_about_it_is_a_failure(simulation, tmp_path):
    target = target_of(simulation, Role.FIELD_WORK)
    declared = tmp_path / "conformance.yaml"
    said = target.conformance.read_text(encoding="utf-8").replace("  recordings:", "  # recordings:")
    declared.write_text(said, encoding="utf-8")
    with pytest.raises(Broken, match="there are no recordings, and nothing says why"):
        cases_of(target_of(simulation, Role.FIELD_WORK, conformance=declared))


# -- excuses and levels ----------------------------------------------------------------------------------------------


def excuses(text):
    (document,) = parse_documents(text, "conformance.yaml")
    return excuses_of(document)


def test_an_excuse_has_a_reason_and_may_end():
    tomorrow, yesterday = (datetime.now(UTC).date() + timedelta(days=days) for days in (2, -2))
    found, problems = excuses(
        f"contract:\n  ONC-1: {{status: exempt, comment: why, until: {tomorrow}}}\n"
        f"  ONC-2: {{status: todo, comment: soon, until: {yesterday}}}\n"
    )
    assert not problems
    assert (found["ONC-1"].is_over, found["ONC-2"].is_over) == (False, True)


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("{status: exempt}", "does not say why; add a comment"),
        ("{status: fine, comment: x}", "needs {status: exempt | todo"),
        ("{status: todo, comment: x, until: soon}", "that is no day; write 2027-01-31"),
        ("{status: todo, comment: x, since: 1}", "needs {status: exempt | todo"),
        ("yes", "needs {status: exempt | todo"),
    ],
)
def test_an_excuse_that_cannot_be_meant_is_named_with_its_line(entry, words):
    _, problems = excuses(f"system: x\ncontract:\n  ONC-1: {entry}\n")
    assert problems[0].startswith("conformance.yaml:3: ONC-1 ")
    assert words in problems[0]


def kept(**outcomes):
    records = [
        Record(
            "mine (field-work)",
            "adapter",
            one.code,
            one.level,
            one.law,
            "",
            outcomes.get(one.code.replace("-", "_"), "passed"),
        )
        for one in checks_in(FieldWorkContract)
    ]
    return Kept([one for one in records if one.outcome != "left out"])


@pytest.mark.parametrize(
    ("outcomes", "reached"),
    [
        ({}, 9),
        ({"ERR_7": "exempt"}, 9),
        ({"ERR_7": "todo"}, 5),
        ({"ERR_7": "failed"}, 5),
        ({"ERR_7": "left out"}, 5),
        ({"DEC_1": "failed"}, 0),
        ({"AGR_1": "failed"}, 8),
    ],
)
def test_a_level_counts_where_all_of_it_and_below_it_passed(outcomes, reached):
    (verdict,) = verdicts(kept(**outcomes), "0.1")
    assert verdict.reached == reached
    assert f"level {reached} of 9" in verdict.sentence or reached == 0


def test_each_level_has_a_check_and_each_check_a_law():
    found = list(checks_in(FieldWorkContract))
    assert {one.level for one in found} == set(ADAPTER_LEVELS)
    assert all(one.law for one in found)
    assert {one.since for one in found} == {"0.1", VERSION}
    assert {one.code for one in found if one.since == VERSION} == {"ERR-9", "LOS-2"}
    assert HONEST.keys() == set(Role)
