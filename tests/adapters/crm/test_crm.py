"""The customer adapter against its simulator: facts, reference data, and each way in which the system misbehaves."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from adapters.simulated.crm.adapter import CrmAdapter
from adapters.simulated.launch import LocalSimulation
from adapters.simulated.plugins import CRM
from gateway.canonical.common import Price
from gateway.canonical.money import Money
from gateway.canonical.states import ItemAction
from gateway.ports.adapter import Operation, Outcome, Report, Role
from gateway.ports.errors import NotSupported, OutcomeUnknown, SetupError, TryLater, UnknownCode, Unreadable
from gateway.ports.outcome import Known


@pytest.fixture
async def crm(simulation: LocalSimulation) -> AsyncIterator[CrmAdapter]:
    adapter = CRM.create(Role.CUSTOMER, CRM.settings(**simulation.settings[Role.CUSTOMER]), Path())
    assert isinstance(adapter, CrmAdapter)
    yield adapter
    await adapter.close()


def said(report: Report) -> dict[str, dict]:
    return {str(fact.key): fact.value for fact in report.facts}


async def test_it_says_who_where_and_for_how_much(crm, message, item):
    report = await crm.submit(message(Role.CUSTOMER, Operation.GATHER, item()))
    facts = said(report)
    assert report.outcome is Outcome.DONE
    assert facts["party.identified productOrder"] == {"party": "CUST-1001"}
    assert facts["credit.ok productOrder"] == {"party": "CUST-1001"}
    assert facts["account.open productOrder"] == {"account": "BA-1001", "customer": "CUST-1001"}
    assert facts["address.resolved item:1"] == {"place": "ADDR-1001", "location": "LOC-100001"}
    assert facts["price.agreed item:1"] == {"net": {"unit": "EUR", "value": 40}, "type": "recurring"}
    qualified = facts["site.qualified item:1"]
    assert (qualified["result"], qualified["technology"]) == ("qualified", "fibre")
    assert qualified["maxDownstreamRate"] == {"amount": 1000, "units": "Mbit/s"}
    assert all(fact.source.system == "simulated-crm" and fact.observed_at.tzinfo for fact in report.facts)
    assert report.reference.account("BA-1001").status == "open"
    assert report.reference.place("ADDR-1001").location == "LOC-100001"


@pytest.mark.parametrize(("account", "status"), [("BA-1099", "closed"), ("BA-1002", "open")])
async def test_a_closed_or_foreign_account_is_no_open_one(crm, message, item, account, status):
    customer = "CUST-1019"
    report = await crm.submit(message(Role.CUSTOMER, Operation.GATHER, item(account=account), customer=customer))
    assert "account.open productOrder" not in said(report)
    assert report.reference.account(account).status == status


async def test_nobody_surveyed_the_address(crm, message, item):
    facts = said(await crm.submit(message(Role.CUSTOMER, Operation.GATHER, item(place="ADDR-9001"))))
    assert "site.qualified item:1" not in facts
    assert facts["address.resolved item:1"]["location"] == "LOC-109001"


async def test_two_places_are_none(crm, message, item):
    report = await crm.submit(message(Role.CUSTOMER, Operation.GATHER, item(place="ADDR-9002")))
    assert "address.resolved item:1" not in said(report)
    assert report.reference.place("ADDR-9002").candidates == ("LOC-109002", "LOC-109003")


async def test_what_it_does_not_know_is_absent(crm, message, item):
    wanted = item(place="ADDR-0", account="BA-0", product="PR-0")
    report = await crm.submit(message(Role.CUSTOMER, Operation.GATHER, wanted, customer="CUST-0"))
    assert set(said(report)) == {"price.agreed item:1"}
    assert report.reference.accounts == report.reference.parties == report.reference.products == ()


async def test_a_change_is_asked_for_the_place_of_its_product(crm, message, item):
    wanted = item("1", None, action=ItemAction.MODIFY, place=None, account=None, product="PR-1001")
    report = await crm.submit(message(Role.CUSTOMER, Operation.GATHER, wanted))
    assert report.reference.product("PR-1001").offering == "FIBRE-100"
    assert report.reference.place("ADDR-1001").location == "LOC-100001"


async def test_the_price_of_the_order_goes_first(crm, message, item):
    gross = Price(price_type="recurring", gross=Money(amount=Decimal("36.00"), currency="EUR"), tax_rate=Decimal(20))
    facts = said(await crm.submit(message(Role.CUSTOMER, Operation.GATHER, item(prices=(gross,)))))
    assert facts["price.agreed item:1"]["net"] == {"unit": "EUR", "value": 30}


async def test_a_one_time_price_and_a_bundle_without_price(crm, message, item):
    fee, bundle = item("1", "ACTIVATION-FEE"), item("2", "TV-BUNDLE")
    facts = said(await crm.submit(message(Role.CUSTOMER, Operation.GATHER, fee, bundle)))
    assert facts["price.agreed item:1"] == {"net": {"unit": "EUR", "value": 49}, "type": "nonRecurring"}
    assert "price.agreed item:2" not in facts


async def test_a_lost_answer_is_found_again(crm, message, item, misbehave, journal):
    gather = message(Role.CUSTOMER, Operation.GATHER, item())
    await misbehave(Role.CUSTOMER, "lost-answer")
    with pytest.raises(OutcomeUnknown):
        await crm.submit(gather)
    assert (await crm.submit(gather)).outcome is Outcome.DONE
    made = await journal(Role.CUSTOMER)
    assert (len(made["entries"]), made["duplicates"]) == (1, 0)


async def test_a_lost_request_is_sent_again(crm, message, item, misbehave, journal):
    gather = message(Role.CUSTOMER, Operation.GATHER, item())
    await misbehave(Role.CUSTOMER, "lost-request")
    with pytest.raises(OutcomeUnknown):
        await crm.submit(gather)
    assert await crm.outcome_of(gather) is Known.ABSENT
    assert (await crm.submit(gather)).outcome is Outcome.DONE
    assert await crm.outcome_of(gather) is Known.PRESENT
    made = await journal(Role.CUSTOMER)
    assert (len(made["entries"]), made["duplicates"]) == (1, 0)


async def test_a_code_that_the_vocabulary_lacks(crm, message, item, misbehave):
    await misbehave(Role.CUSTOMER, "unknown-code")
    with pytest.raises(UnknownCode, match="MIG7") as raised:
        await crm.submit(message(Role.CUSTOMER, Operation.GATHER, item()))
    assert raised.value.vocabulary == "crm-account-status@1"


async def test_garbage_is_quoted_without_its_secret(crm, message, item, misbehave):
    await misbehave(Role.CUSTOMER, "nonsense")
    with pytest.raises(Unreadable, match="SEGV") as raised:
        await crm.submit(message(Role.CUSTOMER, Operation.GATHER, item()))
    assert "hunter2" not in str(raised.value)


async def test_it_is_down_for_a_while(crm, message, item, misbehave):
    await misbehave(Role.CUSTOMER, "down:30")
    with pytest.raises(TryLater) as raised:
        await crm.submit(message(Role.CUSTOMER, Operation.GATHER, item()))
    assert raised.value.retry_after_seconds > 0


@pytest.mark.parametrize(
    ("fault", "absent"),
    [("closed-account", "account.open productOrder"), ("no-qualification", "site.qualified item:1")],
)
async def test_what_it_leaves_unsaid(crm, message, item, misbehave, fault, absent):
    await misbehave(Role.CUSTOMER, fault, "EXT-1")
    assert absent not in said(await crm.submit(message(Role.CUSTOMER, Operation.GATHER, item())))


async def test_there_is_nothing_to_call_back(crm, message, item):
    assert (await crm.cancel(message(Role.CUSTOMER, Operation.GATHER, item()))).outcome is Outcome.DONE
    assert "simulated" in await crm.check()
    with pytest.raises(NotSupported):
        await crm.submit(message(Role.CUSTOMER, Operation.BILL, item()))


def test_it_plays_no_other_role():
    with pytest.raises(SetupError, match="does not play billing"):
        CRM.create(Role.BILLING, CRM.settings(url="http://x"), Path())
