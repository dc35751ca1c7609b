"""What operators see of streams and do to them, and what the lanes are counted to have done."""

from dataclasses import replace

import pytest

from gateway.ports.errors import TryLater
from gateway.streams import circuits, queue, tally
from gateway.streams.breaker import Heard, Patience
from gateway.streams.office import StreamOffice
from gateway.streams.queue import Ask
from gateway.streams.systems import System
from gateway.streams.tally import Done

DAY = 86_400.0
CRM = System("crm", Patience(failures=1))


@pytest.fixture
def database(timed_database):
    return timed_database


@pytest.fixture
def office(database, clock):
    return StreamOffice(database, clock)


@pytest.fixture
def put(database, clock, work):
    async def put(key, *numbers, lane="field", **options):
        works = [work(key, number, lane=lane, **options) for number in numbers]
        await database.write(lambda conn: queue.enqueue_all(conn, works, clock.now()))

    return put


@pytest.fixture
def claim(database, clock):
    async def claim(limit=1, lane="field"):
        asks = [Ask(lane, limit, 30.0)]
        return await database.write(lambda conn: queue.claim(conn, asks, "token", clock.now()))

    return claim


@pytest.fixture
def park(database, clock, claim):
    async def park(reason="no licence", lane="field"):
        for job in await claim(100, lane):
            await database.write(lambda conn, job=job: queue.park(conn, job, reason, clock.now()))

    return park


async def test_each_state_is_told_from_the_others(office, put, park, claim, clock):
    await put("parked", 1, 2)
    await park()
    await put("running", 1)
    await claim()
    await put("due", 1)
    await put("later", 1, delay_seconds=60.0)
    found, total = await office.streams()
    assert (total, found[0].key) == (4, "parked")
    assert {one.key: (one.state, one.waiting) for one in found} == {
        "parked": ("parked", 2), "running": ("running", 1), "due": ("due", 1), "later": ("later", 1),
    }  # fmt: skip
    assert found[0].error == "no licence"
    assert found[0].parked_since == clock.now()
    for state in ("parked", "running", "due", "later"):
        rows, count = await office.streams(state=state)
        assert ([one.key for one in rows], count) == ([state], 1)
    clock.forward(61.0)  # the lease has ended: it can be taken again
    assert {one.key for one in (await office.streams(state="due"))[0]} == {"running", "due", "later"}
    assert [one.key for one in (await office.streams(key="due", lane="field"))[0]] == ["due"]
    rows, count = await office.streams(offset=1, limit=2)
    assert (len(rows), count) == (2, 4)


async def test_a_stream_shows_its_works_and_what_was_done_to_it(office, put, park):
    await put("order", 1, 2, 3)
    await park()
    assert await office.skip("field", "order", "olga", "the order was called off") == ["order-1"]
    await park()
    assert await office.replay("field", "order", "otto", "mended")
    assert not await office.replay("field", "order", "otto", "mended")
    found = await office.stream("field", "order")
    assert [(one.seq, one.id, one.payload) for one in found.works] == [
        (2, "order-2", b"payload 2"), (3, "order-3", b"payload 3"),
    ]  # fmt: skip
    assert [(one.action, one.who, one.reason, one.works) for one in found.actions] == [
        ("replay", "otto", "mended", 1), ("skip", "olga", "the order was called off", 1),
    ]  # fmt: skip
    assert await office.stream("field", "nothing") is None


async def test_only_what_is_parked_can_be_skipped_and_the_whole_of_it_if_wanted(office, put, park, database):
    await put("order", 1, 2, 3)
    assert await office.skip("field", "order", "olga", "why") == []
    assert await office.skip("field", "order", "olga", "why", whole=True) == []
    await park()
    assert await office.skip("field", "order", "olga", "why", whole=True) == ["order-1", "order-2", "order-3"]
    assert await office.streams() == ((), 0)
    assert await database.read(lambda conn: conn.cursor.execute("SELECT count(*) FROM work").fetchone()) == (0,)
    await put("order", 4)
    assert (await office.stream("field", "order")).state == "due"


async def test_a_whole_lane_is_replayed_and_no_other(office, put, park):
    for key in "abc":
        await put(key, 1)
    await park()
    await put("x", 1, lane="care")
    await park(lane="care")
    assert await office.replay_lane("field", "olga", "mended") == 3
    assert [one.key for one in (await office.streams(state="parked"))[0]] == ["x"]


async def test_a_purge_throws_away_what_has_been_parked_for_long_and_nothing_else(office, put, park, clock):
    await put("old", 1, 2)
    await park()
    await put("waits", 1, delay_seconds=60 * DAY)
    clock.forward(10 * DAY)
    await put("new", 1)
    await park()
    clock.forward(DAY)
    gone = await office.purge(5.0, "olga", "nobody wants it", lane="care")
    assert (gone.streams, gone.works) == (0, 0)
    gone = await office.purge(5.0, "olga", "nobody wants it")
    assert (gone.streams, gone.works) == (1, 2)
    assert {one.key for one in (await office.streams())[0]} == {"new", "waits"}


async def test_a_replay_resolves_no_doubt(office, put, claim, database, clock):
    await put("order", 1)
    (job,) = await claim()
    await database.write(lambda conn: queue.retry(conn, job, 0.0, "no answer", clock.now()))
    (job,) = await claim()
    assert job.in_doubt
    await database.write(lambda conn: queue.park(conn, job, "given up", clock.now()))
    assert (await office.stream("field", "order")).in_doubt
    await office.replay("field", "order", "olga", "mended")
    (job,) = await claim()
    assert job.in_doubt
    assert (job.attempt, job.tried_seconds) == (1, 0.0)


async def test_new_work_tries_a_parked_stream_again_where_it_says_so(office, put, park, database, clock, work):
    await put("order", 1)
    await park()
    await put("order", 2)
    assert (await office.stream("field", "order")).state == "parked"
    more = replace(work("order", 3), revives=True)
    await database.write(lambda conn: queue.enqueue(conn, more, clock.now()))
    found = await office.stream("field", "order")
    assert (found.state, found.waiting) == ("due", 3)


async def test_what_a_lane_has_and_does_is_counted(office, put, park, claim, database, clock):
    await put("a", 1, 2)
    await park()
    for key in ("b", "c"):
        await put(key, 1)
    (job,) = await claim()
    await database.write(lambda conn: queue.retry(conn, job, 5.0, "busy", clock.now()))
    clock.forward(60.0)
    await database.write(lambda conn: tally.add(conn, {"field": Done(3, 2, 1), "care": Done(done=7)}, clock.now()))
    await database.write(lambda conn: tally.add(conn, {"field": Done(1)}, clock.now()))
    figures = {one.lane: (one, done) for one, done in await office.lanes(5)}
    field, done = figures["field"]
    assert (field.works, field.streams, field.due, field.parked, field.retrying) == (4, 3, 2, 1, 1)
    assert field.oldest_due_seconds == 60.0
    assert field.attempts == {0: 1, 1: 2}
    assert (done.done, done.failed, done.parked) == (4, 2, 1)
    assert figures["care"][1].done == 7
    clock.forward(10 * 60.0)
    assert {done.done for _, done in await office.lanes(5)} == {0}
    clock.forward(2 * DAY)
    await database.write(lambda conn: tally.add(conn, {"field": Done(1)}, clock.now()))
    assert {one.lane: done.done for one, done in await office.lanes(1440)} == {"field": 1}


async def test_a_system_shows_since_when_and_why_it_is_down_and_who_waits(office, put, database, clock):
    await put("order", 1)
    await database.write(lambda conn: circuits.register(conn, CRM, ["field"], clock.now()))
    assert await office.waits_for("order") == []
    said = TryLater("crm cannot be reached").reason
    await database.write(lambda conn: circuits.tell(conn, CRM, Heard.FAILED, clock.now(), reason=said))
    (one,) = await office.systems()
    assert (one.state, one.lanes, one.since, one.streams) == ("open", ("field",), clock.now(), 1)
    (waiting,) = await office.waits_for("order")
    assert waiting.text == "waits for system crm, down since 2026-03-01T12:00:00Z: crm cannot be reached"
    assert (await office.streams())[0][0].waits_for == waiting.text
    assert await office.waits_for("another") == []
    assert await office.stop("crm", "olga", "maintenance")
    clock.forward(60.0)
    assert await office.release("crm", "olga", "over")
    found = await office.system("crm")
    assert [(change.state, change.reason) for change in found.changes] == [
        ("open", "released by olga: over"),
        ("locked", "stopped by olga: maintenance"),
        ("open", "crm cannot be reached"),
    ]
    assert not await office.stop("nobody", "olga", "why")
    assert await office.system("nobody") is None
    clock.forward(100 * DAY)
    assert (await office.purge(30.0, "olga", "old")).changes == 3
