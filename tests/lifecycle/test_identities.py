"""The map of identities: one legacy object is never two of ours at one time, and no legacy id is one of ours."""

import asyncio
import random
from datetime import UTC, datetime, timedelta

import pytest

from gateway.canonical.bill import AppliedRate
from gateway.canonical.common import Characteristic, Party, Ref
from gateway.canonical.fact import Fact, Source
from gateway.canonical.identity import RESOURCE_KINDS
from gateway.canonical.lifecycle import Checkpoint, Lifecycle, ResourceKind
from gateway.canonical.order import Product, ProductOrder, ProductOrderItem
from gateway.canonical.service_order import PRODUCT_ITEM, Service, ServiceOrder, ServiceOrderItem
from gateway.canonical.states import ItemAction, OrderState
from gateway.lifecycle.desk import OrderDesk
from gateway.lifecycle.terms import Terms
from gateway.ports.adapter import Operation, Outcome, Report
from gateway.ports.clock import SystemClock
from gateway.ports.identity import IdentityQuery
from gateway.ports.repository import Change
from gateway.rules.engine import Catalogue
from gateway.storage.database import Database
from gateway.storage.repository import SqlRepository

CATALOGUE = Catalogue.load()


class House:
    """A desk on a real store, with orders that wait for a report."""

    def __init__(self, database):
        self.repository = SqlRepository(database)
        self.desk = OrderDesk(self.repository, Terms(), CATALOGUE, SystemClock())

    async def order(self, order_id, *, customer="C-1", action="add", product=None, checkpoint=Checkpoint.READY):
        product = product or f"P-{order_id}"
        item = ProductOrderItem(
            id="1", action=ItemAction(action), product=Product(id=product), state=OrderState.IN_PROGRESS
        )
        order = ProductOrder(
            id=order_id,
            state=OrderState.IN_PROGRESS,
            parties=(Party(id=customer, role="customer"),),
            items=(item,),
            revision=1,
        )
        service = Service(characteristics=(Characteristic(name=PRODUCT_ITEM, value="1"),))
        serving = ServiceOrderItem(id="1", action=ItemAction(action), service=service, state=OrderState.IN_PROGRESS)
        service_order = ServiceOrder(
            id=f"SO-{order_id}", state=OrderState.IN_PROGRESS, product_order_id=order_id, items=(serving,), revision=1
        )
        lifecycle = Lifecycle(
            id=order_id,
            root=ResourceKind.PRODUCT_ORDER,
            checkpoint=checkpoint,
            awaiting=("m", "and another"),
            version=1,
        )
        put = ((ResourceKind.PRODUCT_ORDER, order), (ResourceKind.SERVICE_ORDER, service_order))
        await self.repository.save(Change(lifecycle=lifecycle, put=put))

    async def say(self, order_id, *facts, message="m", operation=Operation.BUILD, rates=(), system="legacy", **ids):
        named = {name.replace("_", " ", 1).replace("_", "."): value for name, value in ids.items()}
        report = Report(outcome=Outcome.DONE, legacy_ids=named, facts=facts, rates=rates)
        await self.desk.receive(order_id, message, operation, report, system)

    async def map(self, **asked):
        return (await self.repository.find_identities(IdentityQuery(**asked)))[0]

    async def findings(self, order_id):
        holds = (await self.repository.load(order_id)).holds
        return [finding for hold in holds for finding in hold.findings]


@pytest.fixture
async def house(tmp_path):
    database = await Database.open(f"sqlite:///{tmp_path / 'map.sqlite'}")
    yield House(database)
    await database.close()


def fact(predicate, *, subject="item:1", ago=0, system="legacy", **value):
    at = datetime.now(UTC) - timedelta(minutes=ago)
    source = Source(system=system, adapter=f"{system}@1")
    return Fact(predicate=predicate, subject=subject, value=value, observed_at=at, source=source)


async def test_what_a_report_names_stands_in_the_map_as_it_was_written(house):
    await house.order("A")
    await house.say("A", fact("device.bound", serial="0042"), ticket_1="000123", activation_1_1="svc-Ä1")
    found = {one.scheme: one for one in await house.map(order_id="A")}
    assert {name: one.legacy_id for name, one in found.items()} == {
        "ticket": "000123",
        "activation": "svc-Ä1",
        "serial": "0042",
    }
    assert {one.issuer for one in found.values()} == {"legacy"}
    assert (found["serial"].kind, found["serial"].our_id) == ("device", "P-A")
    assert found["ticket"].said_by.message == "m"
    assert all(one.our_id != one.legacy_id for one in found.values())
    assert await house.map(legacy_id="123") == ()
    assert await house.map(legacy_id="42") == ()


async def test_a_report_that_comes_twice_adds_nothing(house):
    await house.order("A")
    for _ in range(2):
        await house.say("A", fact("resource.assigned", ago=5, number="+4930555", port="1/1"), ticket_1="T-1")
    assert sorted(one.scheme for one in await house.map()) == ["E.164", "port", "ticket"]
    assert {one.issuer for one in await house.map(scheme="E.164")} == {"ITU-T"}


async def test_a_ticket_of_another_order_holds_and_both_are_named(house):
    await house.order("A")
    await house.order("B")
    await house.say("A", ticket_1="T-1")
    await house.say("B", ticket_1="T-1")
    (one,) = await house.map(legacy_id="T-1")
    assert one.order_id == "A"
    (finding,) = await house.findings("B")
    assert finding.code == "IDN-005"
    assert "T-1" in finding.reason
    assert one.our_id in finding.reason
    assert "order A" in finding.reason
    b = await house.repository.load("B")
    assert b.product_order.state == "held"
    assert b.lifecycle.legacy_ids == {}
    assert "m" in b.lifecycle.awaiting
    await house.say("B", ticket_1="T-2")
    assert "m" not in (await house.repository.load("B")).lifecycle.awaiting


async def test_a_charge_of_another_order_does_not_become_ours_a_second_time(house):
    await house.order("A")
    await house.order("B")
    rate = AppliedRate(id="CH-1", type="recurring", item_id="1", product=Ref(id="P"))
    named = fact("rate.created", rate="CH-1")
    await house.say("A", named, rates=(rate,), operation=Operation.CHARGE)
    await house.say("B", named, rates=(rate,), operation=Operation.CHARGE)
    assert [one.code for one in await house.findings("B")] == ["IDN-005"]
    b = await house.repository.load("B")
    assert (b.rates, b.facts) == ((), ())
    (rate,) = (await house.repository.load("A")).rates
    assert [one.our_id for one in await house.map(legacy_id="CH-1")] == [rate.id]


async def test_a_ticket_number_that_is_used_again_is_told_apart_by_its_time(house):
    await house.order("A")
    await house.order("B")
    await house.say("A", ticket_1="7", message="early")
    await asyncio.sleep(0.01)
    await house.say("A", fact("field.completed"))
    (first,) = await house.map(legacy_id="7")
    assert first.valid_to is not None
    await asyncio.sleep(0.01)
    await house.say("B", ticket_1="7")
    one, two = await house.map(legacy_id="7")
    assert (one.order_id, two.order_id, two.valid_to) == ("A", "B", None)
    assert one.valid_to <= two.valid_from
    assert [x.order_id for x in await house.map(legacy_id="7", at=one.valid_from)] == ["A"]
    assert [x.order_id for x in await house.map(legacy_id="7", at=datetime.now(UTC))] == ["B"]
    assert await house.findings("B") == []


async def test_the_order_that_was_called_back_gives_way(house):
    await house.order("A", checkpoint=Checkpoint.ENDED)
    await house.order("B")
    await house.say("A", ticket_1="T-1")
    await house.say("B", ticket_1="T-1")
    assert await house.findings("B") == []
    assert [(one.order_id, one.valid_to is None) for one in await house.map(legacy_id="T-1")] == [
        ("A", False),
        ("B", True),
    ]


@pytest.mark.parametrize(("customer", "codes"), [("C-2", ["IDN-003"]), ("C-1", [])])
async def test_a_port_is_one_customer_s(house, customer, codes):
    await house.order("A")
    await house.order("B", customer=customer)
    await house.say("A", fact("resource.assigned", ago=9, port="1/1"))
    await house.say("B", fact("resource.assigned", ago=8, port="1/1"))
    assert [one.code for one in await house.findings("B")] == codes
    assert len(await house.map(scheme="port")) == 2 - len(codes)


async def test_what_was_given_back_may_be_had_by_somebody_else(house):
    await house.order("A", product="P-1")
    await house.order("leave", product="P-1", action="delete")
    await house.order("B", customer="C-2")
    await house.say("A", fact("resource.assigned", ago=9, port="1/1", number="+49301"))
    await house.say("leave", fact("resource.released", ago=5, port="1/1"))
    await house.say("B", fact("resource.assigned", ago=1, port="1/1"))
    assert await house.findings("B") == []
    assert [one.our_id for one in await house.map(scheme="port", at=datetime.now(UTC))] == ["P-B"]
    assert [one.our_id for one in await house.map(scheme="E.164", at=datetime.now(UTC))] == ["P-1"]


async def test_a_service_that_is_changed_keeps_the_id_by_which_it_is_known(house):
    await house.order("A", product="P-1")
    await house.order("B", product="P-1", action="modify")
    await house.say("A", activation_1_1="SVC-1")
    await house.say("B", activation_1_1="SVC-1")
    (one,) = await house.map(legacy_id="SVC-1")
    assert one.order_id == "A"
    item = (await house.repository.load("B")).service_orders[0].items[0]
    assert item.service.id == one.our_id
    assert await house.findings("B") == []


async def test_a_service_that_another_order_added_is_not_added_once_more(house):
    await house.order("A")
    await house.order("B")
    await house.say("A", activation_1_1="SVC-1")
    await house.say("B", activation_1_1="SVC-1")
    assert [one.code for one in await house.findings("B")] == ["IDN-005"]


async def test_of_two_orders_that_name_one_ticket_at_the_same_moment_one_is_held(house):
    names = [f"O-{number}" for number in range(6)]
    for name in names:
        await house.order(name)
    await asyncio.gather(*(house.say(name, ticket_1="T-1") for name in names))
    (one,) = await house.map(legacy_id="T-1")
    held = [name for name in names if await house.findings(name)]
    assert sorted([*held, one.order_id]) == names


async def test_two_systems_may_use_one_word(house):
    await house.order("A")
    await house.order("B")
    await house.say("A", ticket_1="1", system="one")
    await house.say("B", ticket_1="1", system="two")
    assert await house.findings("B") == []


async def test_a_late_report_about_somebody_else_s_is_noted_and_not_taken(house):
    await house.order("A")
    await house.order("B")
    await house.say("A", ticket_1="T-1")
    await house.say("B", ticket_1="T-1", message="nobody waits for this")
    b = await house.repository.load("B")
    assert "IDN-005" in b.product_order.notes[-1].text
    assert b.lifecycle.legacy_ids == {}


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_is_said_in_whatever_order_no_object_is_two_of_ours_at_one_time(house, seed):
    chance = random.Random(seed)
    orders = [f"O-{number}" for number in range(5)]
    for number, name in enumerate(orders):
        await house.order(name, customer=f"C-{number % 2}", product=f"P-{number % 3}")
    for number in range(60):
        said = chance.choice(
            [
                {"ticket_1": str(chance.randrange(4))},
                {"activation_1_1": f"S{chance.randrange(4)}"},
                {"facts": (fact("field.completed"),)},
                {"facts": (fact("service.ceased"),)},
                {"rates": (AppliedRate(id=f"00{chance.randrange(4)}", item_id="1"),)},
                {"facts": (fact("resource.released"),)},
                {"facts": (fact("device.bound", serial=f"0{chance.randrange(3)}"),)},
            ]
        )
        await house.say(chance.choice(orders), *said.pop("facts", ()), message=f"m{number}", **said)
    found = await house.map(limit=1000)
    assert found
    for index, one in enumerate(found):
        assert one.our_id != one.legacy_id
        assert one.scheme
        assert one.issuer
        for other in found[index + 1 :]:
            if one.key == other.key and one.kind not in RESOURCE_KINDS:
                assert one.is_same(other) or not one.overlaps(other), (one, other)
