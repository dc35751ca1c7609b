"""What is asked of Tryton, and what has to come of it: with the real one, and with what it answered once.

Each scenario takes two adapters, `customer` and `billing`, and the moment at which it is played.
"""

from decimal import Decimal

import pytest

from gateway.canonical.bill import OnDemandBill
from gateway.canonical.cancelling import CancellationFee
from gateway.canonical.common import Price, Ref
from gateway.canonical.money import Money
from gateway.canonical.states import BillState
from gateway.ports.adapter import Outcome
from gateway.ports.errors import Refused, UnknownCode
from gateway.ports.loss import Fate
from gateway.ports.outcome import Known
from tests.adapters.selling import fact, message, rich, said, sold

FEE = {"place": None}


def euro(amount):
    return Money(amount=Decimal(amount), currency="EUR")


async def gathers(customer, _billing, _now):
    """The lead is opened once, and all that the order names is known."""
    asked = message("customer", "gather", sold(), order="G-1")
    assert await customer.outcome_of(asked) is Known.ABSENT
    assert (await customer.fetch(asked)).outcome is Outcome.WORKING
    report = await customer.submit(asked)
    again = await customer.submit(asked)
    assert report.legacy_ids == again.legacy_ids
    assert await customer.outcome_of(asked) is Known.PRESENT
    found = {(one.predicate, one.subject): one.value for one in report.facts}
    assert found["party.identified", "productOrder"] == {"party": "CUST-1011"}
    assert found["account.open", "productOrder"] == {"account": "BA-1011", "customer": "CUST-1011"}
    assert found["site.qualified", "item:1"]["maxDownstreamRate"] == {"amount": 1000, "units": "Mbit/s"}
    assert found["price.agreed", "item:1"] == {"net": {"unit": "EUR", "value": 40}, "type": "recurring"}
    assert report.reference.place("ADDR-1011").location == found["address.resolved", "item:1"]["location"]
    assert (await customer.cancel(asked)).outcome is Outcome.DONE


async def leaves_unsaid(customer, _billing, _now):
    """What nobody has surveyed is not qualified, two candidates are no address, a closed account is not open."""
    report = await customer.submit(
        message(
            "customer",
            "gather",
            sold(place="ADDR-9001", account="BA-1099"),
            sold("2", place="ADDR-9002"),
            sold("3", "ACTIVATION-FEE", **FEE),
            sold("4", "FIBRE-100", action="modify", product="PR-1001", place=None),
            order="G-2",
        )
    )
    assert [one.subject for one in said(report, "site.qualified")] == ["item:2"]
    assert [one.subject for one in said(report, "address.resolved")] == ["item:1", "item:4"]
    assert [one.value["account"] for one in said(report, "account.open")] == ["BA-1011"]
    assert {one.id: one.status for one in report.reference.accounts} == {"BA-1011": "open", "BA-1099": "closed"}
    assert len(report.reference.place("ADDR-9002").candidates) == 2
    assert [one.value["type"] for one in said(report, "price.agreed")][2] == "nonRecurring"
    held = report.reference.product("PR-1001")
    assert (held.customer, held.status, held.offering, held.place) == ("CUST-1001", "active", "FIBRE-100", "ADDR-1001")


async def charges_and_bills(_customer, billing, now):
    """Subscription and sale are made once, consumed once, invoiced once and posted; the same again changes nothing."""
    items = (sold(), sold("2", "ACTIVATION-FEE", **FEE))
    active = fact("service.activated", at=now)
    asked = message("billing", "charge", *items, order="C-1", facts=[active])
    assert await billing.outcome_of(asked) is Known.PARTLY
    assert (await billing.fetch(asked)).outcome is Outcome.WORKING
    report = await billing.submit(asked)
    again = await billing.submit(asked)
    assert [rate.id for rate in again.rates] == [rate.id for rate in report.rates]
    assert await billing.outcome_of(asked) is Known.PRESENT
    assert not report.refusals
    found = {rate.item_id: rate for rate in report.rates}
    assert {key: (rate.type, rate.net, rate.gross) for key, rate in found.items()} == {
        "1": ("recurring", euro("40.00"), euro("48.00")),
        "2": ("nonRecurring", euro("49.00"), euro("58.80")),
    }
    assert {rate.billing_account.id for rate in report.rates} == {"BA-1011"}
    assert found["1"].product.id == "NEW-1"
    assert {one.subject for one in said(report, "charge.started")} == {"item:1", "item:2"}
    asked = message("billing", "bill", *items, order="C-1")
    assert (await billing.fetch(asked)).outcome is Outcome.WORKING
    billed = await billing.submit(asked)
    again = await billing.submit(asked)
    assert billed.outcome is Outcome.DONE
    assert sorted(bill.gross.amount for bill in billed.bills) == [Decimal("48.00"), Decimal("58.80")]
    assert [bill.bill_no for bill in again.bills] == [bill.bill_no for bill in billed.bills]
    assert all(
        bill.state is BillState.SENT and bill.bill_no and bill.billing_account.id == "BA-1011" for bill in billed.bills
    )
    assert {entry.bill: entry.amount for entry in billed.ledger} == {bill.id: bill.gross for bill in billed.bills}
    assert {rate.bill.id for rate in billed.rates} == {bill.id for bill in billed.bills}
    assert {one.predicate for one in billed.facts} == {"bill.balanced", "bill.sent", "ledger.posted"}
    seen = await billing.observe(message("billing", "charge", *items, order="C-1"))
    assert {rate.id for rate in seen.rates} == {rate.id for rate in billed.rates}
    with pytest.raises(Refused, match="INVOICED"):
        await billing.cancel(message("billing", "charge", *items, order="C-1"))


async def takes_back(_customer, billing, now):
    """What is not on an invoice is taken back: the subscription is cancelled, and nothing is charged any more."""
    asked = message("billing", "charge", sold(), order="C-2", facts=[fact("service.activated", at=now)])
    assert (await billing.submit(asked)).rates
    await billing.cancel(asked)
    await billing.cancel(asked)
    assert not (await billing.observe(asked)).rates


async def takes_back_a_part(_customer, billing, now):
    """Of two items that one subscription charges, one is taken back, and the other goes on being charged."""
    items = (sold(), sold("2", "FIBRE-100"))
    active = [fact("service.activated", f"item:{item}", at=now) for item in "12"]
    asked = message("billing", "charge", *items, order="C-10", facts=active)
    assert {rate.item_id for rate in (await billing.submit(asked)).rates} == {"1", "2"}
    for _ in range(2):
        await billing.cancel(asked.model_copy(update={"items": ("2",)}))
    seen = await billing.observe(asked)
    assert [(rate.item_id, rate.net) for rate in seen.rates] == [("1", euro("40.00"))]
    there = [one async for one in billing.inventory() if one.reference == "C-10"]
    assert [(one.offering, one.runs) for one in there] == [("FIBRE-500", True)]


async def tells_what_others_have_done(_customer, billing, now):
    """A charge that nobody asked for is told with the rest; one of an unknown kind is held, and not made once more."""
    asked = message("billing", "charge", sold(), order="C-11", facts=[fact("service.activated", at=now)])
    await billing.submit(asked)
    client, mine = billing._client, [["subscription.reference", "=", "C-11"]]
    (line,) = await client.rows("sale.subscription.line", mine, ["description", "subscription"])

    async def rewrite(description):
        for button in ("draft", None, "quote", "run"):
            if button is None:
                await client.write("sale.subscription.line", [line["id"]], {"description": description})
            else:
                await client.press("sale.subscription", button, line["subscription"])

    other = line["description"].replace("[item=1]", "[item=2]")
    await rewrite(other)
    assert {rate.item_id for rate in (await billing.submit(asked)).rates} == {"1", "2"}
    await rewrite(other.replace("[kind=subscription]", "[kind=lottery]"))
    for _ in range(2):
        with pytest.raises(UnknownCode) as caught:
            await billing.submit(asked)
        assert (caught.value.legacy_code, caught.value.subject) == ("lottery", "item:2")
    assert len(await client.rows("sale.subscription.line", mine, ["id"])) == 2


async def refuses(_customer, billing, now):
    """One item is refused, for an account or an offering that Tryton does not have; the other goes on."""
    items = (sold(), sold("2", account="BA-1099"), sold("3", "TV-BASIC", **FEE), sold("4", account=None))
    report = await billing.submit(
        message("billing", "charge", *items, order="C-3", facts=[fact("service.activated", at=now)])
    )
    assert {one.subject: one.legacy_code for one in report.refusals} == {
        "item:2": "NO-ACCOUNT",
        "item:3": "NO-PRODUCT",
        "item:4": "NO-ACCOUNT",
    }
    assert [rate.item_id for rate in report.rates] == ["1"]


async def changes_and_ends(_customer, billing, now):
    """A faster speed is charged anew and the old charge ends; a ceased product is charged no more."""
    faster = sold(action="modify", product="PR-1001", account="BA-1001", place="ADDR-1001")
    report = await billing.submit(message("billing", "charge", faster, order="C-4", customer="CUST-1001"))
    assert [rate.net for rate in report.rates] == [euro("40.00")]
    ceased = sold(action="delete", product="PR-1002", account="BA-1002", offering="FIBRE-100")
    asked = message("billing", "charge", ceased, order="C-5", facts=[fact("service.ceased", at=now)])
    assert not (await billing.submit(asked)).rates
    assert (await billing.submit(asked)).outcome is Outcome.DONE
    seen = await billing.observe(asked)
    assert not seen.rates
    there = [one async for one in billing.inventory()]
    assert {one.product for one in there if one.runs and one.reference == "PR-1003"} == {"PR-1003"}
    assert [one.product for one in there if one.reference == "C-4"] == ["PR-1001"]


async def answers_the_warning(_customer, billing, now):
    """A sale without tax is posted: the warning that it lacks Tryton's usual tax is answered, since it was meant so."""
    free = Price(price_type="nonRecurring", net=euro("10.00"), tax_rate=Decimal(0))
    asked = (sold("1", "ACTIVATION-FEE", prices=(free,), **FEE),)
    rates = (await billing.submit(message("billing", "charge", *asked, order="C-6"))).rates
    assert [(rate.net, rate.gross) for rate in rates] == [(euro("10.00"), euro("10.00"))]
    bills = (await billing.submit(message("billing", "bill", *asked, order="C-6"))).bills
    assert [bill.gross for bill in bills] == [euro("10.00")]


async def bills_on_demand(_customer, billing, now):
    """An account's open charges are billed when somebody asks; a second time nothing is open."""
    charged = message(
        "billing", "charge", sold(account="BA-1015"), order="C-7", facts=[fact("service.activated", at=now)]
    )
    await billing.submit(charged)
    asked = OnDemandBill(id="OD-1", billing_account=Ref(id="BA-1015"))
    wanted = message("billing", "bill", order="OD-1").model_copy(update={"on_demand": asked})
    bills = (await billing.submit(wanted)).bills
    assert [bill.gross for bill in bills] == [euro("48.00")]
    assert [bill.id for bill in (await billing.submit(wanted)).bills] == [bill.id for bill in bills]
    nothing = wanted.model_copy(update={"on_demand": OnDemandBill(id="OD-2", billing_account=Ref(id="BA-1015"))})
    assert [one.legacy_code for one in (await billing.submit(nothing)).refusals] == ["NOTHING-OPEN"]


async def charges_a_fee(_customer, billing, _now):
    """What a cancellation costs is sold once."""
    fee = CancellationFee(item="1", net=euro("25.00"), tax_rate=Decimal(20), reason="the crew was there")
    asked = message("billing", "fee", sold(), order="C-8", fees=(fee,))
    rates = (await billing.submit(asked)).rates
    assert [(rate.type, rate.gross) for rate in rates] == [("fee", euro("30.00"))]
    assert [rate.id for rate in (await billing.submit(asked)).rates] == [rate.id for rate in rates]


async def keeps_account(customer, billing, now):
    """Of an order that says nearly all, and of what Tryton answers, nothing is lost that nobody has declared."""
    await customer.submit(rich("customer", "gather", order="G-3"))
    active = [fact("service.activated", at=now)]
    for operation in ("charge", "bill"):
        assert not (await billing.submit(rich("billing", operation, order="C-9", facts=active))).refusals
    for adapter in (customer, billing):
        assert [str(one) for one in adapter.losses.findings] == []
    fates = {one.member: one.fate for one in billing.losses.report("C-9:charge").members}
    assert fates["order.items.prices.alterations.duration"] is fates["line.unit_price"] is Fate.MAPPED
    assert fates["order.items.prices.period"] is fates["service.product..id"] is Fate.DROPPED


SCENARIOS = (
    gathers,
    leaves_unsaid,
    charges_and_bills,
    takes_back,
    takes_back_a_part,
    tells_what_others_have_done,
    refuses,
    changes_and_ends,
    answers_the_warning,
    bills_on_demand,
    charges_a_fee,
    keeps_account,
)
