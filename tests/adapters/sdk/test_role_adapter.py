"""Adapters of small methods: what the gateway asks is put to them once a thing, and nothing is made twice."""

from datetime import UTC, datetime

import pytest

from adapters.sdk import role_adapter, roles
from adapters.sdk.facts import Speaker
from adapters.sdk.role_adapter import RoleAdapter
from adapters.sdk.roles import Told
from gateway.canonical.bill import AppliedRate, OnDemandBill
from gateway.canonical.cancelling import CancellationFee
from gateway.canonical.common import Characteristic, Ref
from gateway.canonical.money import Money
from gateway.canonical.reference import AccountRecord, PartyRecord, PlaceRecord
from gateway.canonical.service_order import PRODUCT_ITEM, Service, ServiceOrder, ServiceOrderItem
from gateway.canonical.states import ItemAction
from gateway.ports.adapter import Capability, Message, Operation, Outcome, Role
from gateway.ports.errors import NotSupported, Refused, SetupError, UnknownCode
from gateway.ports.outcome import InDoubt, Known, in_doubt
from gateway.ports.readback import OBSERVE, reader_of

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SPEAKER = Speaker("acme", "acme@1")


class Field(RoleAdapter):
    """Tickets in a list; those of an item in `refuses` are refused."""

    name, role = "acme-field", Role.FIELD_WORK

    def __init__(self, module):
        super().__init__(module, again_after_seconds=7.0)
        self.tickets, self.refuses, self.made = {}, set(), []

    async def find_visit(self, message, item):
        return self.tickets.get((message.reference_key, item.id))

    async def open_visit(self, message, item):
        if item.id in self.refuses:
            raise Refused("NO-CREW", "nobody goes there")
        self.made.append(item.id)
        ticket = self.tickets[message.reference_key, item.id] = {"id": f"T{item.id}", "state": "open"}
        return ticket

    def read_visit(self, message, item, found):
        fact = SPEAKER.says("field.completed", item.subject, {"ticket": found["id"]}, at=NOW, answer=found)
        done = found["state"] == "closed"
        return Told(
            facts=(fact,) if done else (),
            legacy_ids={f"ticket {item.id}": found["id"]},
            working=not done,
            done_for_good="the visit took place" if done else None,
        )

    async def call_off_visit(self, message, item, found):
        found["state"] = "off"


FIELD = """
system: acme
book: {status: not-implemented, comment: "no calendar"}
build: {status: full}
cancel:
  book: {status: not-implemented, comment: "no calendar"}
  build: {status: full}
lookup:
  book: {status: not-implemented, comment: "no calendar"}
  build: {status: full}
observe: {status: full}
inventory: {status: not-implemented, comment: "not asked for"}
"""


@pytest.fixture
def write(tmp_path):
    def written(text):
        (tmp_path / "conformance.yaml").write_text(text, encoding="utf-8")
        return str(tmp_path / "adapter.py")

    return written


@pytest.fixture
def field(write):
    return Field(write(FIELD))


async def test_each_thing_is_made_once_and_reported_when_all_are_done(field, message, item):
    build = message(Role.FIELD_WORK, Operation.BUILD, item(), item("2"))
    assert (await field.fetch(build)).outcome is Outcome.WORKING
    assert await field.outcome_of(build) is Known.ABSENT
    assert field.made == []
    for _ in range(2):
        report = await field.submit(build)
        assert (report.outcome, report.again_after_seconds) == (Outcome.WORKING, 7.0)
        assert report.legacy_ids == {"ticket 1": "T1", "ticket 2": "T2"}
    assert field.made == ["1", "2"]
    assert await field.outcome_of(build) is Known.PRESENT
    field.tickets["O-1", "1"]["state"] = "closed"
    assert (await field.fetch(build)).facts == ()
    field.tickets["O-1", "2"]["state"] = "closed"
    report = await field.fetch(build)
    assert [str(fact.key) for fact in report.facts] == ["field.completed item:1", "field.completed item:2"]
    assert report.reference is None
    observed = await reader_of(field, OBSERVE).observe(build)
    assert observed.facts[0].observed_at > NOW


async def test_a_no_to_one_item_lets_the_other_go_on(field, message, item):
    field.refuses = {"1"}
    build = message(Role.FIELD_WORK, Operation.BUILD, item(), item("2"))
    await field.submit(build)
    field.tickets["O-1", "2"]["state"] = "closed"
    report = await field.submit(build)
    (refusal,) = report.refusals
    assert (refusal.subject, refusal.legacy_code) == ("item:1", "NO-CREW")
    assert [str(fact.key) for fact in report.facts] == ["field.completed item:2"]


async def test_what_is_done_for_good_is_refused_before_anything_is_called_off(field, message, item):
    build = message(Role.FIELD_WORK, Operation.BUILD, item(), item("2"), item("3"))
    await field.submit(build.model_copy(update={"items": ("1", "2")}))
    field.tickets["O-1", "2"]["state"] = "closed"
    with pytest.raises(Refused, match="the visit took place") as caught:
        await field.cancel(build)
    assert caught.value.subject == "item:2"
    assert field.tickets["O-1", "1"]["state"] == "open"
    report = await field.cancel(build.model_copy(update={"leave_done": True}))
    assert [str(fact.key) for fact in report.facts] == ["field.completed item:2"]
    assert [one["state"] for one in field.tickets.values()] == ["off", "closed"]


class Probed(Field):
    """Asks once more while it reads, knows what it would send, and says what stands after a visit was called off."""

    async def read_visit(self, message, item, found):
        return super().read_visit(message, item, found)

    async def rehearse(self, message, one):
        raise UnknownCode("acme-word@1", one.id)

    async def why_kept(self, message, one, found):
        return None

    async def call_off_visit(self, message, item, found):
        fact = SPEAKER.says("field.completed", item.subject, {"ticket": "none"}, at=NOW, answer=found)
        return Told(facts=(fact,))


async def test_reading_may_ask_a_look_knows_every_word_and_what_is_called_off_is_told(write, message, item):
    field = Probed(write(FIELD))
    build = message(Role.FIELD_WORK, Operation.BUILD, item())
    with pytest.raises(UnknownCode):
        await field.fetch(build)
    assert (await field.submit(build)).legacy_ids == {"ticket 1": "T1"}
    field.tickets["O-1", "1"]["state"] = "closed"
    assert (await field.cancel(build)).facts[0].value == {"ticket": "none"}


async def test_what_is_not_declared_is_not_supported_even_where_nothing_is_to_be_done(field, message):
    for operation in (Operation.GATHER, Operation.FEE):
        with pytest.raises(NotSupported):
            await field.submit(message(Role.FIELD_WORK, operation))


async def test_capabilities_are_those_declared(field, message, item):
    assert field.capabilities["cancel build"] is Capability.FULL
    assert field.declaration.system == "acme"
    assert in_doubt(field, Operation.BUILD) is InDoubt.ASK
    with pytest.raises(NotSupported, match="acme-field has no book"):
        await field.submit(message(Role.FIELD_WORK, Operation.BOOK, item()))
    with pytest.raises(NotSupported, match="inventory"):
        await anext(field.inventory())


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ('book: {status: not-implemented, comment: "no calendar"}\nbuild', "book: {status: full}\nbuild", 3, "find_appointment"),
        ('  book: {status: not-implemented, comment: "no calendar"}\n  build: {status: full}\nlookup', "  book: {status: full}\nlookup", 6, "call_off_appointment"),
    ],
)  # fmt: skip
def test_a_promise_without_its_method_is_refused_at_the_start(write, old, new, line, words):
    assert old in FIELD
    with pytest.raises(SetupError, match=f"Field has no {words}") as caught:
        Field(write(FIELD.replace(old, new)))
    assert caught.value.line == line


class Crm(RoleAdapter):
    name, role = "acme-crm", Role.CUSTOMER

    async def identify_parties(self, message, ids):
        fact = SPEAKER.says("party.identified", "productOrder", {"party": ids[0]}, at=NOW, answer=ids)
        return Told(parties=(PartyRecord(id=ids[0], role="customer"),), facts=(fact,))

    async def look_up_accounts(self, message, ids):
        assert message.reference.party("CUST-1001") is not None  # what was answered before is known
        return Told(accounts=tuple(AccountRecord(id=one, customer="CUST-1001") for one in ids))

    async def qualify(self, message, item, place):
        return Told(places=(PlaceRecord(id=place, location="L-1"),))


def plain(role_words, **more):
    lines = [f"{word}: {{status: full}}" for word in role_words]
    return "\n".join(["system: acme", *lines, *more.values()])


async def test_a_question_is_asked_of_who_knows_and_answered_as_one(write, message, item):
    crm = Crm(write(plain(["gather"])))
    report = await crm.submit(message(Role.CUSTOMER, Operation.GATHER, item(), item("2", place="ADDR-2")))
    assert report.outcome is Outcome.DONE
    assert [record.id for record in report.reference.accounts] == ["BA-1001"]
    assert [record.id for record in report.reference.places] == ["ADDR-1001", "ADDR-2"]
    assert report.reference.products is None  # nobody was asked: not known, rather than none
    assert [fact.predicate for fact in report.facts] == ["party.identified"]
    assert await crm.outcome_of(message(Role.CUSTOMER, Operation.GATHER, item())) is Known.ABSENT
    assert (await crm.submit(Message(id="m", role=Role.CUSTOMER, operation=Operation.GATHER))).reference.parties == ()


class Upstream(RoleAdapter):
    """Takes service orders whole."""

    name, role = "acme-tmf", Role.ACTIVATION

    def __init__(self, module):
        super().__init__(module)
        self.placed = []

    async def find_order(self, message, order):
        return order.id if order.id in self.placed else None

    async def place_order(self, message, order):
        if order.id == "SO-2":
            raise Refused("E1", "no")
        self.placed.append(order.id)
        return order.id

    def read_order(self, message, order, found):
        facts = [
            SPEAKER.says("service.activated", item.subject, {}, at=NOW, answer=found) for _, item in order.all_items()
        ]
        return Told(facts=tuple(facts))


async def test_service_orders_are_handed_over_whole(write, message, item):
    def serving(name, *items):
        services = [Service(characteristics=(Characteristic(name=PRODUCT_ITEM, value=one),)) for one in items]
        lines = [ServiceOrderItem(id=str(n), action=ItemAction.ADD, service=one) for n, one in enumerate(services)]
        return ServiceOrder(id=name, items=tuple(lines))

    upstream = Upstream(write(plain(["activate"])))
    activate = message(Role.ACTIVATION, Operation.ACTIVATE, item(), item("2"), item("3")).model_copy(
        update={"service_orders": (serving("SO-1", "1", "1"), serving("SO-2", "2", "2"), serving("SO-3", "3"))}
    )
    report = await upstream.submit(activate.model_copy(update={"items": ("1", "2")}))
    assert upstream.placed == ["SO-1"]
    assert [str(fact.key) for fact in report.facts] == ["service.activated item:1"] * 2
    assert [refusal.subject for refusal in report.refusals] == ["item:2"]


class Biller(RoleAdapter):
    name, role = "acme-billing", Role.BILLING
    rate = AppliedRate(id="R1", product=Ref(id="P"))

    def __init__(self, module):
        super().__init__(module)
        self.billed, self.fees = [], []

    async def find_bill(self, message):
        return message.reference_key if message.reference_key in self.billed else None

    async def make_bill(self, message):
        self.billed.append(message.reference_key)
        return message.reference_key

    def read_bill(self, message, found):
        return Told(rates=(self.rate,))

    async def find_fee(self, message, fee):
        return next((one for one in self.fees if one == fee.item), None)

    async def charge_fee(self, message, fee):
        if not fee.reason:
            raise Refused("E2", "why?")
        self.fees.append(fee.item)
        return fee.item

    def read_fee(self, message, fee, found):
        return Told(rates=(self.rate,))


async def test_a_bill_is_one_thing_and_each_fee_is_one(write, message, item):
    biller = Biller(write(plain(["bill", "fee"])))
    bill = message(Role.BILLING, Operation.BILL, item(), item("2"))
    assert (await biller.submit(bill)).rates == (await biller.submit(bill)).rates == (Biller.rate,)
    assert biller.billed == ["O-1"]
    on_demand = Message(
        id="OD-1", role=Role.BILLING, operation=Operation.BILL, on_demand=OnDemandBill(id="OD-1", name="now")
    )
    assert (await biller.submit(on_demand)).outcome is Outcome.DONE
    assert biller.billed == ["O-1", "OD-1"]
    net = Money(amount=79, currency="EUR")
    fees = tuple(CancellationFee(item=one, net=net, tax_rate=20, reason=why) for one, why in (("1", "late"), ("2", "")))
    report = await biller.submit(bill.model_copy(update={"operation": Operation.FEE, "fees": fees}))
    assert (len(report.rates), [one.subject for one in report.refusals]) == (1, ["item:2"])


def test_every_method_that_is_called_stands_in_a_protocol():
    protocols = [one for one in map(roles.__dict__.get, roles.__all__) if getattr(one, "_is_protocol", False)]
    told = {name for one in protocols for name in vars(one) if not name.startswith("_")}
    called = {name for work in (*role_adapter._WORK.values(), role_adapter._WHOLE) for name in work}
    called |= set(role_adapter._GATHERS)
    assert told == called - {"take_back_bill", "take_back_fee"}  # what is posted is corrected, never taken back
