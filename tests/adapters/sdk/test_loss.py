"""The account that an adapter keeps of what it carries: of the message, of rows, of XML."""

import copy
from datetime import datetime
from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest
from pydantic import BaseModel, Field

from adapters.sdk import loss
from adapters.sdk.loss import Losses, coerced, defaulted, translates
from adapters.sdk.rows import Row, read_row, reading
from adapters.sdk.xml import attribute, child_text
from gateway.canonical.common import Characteristic, Price
from gateway.canonical.money import Money
from gateway.canonical.order import Product, ProductOrder, ProductOrderItem
from gateway.canonical.states import ItemAction
from gateway.ports.adapter import Message, Operation, Outcome, Report, Role
from gateway.ports.errors import Refused, TryLater
from gateway.ports.loss import Direction, Fate, losses_of
from gateway.vocabulary.conformance import Ignored, Patterns

ITEM = ProductOrderItem(
    id="1",
    action=ItemAction.ADD,
    quantity=2,
    product=Product(
        id="P",
        characteristics=(Characteristic(name="rate", value=100), Characteristic(name="colour", value="red")),
    ),
    prices=(Price(price_type="recurring", net=Money(amount=Decimal(5), currency="EUR")),),
    extras={"channelHint": "web", "@type": "Item"},
)
MESSAGE = Message(
    id="m-1",
    role=Role.BILLING,
    operation=Operation.CHARGE,
    order=ProductOrder(id="O-1", revision=3, items=(ITEM, ITEM.model_copy(update={"id": "2", "quantity": 7}))),
    items=("1",),
)


class Teller:
    """An adapter that does what a test tells it."""

    name = "teller"
    role = Role.BILLING
    capabilities = {}  # noqa: RUF012

    def __init__(self, does, **ignored):
        self.losses, self._does = Losses("teller", Ignored(**ignored)), does

    @translates
    async def submit(self, message):
        self._does(message)
        return Report(outcome=Outcome.DONE)

    @translates
    async def fetch(self, message):
        self._does(message)
        return Report(outcome=Outcome.DONE)

    @translates
    async def cancel(self, message):
        self._does(message)
        return Report(outcome=Outcome.DONE)

    @translates
    async def observe(self, message):
        self._does(message)
        return Report(outcome=Outcome.DONE)


def fates(adapter, direction, message="m-1", doing=None):
    report = adapter.losses.report(message, doing)
    return {one.member: str(one.fate) for one in report.members if one.direction is direction}


async def test_what_is_not_read_of_an_item_is_unmapped():
    def carry(message):
        (item,) = [one for _, one in message.order.all_items() if one.id in message.items]
        assert item.action is ItemAction.ADD
        assert item.prices[0].net.minor == 500
        assert [one.value for one in item.product.characteristics if one.name == "rate"] == [100]

    teller = Teller(carry, **{"to-legacy": {"order.items.extras[*]": "hints are for people"}})
    assert losses_of(teller) is teller.losses
    await teller.submit(MESSAGE)
    assert fates(teller, Direction.TO_LEGACY) == {
        "order.id": "unmapped",
        "order.items.action": "mapped",
        "order.items.extras[channelHint]": "dropped",
        "order.items.id": "mapped",
        "order.items.prices.net": "mapped",
        "order.items.prices.price_type": "unmapped",
        "order.items.product.characteristics[colour]": "unmapped",
        "order.items.product.characteristics[rate]": "mapped",
        "order.items.product.id": "unmapped",
        "order.items.quantity": "unmapped",
    }
    findings = [one.member for one in teller.losses.findings]
    assert "order.items.product.characteristics[colour]" in findings
    assert "order.items.extras[channelHint]" not in findings
    assert "to-legacy: order.id is neither mapped nor declared" in str(teller.losses.report("m-1").findings[0])


async def test_the_message_that_is_read_is_the_message():
    def compare(message):
        assert isinstance(message.order, ProductOrder)
        assert message == MESSAGE
        assert MESSAGE.order == message.order
        assert message.reference_key == "O-1"
        assert message.model_dump_json() == MESSAGE.model_dump_json()
        changed = message.model_copy(update={"items": ("2",)})
        assert changed.items == ("2",)
        assert changed.order.items[1].quantity == 7
        assert message.order.items[0] is message.order.items[0]

    teller = Teller(compare)
    await teller.submit(MESSAGE)
    assert fates(teller, Direction.TO_LEGACY)["order.items.quantity"] == "mapped"  # read of the copy


async def test_what_was_not_sent_loses_nothing():
    def fail(message):
        raise TryLater("down")

    teller = Teller(fail)
    with pytest.raises(TryLater):
        await teller.submit(MESSAGE)
    assert teller.losses.report("m-1").members == ()
    teller = Teller(lambda _: None)
    await teller.fetch(MESSAGE)
    await teller.submit(MESSAGE.model_copy(update={"attempt": 2}))
    assert teller.losses.report("m-1").members == ()


CANCEL = MESSAGE.model_copy(update={"leave_done": True})


async def test_of_a_cancel_it_counts_which_items_and_whether_what_is_done_stays():
    def call_back(message):
        if message.items:
            reading({"state": "open", "crew": "north"}, "visit")["state"]

    teller = Teller(call_back, **{"from-legacy": {"visit.crew": "nobody asks"}})
    await teller.cancel(CANCEL)
    assert fates(teller, Direction.TO_LEGACY) == {"items": "mapped", "leave_done": "unmapped"}
    assert fates(teller, Direction.FROM_LEGACY) == {"visit.state": "mapped", "visit.crew": "dropped"}
    assert [one.member for one in teller.losses.findings] == ["leave_done"]
    await teller.cancel(MESSAGE)  # it says nothing of what is done
    assert teller.losses.report("m-1").operation == "cancel charge"


async def test_a_cancel_that_is_refused_counts_and_one_that_finds_nothing_does_not():
    def refuse(message):
        raise Refused("DONE", "it is done")

    teller = Teller(refuse)
    with pytest.raises(Refused):
        await teller.cancel(CANCEL)
    assert fates(teller, Direction.TO_LEGACY) == {"items": "unmapped", "leave_done": "unmapped"}
    idle = Teller(lambda _: None)
    await idle.cancel(CANCEL)
    assert fates(idle, Direction.TO_LEGACY) == {}


async def test_an_observation_counts_what_is_answered_and_one_message_has_an_account_of_each():
    teller = Teller(lambda message: reading({"state": message.order.id, "crew": "north"}, "visit")["state"])
    await teller.observe(MESSAGE)
    assert fates(teller, Direction.TO_LEGACY) == {}
    assert fates(teller, Direction.FROM_LEGACY) == {"visit.state": "mapped", "visit.crew": "unmapped"}
    assert teller.losses.report("m-1").operation == "observe charge"
    await teller.submit(MESSAGE)
    assert teller.losses.report("m-1").operation == "charge"
    assert "order.id" in fates(teller, Direction.TO_LEGACY, doing="submit")
    assert fates(teller, Direction.TO_LEGACY, doing="observe") == {}
    counts = {one.member: one.counts for one in teller.losses.sums}
    assert counts["visit.crew"] == {Fate.UNMAPPED: 2}


class Visit(BaseModel):
    finished: datetime = Field(alias="Finished")
    minutes: int = 60


class Ticket(BaseModel):
    id: str
    price: Decimal = Decimal(0)
    count: int | None = None
    visit: Visit | None = None
    parts: tuple[Visit, ...] = ()
    raw: dict | None = None


ROW = {
    "id": "T-1",
    "price": "12.50",
    "count": "007",
    "visit": {"Finished": "2026-03-01T10:00:00+01:00", "crew": "north"},
    "parts": [{"Finished": "2026-03-01T10:00:00+01:00", "minutes": 5, "tool": "drill"}],
    "href": "http://localhost:8000/1",
    "empty": "",
    "nothing": None,
}


async def test_a_row_read_as_a_model_tells_what_the_model_lacks():
    def read(_):
        assert read_row(Ticket, ROW, "ticket", raw=ROW).raw == ROW

    teller = Teller(read, **{"from-legacy": {"ticket.href": "leads nowhere"}})
    await teller.fetch(MESSAGE)
    assert fates(teller, Direction.FROM_LEGACY) == {
        "ticket.id": "mapped",
        "ticket.price": "mapped",
        "ticket.count": "coerced",
        "ticket.visit.Finished": "mapped",
        "ticket.visit.minutes": "defaulted",
        "ticket.visit.crew": "unmapped",
        "ticket.parts.Finished": "mapped",
        "ticket.parts.minutes": "mapped",
        "ticket.parts.tool": "unmapped",
        "ticket.href": "dropped",
    }
    notes = {one.member: one.note for one in teller.losses.report("m-1").members}
    assert notes["ticket.count"] == "str read as int"


async def test_a_row_notes_what_is_read_of_it():
    def read(_):
        row = reading(ROW, "ticket")
        assert row == ROW
        assert isinstance(row, Row)
        assert row.get("absent", 4) == 4
        assert row["visit"]["crew"] == "north"
        assert [part["tool"] for part in row["parts"]] == ["drill"]
        assert "href" in row
        coerced("ticket.price", "cut to whole units")
        defaulted("ticket.channel", "it is always e-mail")

    teller = Teller(read)
    await teller.fetch(MESSAGE)
    said = fates(teller, Direction.FROM_LEGACY)
    assert {name for name, fate in said.items() if fate == "mapped"} == {"ticket.visit.crew", "ticket.parts.tool"}
    assert (said["ticket.href"], said["ticket.price"], said["ticket.channel"]) == ("unmapped", "coerced", "defaulted")
    assert "ticket.empty" not in said


async def test_a_row_that_is_looked_at_whole_is_read_whole():
    teller = Teller(lambda _: {**reading(ROW, "spread")} | reading(ROW, "joined").copy())
    await teller.fetch(MESSAGE)
    assert "unmapped" not in {
        fate for name, fate in fates(teller, Direction.FROM_LEGACY).items() if name in {"spread.href", "joined.href"}
    }


async def test_xml_notes_what_is_read_of_it():
    document = '<service id="S" state="ACT"><port>1/2</port><rate dir="D">100</rate><note/></service>'

    def read(_):
        service = reading(ET.fromstring(document), "service")
        assert attribute(service, "id") == "S"
        assert child_text(service, "port") == "1/2"

    teller = Teller(read)
    await teller.fetch(MESSAGE)
    assert fates(teller, Direction.FROM_LEGACY) == {
        "service@id": "mapped",
        "service@state": "unmapped",
        "service.port": "mapped",
        "service.rate": "unmapped",
        "service.rate@dir": "unmapped",
    }


def test_outside_a_translation_nothing_is_kept():
    assert reading(ROW, "ticket") is ROW
    assert read_row(Ticket, ROW, "ticket").id == "T-1"
    coerced("ticket.price", "nobody listens")


async def test_sums_count_messages_and_outlive_their_reports(monkeypatch):
    monkeypatch.setattr(loss, "_KEPT", 2)
    ignored = Patterns(**{"to-legacy": {"order.items.product.*": "priced already"}})
    teller = Teller(lambda message: message.order.items[0].quantity, charge=ignored, bill=ignored)
    for number in range(5):
        for _ in range(2):  # asking again is the same message
            await teller.submit(MESSAGE.model_copy(update={"id": f"m-{number}"}))
    assert teller.losses.report("m-0") is None
    sums = {one.member: one for one in teller.losses.sums}
    assert sums["order.items.quantity"].counts == {Fate.MAPPED: 5}
    assert sums["order.items.product.id"].counts == {Fate.DROPPED: 5}
    assert sums["order.items.product.id"].note == "priced already"
    assert sums["order.items.action"].counts == {Fate.UNMAPPED: 5}
    assert teller.losses.stale == ("bill to-legacy order.items.product.*",)


async def test_names_that_hold_values_do_not_grow_for_ever(monkeypatch):
    monkeypatch.setattr(loss, "_KEPT", 1)
    monkeypatch.setattr(loss, "_MEMBERS", 5)
    teller = Teller(lambda message: reading({f"key of {message.id}": 1}, "row"))
    for number in range(12):
        await teller.fetch(MESSAGE.model_copy(update={"id": f"m-{number}"}))
    sums = {one.member: one.counts for one in teller.losses.sums}
    assert len(sums) == 5 + 1 + 1  # those of before, the others, and the last message
    assert sums["(others)"] == {Fate.UNMAPPED: 6}


async def test_what_was_read_may_be_part_of_a_report():
    """A part of the message that is handed on is what it was."""
    rates = []

    class Line(BaseModel):
        product: Product

    def hand_on(message):
        rates.append(Line(product=message.order.items[0].product))

    teller = Teller(hand_on)
    await teller.submit(MESSAGE)
    (line,) = rates
    assert line == Line(product=ITEM.product)
    assert line.model_dump_json() == Line(product=ITEM.product).model_dump_json()
    assert copy.deepcopy(line) == line
    assert Line.model_validate_json(line.model_dump_json()) == line
