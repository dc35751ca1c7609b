"""The billing adapter against the simulated system."""

from decimal import Decimal

import pytest

from gateway.canonical.bill import OnDemandBill
from gateway.canonical.cancelling import CancellationFee
from gateway.canonical.common import Ref
from gateway.canonical.money import Money
from gateway.canonical.states import BillState
from gateway.ports.adapter import Message, Operation, Outcome, Role
from gateway.ports.errors import Refused, UnknownCode


def charge(make, items, **more):
    return make.message("charge", items, role=Role.BILLING, **more)


async def billed(adapter, make, items):
    await adapter.submit(charge(make, items))
    message = make.message("bill", items, role=Role.BILLING)
    report = await adapter.submit(message)
    while report.outcome is Outcome.WORKING:
        report = await adapter.fetch(message)
    return report


def net(rates):
    return sorted((rate.type, rate.net.amount) for rate in rates)


async def test_charges_are_the_agreed_prices_and_a_discount_is_a_line_of_its_own(billing, make):
    fee = make.price("nonRecurring", Decimal("0.99"), tax=0)
    monthly = make.price("recurring", Decimal(20), percentage=Decimal(20), tax=0)
    items = [make.sold("110", "14305", prices=(fee,)), make.sold("120", "14344", prices=(monthly,))]
    report = await billing.submit(charge(make, items))
    assert net(report.rates) == [("discount", -4), ("nonRecurring", Decimal("0.99")), ("recurring", 20)]
    discount = next(rate for rate in report.rates if rate.type == "discount")
    reduced = next(rate for rate in report.rates if rate.type == "recurring")
    assert discount.characteristics[0].value == reduced.id
    assert {fact.predicate for fact in report.facts} == {"charge.started", "rate.created"}
    assert not any(rate.is_billed for rate in report.rates)


async def test_without_an_agreed_price_the_catalogue_s_counts(billing, make):
    report = await billing.submit(charge(make, [make.sold("1", "FIBRE-500")]))
    (rate,) = report.rates
    assert (rate.net.amount, rate.gross.amount) == (40, 48)
    assert rate.taxes[0].rate == 20
    assert rate.product.id == "PR-NEW-1"


async def test_an_agreed_price_without_a_tax_rate_is_taxed_as_the_catalogue_says(billing, make):
    item = make.sold("1", "FIBRE-500", prices=(make.price("recurring", Decimal(40), tax=None),))
    report = await billing.submit(charge(make, [item]))
    assert report.rates[0].gross.amount == 48


async def test_the_bill_is_posted_sent_and_in_the_ledger(billing, make):
    report = await billed(billing, make, [make.sold("1", "FIBRE-500"), make.sold("2", "VOICE")])
    (bill,), (entry,) = report.bills, report.ledger
    assert bill.state is BillState.SENT
    assert (bill.net.amount, bill.gross.amount) == (45, 54)
    assert entry.amount == bill.gross
    assert all(rate.is_billed and rate.bill.id == bill.id for rate in report.rates)
    assert {fact.predicate for fact in report.facts} == {"bill.balanced", "bill.sent", "ledger.posted"}


async def test_the_warning_that_blocks_is_answered(billing, make):
    item = make.sold("1", "14344", prices=(make.price("recurring", Decimal(20), tax=0),))
    report = await billed(billing, make, [item])
    assert report.bills[0].bill_no


async def test_charged_and_billed_twice_there_is_one_of_each(billing, make, journal):
    items = [make.sold("1", "FIBRE-500")]
    await billed(billing, make, items)
    report = await billed(billing, make, items)
    assert len(report.rates) == len(report.bills) == 1
    assert (await journal(Role.BILLING))["duplicates"] == 0


async def test_only_what_was_delivered_is_charged(billing, make):
    items = [make.sold("1", "FIBRE-500"), make.sold("2", "STATIC-IP")]
    report = await billing.submit(charge(make, items, live=("1",)))
    assert {rate.item_id for rate in report.rates} == {"1"}


async def test_what_the_system_charges_is_reported_even_if_it_should_not(billing, make, misbehave):
    await misbehave(Role.BILLING, "bill-rejected-item")
    items = [make.sold("1", "FIBRE-500"), make.sold("2", "STATIC-IP")]
    report = await billing.submit(charge(make, items, live=("1",)))
    assert {rate.item_id for rate in report.rates} == {"1", "2"}


@pytest.mark.parametrize(
    ("fault", "member", "wrong"),
    [
        ("wrong-account:BA-1002", lambda rate: rate.billing_account.id, "BA-1002"),
        ("net-gross-swapped", lambda rate: (rate.net.amount, rate.gross.amount), (48, 40)),
    ],
)
async def test_a_wrong_charge_is_reported_as_it_is(billing, make, misbehave, fault, member, wrong):
    await misbehave(Role.BILLING, fault)
    report = await billing.submit(charge(make, [make.sold("1", "FIBRE-500")]))
    assert member(report.rates[0]) == wrong


async def test_a_changed_product_is_stopped_before_it_is_charged_anew(billing, make):
    changed = make.sold("1", "FIBRE-500", action="modify", product="PR-1001")
    report = await billing.submit(charge(make, [changed]))
    assert [rate.net.amount for rate in report.rates] == [40]


async def test_an_unknown_kind_of_price_is_not_guessed(billing, make):
    item = make.sold("1", "FIBRE-500", prices=(make.price("whenever", Decimal(1)),))
    with pytest.raises(UnknownCode):
        await billing.submit(charge(make, [item]))


async def test_an_unknown_invoice_state_names_its_table(billing, make, misbehave):
    await misbehave(Role.BILLING, "unknown-code")
    with pytest.raises(UnknownCode) as caught:
        await billed(billing, make, [make.sold("1", "FIBRE-500")])
    assert caught.value.vocabulary == "billing-invoice-state@1"


async def test_what_was_invoiced_cannot_be_cancelled(billing, make):
    items = [make.sold("1", "FIBRE-500")]
    await billed(billing, make, items)
    with pytest.raises(Refused):
        await billing.cancel(charge(make, items))


async def test_charges_of_other_items_stay(billing, make):
    asked = charge(make, [make.sold("1", "FIBRE-500"), make.sold("2", "VOICE")])
    await billing.submit(asked)
    await billing.cancel(asked.model_copy(update={"items": ("2",)}))
    assert [rate.item_id for rate in (await billing.observe(asked)).rates] == ["1"]


async def test_a_cancellation_fee_is_charged_once(billing, make, journal):
    fee = CancellationFee(
        item="1", net=Money(amount=Decimal(79), currency="EUR"), tax_rate=Decimal(20), reason="cancelled after a visit"
    )
    message = charge(make, [make.sold("1", "FIBRE-500")]).model_copy(
        update={"operation": Operation.FEE, "fees": (fee,)}
    )
    for _ in range(2):
        (rate,) = (await billing.submit(message)).rates
        assert (rate.type, rate.net.amount, rate.gross.amount) == ("fee", 79, Decimal("94.80"))
    operations = [entry["operation"] for entry in (await journal(Role.BILLING))["entries"]]
    assert len([one for one in operations if one.startswith("charge G")]) == 1


async def test_a_fee_without_an_account_is_refused(billing, make):
    fee = CancellationFee(item="9", net=Money(amount=Decimal(79), currency="EUR"), tax_rate=Decimal(20), reason="late")
    message = charge(make, [make.sold("1", "FIBRE-500")])
    with pytest.raises(Refused, match="NO-ACCOUNT"):
        await billing.submit(message.model_copy(update={"operation": Operation.FEE, "fees": (fee,)}))


async def test_a_bill_on_demand(billing, make):
    await billing.submit(charge(make, [make.sold("1", "FIBRE-500")]))
    asked = OnDemandBill(id="OD-1", billing_account=Ref(id="BA-1001"))
    message = Message(id="m", role=Role.BILLING, operation=Operation.BILL, on_demand=asked)
    report = await billing.submit(message)
    while report.outcome is Outcome.WORKING:
        report = await billing.fetch(message)
    assert report.bills[0].gross.amount == 48
    nothing = OnDemandBill(id="OD-2", billing_account=Ref(id="BA-NONE"))
    report = await billing.submit(Message(id="n", role=Role.BILLING, operation=Operation.BILL, on_demand=nothing))
    assert report.refusals[0].legacy_code == "NOTHING-OPEN"
