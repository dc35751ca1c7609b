"""What goes in comes out; what conflicts is refused; nothing is half stored."""

import asyncio
from datetime import UTC, datetime

import orjson
import pytest

from gateway.canonical.fact import Fact, FactKey
from gateway.canonical.ids import new_id
from gateway.canonical.judgement import Decision, Hold
from gateway.canonical.lifecycle import Checkpoint, Event, Lifecycle, Listener, ResourceKind
from gateway.canonical.order import ProductOrder
from gateway.canonical.service_order import ServiceOrder
from gateway.ports.errors import DuplicateOrder, StaleVersion, StoreUnavailable
from gateway.ports.repository import RESOURCE_TYPES, Change, Query, Summary, Work
from gateway.storage.repository import SqlRepository
from gateway.storage.save import FACE_KINDS
from gateway.streams import queue

PRODUCT_ORDER = ResourceKind.PRODUCT_ORDER


async def claimed(database, lane):
    """Return what stands in a lane, heads first."""
    now = datetime(2100, 1, 1, tzinfo=UTC)
    return await database.write(lambda conn: queue.claim(conn, [queue.Ask(lane, 100, 1.0)], "test", now))


# -- round trips ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ResourceKind)
async def test_every_kind_of_resource_comes_back_as_it_went_in(repository, filled, a_lifecycle, kind):
    resource = filled(RESOURCE_TYPES[kind], id="resource-1")
    await repository.save(Change(lifecycle=a_lifecycle("order-1"), put=((kind, resource),)))
    assert await repository.get(kind, "resource-1") == resource
    assert await repository.owner(kind, "resource-1") == "order-1"
    page = await repository.find(Query(kind))
    assert (page.items, page.total) == ((resource,), 1)


@pytest.mark.parametrize("kind", ResourceKind)
async def test_a_resource_with_nothing_in_it_comes_back_too(repository, a_lifecycle, kind):
    resource = RESOURCE_TYPES[kind](id="resource-1")
    await repository.save(Change(lifecycle=a_lifecycle("order-1"), put=((kind, resource),)))
    assert await repository.get(kind, "resource-1") == resource


async def test_a_whole_lifecycle_comes_back_as_it_went_in(repository, filled):
    lifecycle = filled(Lifecycle, id="order-1", version=1)
    put = {kind: filled(model, id="order-1") for kind, model in RESOURCE_TYPES.items()}
    facts = tuple(filled(Fact, id=f"fact-{n}", order_id="order-1") for n in (3, 1, 2))
    holds = (
        filled(Hold, id="hold-2", order_id="order-1", released_at=None, release_cause=None),
        filled(Hold, id="hold-1", order_id="order-1", missing=(FactKey("site.qualified", "item:1"),)),
    )
    decisions = tuple(filled(Decision, id=f"decision-{n}", order_id="order-1") for n in (2, 1))
    events = tuple(filled(Event, id=f"event-{n}", order_id="order-1", seq=n) for n in (1, 2))
    change = Change(
        lifecycle=lifecycle, put=tuple(put.items()), facts=facts, holds=holds, decisions=decisions, events=events
    )
    await repository.save(change)

    found = await repository.load("order-1")
    assert found.lifecycle == lifecycle
    assert found.product_order == put[PRODUCT_ORDER]
    assert found.service_orders == (put[ResourceKind.SERVICE_ORDER],)
    assert found.facts == facts
    assert found.holds == holds[:1]
    assert found.rates == (put[ResourceKind.APPLIED_RATE],)
    assert found.bills == (put[ResourceKind.CUSTOMER_BILL],)
    assert found.cancel_tasks == (put[ResourceKind.CANCEL_PRODUCT_ORDER], put[ResourceKind.CANCEL_SERVICE_ORDER])
    assert await repository.timeline("order-1") == (events, decisions, holds, found)
    assert await repository.event("event-2") == events[1]


async def test_what_is_not_there_is_none(repository):
    assert await repository.get(PRODUCT_ORDER, "x") is None
    assert await repository.owner(PRODUCT_ORDER, "x") is None
    assert await repository.load("x") is None
    assert await repository.event("x") is None
    assert await repository.listener("x") is None
    assert await repository.ready_at() is None
    assert await repository.timeline("x") == ((), (), (), None)
    assert await repository.open_holds() == ((), 0)
    assert await repository.counts() == {"parked": 0}


# -- versions -------------------------------------------------------------------------------------------------------


async def test_a_second_order_of_the_same_id_is_refused_and_changes_nothing(repository, database, an_order, intake):
    order = an_order()
    await repository.save(intake(order))
    with pytest.raises(DuplicateOrder):
        await repository.save(intake(an_order(order.id, category="other")))
    assert await repository.get(PRODUCT_ORDER, order.id) == order
    assert len((await repository.timeline(order.id))[0]) == 1
    assert len(await claimed(database, "customer")) == 1


@pytest.mark.parametrize("version", [2, 4, 9])
async def test_a_change_on_a_version_that_is_not_the_stored_one_is_refused_whole(
    repository, database, an_order, a_lifecycle, an_event, intake, version
):
    order = an_order()
    await repository.save(intake(order))
    await repository.save(Change(lifecycle=a_lifecycle(order.id, 2)))
    late = Change(
        lifecycle=a_lifecycle(order.id, version),
        put=((PRODUCT_ORDER, order.model_copy(update={"category": "late"})),),
        events=(an_event(order, 2),),
        work=(Work("late", order.id, "late", b""),),
    )
    with pytest.raises(StaleVersion):
        await repository.save(late)
    assert (await repository.load(order.id)).product_order == order
    assert await claimed(database, "late") == []


async def test_a_change_of_an_order_that_is_not_there_is_stale(repository, a_lifecycle):
    with pytest.raises(StaleVersion):
        await repository.save(Change(lifecycle=a_lifecycle("x", 2)))


async def test_of_two_changes_at_once_one_wins(repository, an_order, a_lifecycle, intake):
    order = an_order()
    await repository.save(intake(order))
    changes = [
        Change(
            lifecycle=a_lifecycle(order.id, 2),
            put=((PRODUCT_ORDER, order.model_copy(update={"category": f"c{n}", "revision": 2})),),
        )
        for n in range(8)
    ]
    answers = await asyncio.gather(*(repository.save(c) for c in changes), return_exceptions=True)
    assert [type(answer) for answer in answers].count(StaleVersion) == 7
    winner = answers.index(None)
    assert (await repository.get(PRODUCT_ORDER, order.id)).category == f"c{winner}"


# -- resources ------------------------------------------------------------------------------------------------------


async def test_a_changed_resource_keeps_its_place_among_the_others(repository, an_order, a_lifecycle, intake):
    orders = [an_order() for _ in range(5)]
    for order in orders:
        await repository.save(intake(order))
    changed = orders[1].model_copy(update={"category": "B2B", "revision": 2})
    await repository.save(Change(lifecycle=a_lifecycle(changed.id, 2), put=((PRODUCT_ORDER, changed),)))
    orders[1] = changed
    assert (await repository.find(Query(PRODUCT_ORDER))).items == tuple(orders)


async def test_the_stored_resource_is_the_one_put_even_where_an_event_shows_an_older_one(
    repository, an_order, a_lifecycle, an_event
):
    old = an_order()
    new = old.model_copy(update={"category": "B2B", "revision": 2})
    await repository.save(Change(lifecycle=a_lifecycle(old.id), put=((PRODUCT_ORDER, new),), events=(an_event(old),)))
    assert await repository.get(PRODUCT_ORDER, old.id) == new


async def test_a_removed_resource_is_gone_and_its_history_stays(repository, an_order, a_lifecycle, an_event, intake):
    order = an_order()
    await repository.save(intake(order))
    gone = Change(
        lifecycle=a_lifecycle(order.id, 2), remove=((PRODUCT_ORDER, order.id),), events=(an_event(order, 2, "delete"),)
    )
    await repository.save(gone)
    assert await repository.get(PRODUCT_ORDER, order.id) is None
    assert (await repository.find(Query(PRODUCT_ORDER))).total == 0
    assert (await repository.load(order.id)).product_order is None
    assert [event.type for event in (await repository.timeline(order.id))[0]] == ["create", "delete"]


async def test_a_resource_saved_without_a_lifecycle_stays_with_its_order(repository, filled, a_lifecycle):
    kind = ResourceKind.CUSTOMER_BILL
    bill = filled(RESOURCE_TYPES[kind], id="bill-1", order_id=None)
    await repository.save(Change(lifecycle=a_lifecycle("order-1"), put=((kind, bill),)))
    settled = bill.model_copy(update={"category": "changed"})
    await repository.save(Change(put=((kind, settled),)))
    assert await repository.owner(kind, "bill-1") == "order-1"
    assert (await repository.load("order-1")).bills == (settled,)
    assert (await repository.find(Query(kind))).total == 1


async def test_a_resource_that_no_order_owns_has_no_owner(repository, filled):
    kind = ResourceKind.ON_DEMAND_BILL
    bill = filled(RESOURCE_TYPES[kind], id="bill-1")
    await repository.save(Change(put=((kind, bill),)))
    assert await repository.get(kind, "bill-1") == bill
    assert await repository.owner(kind, "bill-1") is None


# -- facts, holds, counts ---------------------------------------------------------------------------------------------


async def test_a_fact_is_recorded_once_and_the_chain_keeps_its_order(repository, filled, a_lifecycle):
    def fact(name, **changes):
        return filled(Fact, id=name, order_id="order-1", **changes)

    await repository.save(Change(lifecycle=a_lifecycle("order-1"), facts=(fact("z"), fact("m"))))
    again = fact("m", reason="told differently")
    await repository.save(Change(lifecycle=a_lifecycle("order-1", 2), facts=(again, fact("a"))))
    assert (await repository.load("order-1")).facts == (fact("z"), fact("m"), fact("a"))


async def test_a_hold_is_open_until_it_is_released_under_the_same_id(repository, filled, a_lifecycle):
    holds = [
        filled(
            Hold,
            id=f"hold-{n}",
            order_id=f"order-{n}",
            since=datetime(2026, 1, 4 - n, tzinfo=UTC),
            released_at=None,
            release_cause=None,
        )
        for n in (1, 2, 3)
    ]
    for hold in holds:
        await repository.save(Change(lifecycle=a_lifecycle(hold.order_id), holds=(hold,)))
    assert await repository.open_holds() == (tuple(reversed(holds)), 3)
    assert await repository.open_holds(offset=1, limit=1) == ((holds[1],), 3)
    released = holds[1].model_copy(update={"released_at": datetime(2026, 2, 1, tzinfo=UTC), "release_cause": "fact"})
    await repository.save(Change(lifecycle=a_lifecycle("order-2", 2), holds=(released,)))
    assert await repository.open_holds() == ((holds[2], holds[0]), 2)
    assert (await repository.load("order-2")).holds == ()
    assert (await repository.timeline("order-2"))[2] == (released,)


async def test_fact_owners_are_found_by_any_member_of_a_facts_value(repository, filled, a_lifecycle):
    values = {
        "a": {"serial": "SN-1", "port": 7, "lit": True},
        "b": {"serial": "SN-1", "port": "7"},
        "c": {"serial": 12, "port": 8.5, "serial number": 'x"y'},
        "d": {"serial": ["SN-1"], "nested": {"port": 7}},
    }
    for order_id, value in values.items():
        fact = filled(Fact, id=f"fact-{order_id}", order_id=order_id, predicate="device.bound", value=value)
        twice = fact.model_copy(update={"id": f"more-{order_id}"})
        other = fact.model_copy(update={"id": f"other-{order_id}", "predicate": "field.completed"})
        await repository.save(Change(lifecycle=a_lifecycle(order_id), facts=(fact, twice, other)))
    look = repository.fact_owners
    assert await look("device.bound", "serial", "SN-1") == ("a", "b")
    assert await look("device.bound", "serial", "12") == ("c",)
    assert await look("device.bound", "port", "7") == ("a", "b")
    assert await look("device.bound", "port", "8.5") == ("c",)
    assert await look("device.bound", "lit", "true") == ("a",)
    assert await look("device.bound", "serial number", 'x"y') == ("c",)
    assert await look("device.bound", "serial", "' OR 1=1 --") == ()
    assert await look("device.bound", 'serial" OR "', "SN-1") == ()
    assert await look("ledger.posted", "serial", "SN-1") == ()


async def test_counts_tell_where_orders_stand_and_how_many_streams_are_parked(repository, database, a_lifecycle):
    for number, checkpoint in enumerate([Checkpoint.QUALIFY, Checkpoint.QUALIFY, Checkpoint.CLOSED]):
        lifecycle = a_lifecycle(f"order-{number}", checkpoint=checkpoint)
        await repository.save(Change(lifecycle=lifecycle, work=(Work("customer", lifecycle.id, "w", b""),)))
    job, *_ = await claimed(database, "customer")
    await database.write(lambda conn: queue.park(conn, job, "dead", datetime.now(UTC)))
    assert await repository.counts() == {"qualify": 2, "closed": 1, "parked": 1}


async def test_summaries_show_each_lifecycle_with_its_roots_present_state(repository, filled, a_lifecycle):
    states = {"b": "held", "a": "acknowledged", "c": "held"}
    for order_id, state in states.items():
        order = ProductOrder(id=order_id, state=state)
        hold = filled(Hold, id=f"hold-{order_id}", order_id=order_id, released_at=None)
        await repository.save(
            Change(lifecycle=a_lifecycle(order_id), put=((PRODUCT_ORDER, order),), holds=(hold,) * (state == "held"))
        )
    service = ServiceOrder(id="s", state="acknowledged")
    outside = a_lifecycle("s", root=ResourceKind.SERVICE_ORDER, checkpoint=Checkpoint.RELEASE)
    await repository.save(Change(lifecycle=outside, put=((ResourceKind.SERVICE_ORDER, service),)))

    async def listed(**wanted):
        page = await repository.summaries(**wanted)
        return [summary.id for summary in page.items], page.total

    page = await repository.summaries()
    assert page.items[0] == Summary("b", PRODUCT_ORDER, Checkpoint.QUALIFY, "held", 1)
    assert page.items[3] == Summary("s", ResourceKind.SERVICE_ORDER, Checkpoint.RELEASE, "acknowledged", 0)
    assert await listed() == (["b", "a", "c", "s"], 4)
    assert await listed(state="held") == (["b", "c"], 2)
    assert await listed(checkpoint="qualify", offset=1, limit=1) == (["a"], 3)
    assert await listed(checkpoint="qualify", state="acknowledged") == (["a"], 1)
    assert await listed(checkpoint="closed") == ([], 0)
    # A change that does not touch the root leaves its state as it was.
    await repository.save(Change(lifecycle=a_lifecycle("b", 2, checkpoint=Checkpoint.RELEASE)))
    order = ProductOrder(id="a", state="completed", revision=2)
    await repository.save(Change(lifecycle=a_lifecycle("a", 2), put=((PRODUCT_ORDER, order),)))
    await repository.save(Change(lifecycle=a_lifecycle("c", 2), remove=((PRODUCT_ORDER, "c"),)))
    assert [(s.id, s.checkpoint, s.state) for s in (await repository.summaries()).items] == [
        ("b", "release", "held"),
        ("a", "qualify", "completed"),
        ("c", "qualify", None),
        ("s", "release", "acknowledged"),
    ]


# -- work and notifications -------------------------------------------------------------------------------------------


async def test_work_is_stored_with_the_change(repository, database, an_order, intake):
    order = an_order()
    await repository.save(intake(order))
    assert await repository.ready_at() is not None
    (job,) = await claimed(database, "customer")
    assert (job.key, job.id, job.payload) == (order.id, f"{order.id}/gather", b"{}")


async def test_every_listener_whose_face_shows_the_kind_is_notified_in_order(repository, database, an_order, intake):
    for number, face in enumerate(["tmf622-v4", "tmf622-v5", "tmf641-v4", "tmf678-v5", "tmf999-v1"]):
        assert await repository.add_listener(Listener(id=f"L{number}", face=face, callback="https://example.test/"))
    order = an_order()
    change = intake(order)
    more = change.events[0].model_copy(update={"id": new_id(), "seq": 2})
    await repository.save(Change(lifecycle=change.lifecycle, put=change.put, events=(change.events[0], more)))
    for event in (change.events[0], more):
        jobs = sorted(await claimed(database, "hub"), key=lambda job: job.key)
        assert [(job.key, job.id) for job in jobs] == [
            (f"{name}/{order.id}", f"{event.id}/{name}") for name in ("L0", "L1")
        ]
        assert orjson.loads(jobs[0].payload) == {"listener": "L0", "event": event.id}
        for job in jobs:
            assert await database.write(lambda conn, job=job: queue.ack(conn, job, datetime.now(UTC)))


def test_every_kind_is_shown_by_one_face():
    kinds = [kind for kinds in FACE_KINDS.values() for kind in kinds]
    assert sorted(kinds) == sorted(ResourceKind)


async def test_a_listener_is_stored_once(repository):
    listener = Listener(id="L1", face="tmf622-v4", callback="https://example.test/")
    assert await repository.add_listener(listener)
    assert not await repository.add_listener(listener.model_copy(update={"id": "L2"}))
    for number, change in enumerate([{"query": "state=held"}, {"face": "tmf641-v4"}, {"callback": "https://b.test/"}]):
        other = listener.model_copy(update={"id": f"L{number + 3}", **change})
        assert await repository.add_listener(other)
        assert await repository.listener(other.id) == other
        assert not await repository.add_listener(other.model_copy(update={"id": "new"}))
    assert await repository.listener("L1") == listener
    assert await repository.listener("L2") is None


async def test_a_removed_listener_takes_its_undelivered_notifications_along(repository, database, an_order, intake):
    for name in ("L1", "L10"):
        callback = f"https://{name}.test/"
        await repository.add_listener(Listener(id=name, face="tmf622-v4", callback=callback))
    await repository.save(intake(an_order()))
    assert await repository.remove_listener("L1")
    assert not await repository.remove_listener("L1")
    assert [job.key.partition("/")[0] for job in await claimed(database, "hub")] == ["L10"]
    await repository.save(intake(an_order()))
    assert {job.key.partition("/")[0] for job in await claimed(database, "hub")} == {"L10"}


async def test_a_listener_added_or_removed_in_the_same_commit_counts(sqlite_database, an_order, intake):
    repository = SqlRepository(sqlite_database)
    listener = Listener(id="L1", face="tmf622-v4", callback="https://example.test/")
    first, second, third = (an_order() for _ in range(3))
    # One turn of the loop: all of these share one transaction.
    await asyncio.gather(
        repository.save(intake(first)),
        repository.add_listener(listener),
        repository.save(intake(second)),
        repository.remove_listener("L1"),
        repository.save(intake(third)),
        repository.add_listener(listener),
        repository.save(intake(fourth := an_order())),
    )
    counts, text = {}, "SELECT count(*) FROM stream WHERE id = ?"
    for order in (first, second, third, fourth):
        key = f"hub|L1/{order.id}"
        counts[order.id] = await repository._database.read(
            lambda conn, key=key: conn.cursor.execute(text, (key,)).fetchone()[0]
        )
    assert list(counts.values()) == [0, 0, 0, 1]


async def test_after_the_end_every_method_says_that_the_store_is_closed(database, repository, an_order, intake):
    await database.close()
    await database.close()
    for call in (
        repository.save(intake(an_order())),
        repository.get(PRODUCT_ORDER, "x"),
        repository.load("x"),
        repository.find(Query(PRODUCT_ORDER)),
        repository.counts(),
    ):
        with pytest.raises(StoreUnavailable, match="closed"):
            await call
