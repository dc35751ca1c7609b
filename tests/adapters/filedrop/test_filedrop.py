"""The adapter to a billing host that is reached by files."""

import os

import asyncssh
import pytest

from gateway.canonical.bill import OnDemandBill
from gateway.canonical.cancelling import CancellationFee
from gateway.canonical.common import Alteration, Price, Ref
from gateway.canonical.ids import new_id
from gateway.canonical.money import Money
from gateway.canonical.order import Product, ProductOrder, ProductOrderItem
from gateway.canonical.reference import Reference
from gateway.ports.adapter import Message, Operation, Outcome, Role
from gateway.ports.errors import NeedsOperator, OutcomeUnknown, Refused, SetupError, TryLater, UnknownCode, Unreadable
from gateway.ports.outcome import Known
from tests.adapters.filedrop.host import LAYOUT
from tests.adapters.orders import OFFERINGS, fact, said
from tests.adapters.sftp_server import break_rename

pytestmark = pytest.mark.server

RUNS = fact("service.activated")


def item(number="1", offering="FIBRE-500", *, action="add", account="BA-1", name=None, prices=()):
    return ProductOrderItem(
        id=number,
        action=action,
        offering=Ref(id=offering),
        billing_account=Ref(id=account) if account else None,
        product=Product(id=f"PR-{number}"),
        prices=prices,
    )


def message(operation, *items, order="O-1", number=1, **more):
    made = ProductOrder(id=order, items=items or (item(),))
    return Message(
        id=f"{order}:{operation}:{number}",
        role=Role.BILLING,
        operation=Operation(operation),
        order=made,
        facts=(RUNS,),
        reference=Reference(offerings=OFFERINGS),
        **more,
    )


async def done(drop, host, asked):
    assert (await drop.submit(asked)).outcome is Outcome.WORKING
    host.work()
    report = await drop.fetch(asked)
    assert report.outcome is Outcome.DONE
    return report


def price(text, net, *alterations):
    sum_ = Money(amount=net, currency="EUR")
    return Price(name=text, price_type="recurring", period="month", net=sum_, tax_rate=20, alterations=alterations)


async def test_what_was_delivered_is_charged_and_then_billed(drop, host):
    report = await done(drop, host, message("charge"))
    (rate,) = report.rates
    assert (rate.net.amount, rate.gross.amount, rate.type, rate.is_billed) == (40, 48, "recurring", False)
    assert said(report, "charge.started")[0].value["product"] == "PR-1"
    assert said(report, "rate.created")[0].value == {"rate": "C00001"}
    assert rate.date.date().isoformat() == said(report, "charge.started")[0].value["date"][:10]
    bill = await done(drop, host, message("bill"))
    assert (bill.bills[0].net.amount, bill.bills[0].gross.amount, bill.bills[0].state) == (40, 48, "sent")
    assert bill.bills[0].billing_period.end.isoformat() == "2026-04-01T00:00:00+02:00"
    assert {one.predicate for one in bill.facts} == {"bill.balanced", "bill.sent", "ledger.posted"}
    assert bill.ledger[0].amount == Money(amount=48, currency="EUR")
    assert [(one.id, one.is_billed) for one in bill.rates] == [("C00001", True)]
    assert drop.losses.findings == ()


async def test_without_an_acknowledgement_it_is_working_and_nothing_is_sent_again(drop, host):
    asked = message("charge")
    for _ in range(3):
        assert (await drop.submit(asked)).outcome is Outcome.WORKING
        host.taken += [file.name for file in (host.folder / "outbox").iterdir()]
        for file in (host.folder / "outbox").iterdir():
            file.unlink()
    assert len(host.taken) == 1
    assert await drop.outcome_of(asked) is Known.PRESENT


async def test_fetch_sends_nothing(drop, host):
    assert (await drop.fetch(message("charge"))).outcome is Outcome.WORKING
    assert not [*(host.folder / "outbox").iterdir()]
    assert await drop.outcome_of(message("charge")) is Known.ABSENT


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_connection_that_breaks_at_the_rename_sends_the_file_once(drop, host, when):
    asked = message("charge")
    break_rename("outbox", when)
    with pytest.raises(OutcomeUnknown):
        await drop.submit(asked)
    assert await drop.outcome_of(asked) is (Known.PARTLY if when == "before" else Known.PRESENT)
    host.work()
    await drop.submit(asked)
    host.work()
    assert len(host.taken) == 1
    assert len((await drop.fetch(asked)).rates) == 1


async def test_a_connection_that_breaks_before_the_journal_knows_leaves_nothing_to_take(drop, host):
    asked = message("charge")
    break_rename("journal", "before")
    with pytest.raises(OutcomeUnknown):
        await drop.submit(asked)
    host.work()
    assert not host.taken
    assert await drop.outcome_of(asked) is Known.ABSENT
    assert (await done(drop, host, asked)).rates


@pytest.mark.parametrize("length", [0, 40, -9, -1])
async def test_a_half_written_acknowledgement_is_not_read(drop, host, length):
    asked = message("charge")
    await drop.submit(asked)
    host.work()
    whole = host.answer().read_bytes()
    host.answer().write_bytes(whole[:length])
    if length != -1:  # without its last character, a line feed, the closing line is whole
        assert (await drop.fetch(asked)).outcome is Outcome.WORKING
    host.answer().write_bytes(whole)
    assert (await drop.fetch(asked)).outcome is Outcome.DONE


async def test_an_acknowledgement_that_comes_twice_charges_once(drop, host):
    asked = message("charge")
    report = await done(drop, host, asked)
    again = host.answer().with_name(host.answer().stem + "_2.ACK")
    again.write_bytes(host.answer().read_bytes().replace(b";OK;", b";DUP;"))
    assert (await drop.fetch(asked)).rates == report.rates
    again.write_bytes(again.read_bytes().replace(b"40,00", b"41,00"))
    with pytest.raises(Unreadable, match="something else of line C00001"):
        await drop.fetch(asked)


async def test_an_item_that_an_earlier_message_charged_is_not_charged_again(drop, host):
    both = (item("1"), item("2", "VOICE"))
    first = await done(drop, host, message("charge", *both, items=("1",)))
    later = await done(drop, host, message("charge", *both, number=2))
    assert [one.item_id for one in first.rates] == ["1"]
    assert sorted(one.item_id for one in later.rates) == ["1", "2"]
    assert len(host.charges) == 2


async def test_a_rejected_line_refuses_its_item_and_the_other_goes_on(drop, host):
    host.reject["2"] = "R02 account BA-1 is closed, IBAN DE89370400440532013000"
    report = await done(drop, host, message("charge", item("1"), item("2", "VOICE")))
    assert [(one.subject, one.legacy_code, one.legacy_text) for one in report.refusals] == [
        ("item:2", "R02", "the account is closed")
    ]
    assert [one.item_id for one in report.rates] == ["1"]


async def test_a_discount_is_a_line_of_its_own_and_no_charge(drop, host):
    prices = (price("Fibre", 40, Alteration(name="Welcome", percentage=10, duration=3)),)
    report = await done(drop, host, message("charge", item(prices=prices)))
    assert [(one.type, one.net.amount) for one in report.rates] == [("recurring", 40), ("discount", -4)]
    assert len(said(report, "charge.started")) == 1


async def test_a_ceased_product_ends_its_charges_and_starts_none(drop, host):
    report = await done(drop, host, message("charge", item(action="delete")))
    assert (report.rates, report.facts, host.charges) == ((), (), {})


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        (item(account=None), "NO-ACCOUNT"),
        (item(action="modify", prices=(price("Fibre", 400).model_copy(update={"period": "year"}),)), "PERIOD"),
        (item(prices=(price("Fibre", 400).model_copy(update={"period": "year"}),)), "PERIOD"),
        (item(prices=(price("x" * 41, 5),)), "DOES-NOT-FIT"),
        (item(prices=(price("Łódź", 5),)), "DOES-NOT-FIT"),
        (item(prices=(price("two\nlines", 5),)), "DOES-NOT-FIT"),
    ],
)
async def test_what_the_file_cannot_hold_is_refused_and_never_cut(drop, host, wanted, code):
    report = await drop.submit(message("charge", wanted))
    assert [(one.subject, one.legacy_code) for one in report.refusals] == [("item:1", code)]
    assert not [*(host.folder / "outbox").iterdir()]


async def test_umlauts_travel_in_the_declared_encoding(drop, host):
    report = await done(drop, host, message("charge", item(prices=(price("Grüße für 5 €", 5),))))
    assert report.rates[0].name == "Grüße für 5 €"


async def test_another_encoding_than_the_declared_one_is_refused_with_its_place(make_adapter, host):
    drop, asked = make_adapter(encoding="utf-8"), message("charge")
    await drop.submit(asked)
    host.work()
    host.answer().write_bytes(host.answer().read_bytes().replace(b"Fibre", b"F\xfcbre"))
    with pytest.raises(Unreadable, match=r"line 2 of CHG_O-1_\w+.ACK is not in utf-8"):
        await drop.fetch(asked)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda names: [*names[:9], "gross", "net", *names[11:]],
            "column 10 of .* has to be 'net': it stands in column 11",
        ),
        (lambda names: [*names[:9], "netto", *names[10:]], "has to be 'net': it is not there"),
        (lambda names: names[:-1], "column 17 of .* has to be 'invoice'"),
        (lambda names: [*names, "cost centre"], "column 18 of .*'cost centre', is not known"),
    ],
)
async def test_a_column_that_moved_is_named(drop, host, change, words):
    asked = message("charge")
    await done(drop, host, asked)
    columns = list(host.layout.charges.columns)
    host.write(host.answer().stem, "ACK", host.layout.charges, [*host.charges.values()], change(columns))
    with pytest.raises(Unreadable, match=words):
        await drop.fetch(asked)


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        (b";40,00;", b";40.00;", Unreadable),
        (b";978;", b";EUR;", UnknownCode),
        (b";OK;", b";PEN;", UnknownCode),
        (b";M;", b";m;", UnknownCode),
        (b"#END;1", b"#END;2", Unreadable),
        (b";C00001;", b";C00001;;", Unreadable),
    ],
)
async def test_what_the_host_never_writes_is_not_guessed(drop, host, old, new, error):
    asked = message("charge")
    await done(drop, host, asked)
    host.answer().write_bytes(host.answer().read_bytes().replace(old, new))
    with pytest.raises(error):
        await drop.fetch(asked)


async def test_charges_are_taken_back_until_they_are_billed(drop, host):
    asked = message("charge")
    assert (await drop.cancel(asked)).outcome is Outcome.DONE  # nothing was charged yet
    await drop.submit(asked)
    assert (await drop.cancel(asked)).outcome is Outcome.WORKING  # what is to be taken back is not known yet
    host.work()
    assert (await drop.cancel(asked)).outcome is Outcome.WORKING
    host.work()
    assert (await drop.cancel(asked)).outcome is Outcome.DONE
    assert not host.charges
    assert len(host.taken) == 2


async def test_charges_of_other_items_stay(drop, host):
    both = (item("1"), item("2", "VOICE"))
    await done(drop, host, message("charge", *both))
    for _ in range(2):
        await drop.cancel(message("charge", *both, items=("2",)))
        host.work()
    assert [one["item"] for one in host.charges.values()] == ["1"]


async def test_a_billed_charge_is_not_taken_back(drop, host):
    asked = message("charge")
    await done(drop, host, asked)
    host.reject["S"] = "R17"
    await drop.cancel(asked)
    host.work()
    with pytest.raises(Refused, match="R17: the charge was billed"):
        await drop.cancel(asked)


async def test_a_fee_is_charged_once(drop, host):
    fee = CancellationFee(item="1", net=Money(amount=50, currency="EUR"), tax_rate=20, reason="late")
    report = await done(drop, host, message("fee", fees=(fee,)))
    assert [(one.type, one.net.amount, one.item_id) for one in report.rates] == [("fee", 50, "1")]


async def test_a_bill_on_demand_is_that_of_its_account(drop, host):
    asked = message("bill", on_demand=OnDemandBill(id="BOD-1", billing_account=Ref(id="BA-1")))
    await done(drop, host, message("charge"))
    report = await done(drop, host, asked)
    assert (report.bills[0].billing_account.id, report.rates) == ("BA-1", ())
    nobody = message("bill", on_demand=OnDemandBill(id="BOD-2"), number=2)
    assert (await drop.submit(nobody)).refusals[0].legacy_code == "NO-ACCOUNT"


async def test_access_that_only_a_person_can_mend(make_adapter, host):
    other = asyncssh.generate_private_key("ssh-ed25519")
    with pytest.raises(NeedsOperator, match="PermissionDenied"):
        await make_adapter(private_key=other.export_private_key().decode()).check()
    with pytest.raises(NeedsOperator, match="HostKeyNotVerifiable"):
        await make_adapter(host_key=other.export_public_key().decode()).check()
    with pytest.raises(NeedsOperator, match="list nowhere"):
        await make_adapter(inbox="nowhere").check()
    with pytest.raises(TryLater, match="cannot be reached"):
        await make_adapter(port=1).check()
    assert "0 files" in await make_adapter().check()


def test_settings_that_cannot_be_right_are_refused_at_the_start(make_adapter, tmp_path):
    with pytest.raises(SetupError, match="key"):
        make_adapter(host_key="nonsense")
    with pytest.raises(ValueError, match="cp1252"):
        make_adapter(encoding="ebcdic-nowhere")
    lines = LAYOUT.read_text().replace(", posted]", "]").splitlines()
    (tmp_path / "layout.yaml").write_text("\n".join(lines))
    at = next(number for number, line in enumerate(lines, 1) if line.startswith("invoices"))
    with pytest.raises(SetupError, match=rf"layout.yaml:{at}: invoices lacks posted"):
        make_adapter(layout=str(tmp_path / "layout.yaml"))


async def test_a_page_in_place_of_an_acknowledgement_is_not_waited_for(drop, host):
    asked = message("charge")
    await drop.submit(asked)
    host.work()
    for page in (b"<html>", b"line;status;reas0", b"line;status;reason;charges;", b"\r\n"):
        host.answer().write_bytes(page)
        with pytest.raises(Unreadable, match="has to be"):
            await drop.fetch(asked)


async def test_an_account_with_nothing_to_bill_is_told_and_not_waited_for(drop, host):
    both = (item("1"), item("2", "VOICE", account="BA-2"))
    await done(drop, host, message("charge", both[0]))
    report = await done(drop, host, message("bill", *both))
    assert [(one.subject, one.legacy_code) for one in report.refusals] == [("productOrder", "R09")]
    assert [bill.billing_account.id for bill in report.bills] == ["BA-1"]
    again = await done(drop, host, message("bill", *both, order="O-2"))
    assert [one.legacy_code for one in again.refusals] == ["R09", "R09"]


async def test_what_a_bill_says_was_seen_when_the_host_wrote_it(drop, host):
    await done(drop, host, message("charge"))
    first = await done(drop, host, message("bill"))
    (invoice,) = (host.folder / "inbox").glob("*.INV")
    os.utime(invoice, (1_700_000_000, 1_700_000_000))
    later = await drop.fetch(message("bill"))
    assert {one.observed_at.timestamp() for one in later.facts} == {1_700_000_000}
    assert first.facts[0].observed_at > later.facts[0].observed_at


async def test_names_as_long_as_real_ones_have_a_place(drop, host, make_adapter, tmp_path):
    assert (await done(drop, host, message("charge", order=new_id()))).rates
    text = LAYOUT.read_text().replace("[file, 64]", "[file, 48]")
    (tmp_path / "layout.yaml").write_text(text)
    with pytest.raises(SetupError, match=r"layout.yaml:\d+: orders H file has 48 characters"):
        make_adapter(layout=str(tmp_path / "layout.yaml"))
