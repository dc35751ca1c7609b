"""The streams' operations, one by one, on a clock that stands still."""

import pytest

from gateway.canonical.ids import shard_of
from gateway.streams import queue, statements
from gateway.streams.queue import Ask

ASK = (Ask("field", 10, 30.0),)


def ids(jobs):
    return [job.id for job in jobs]


def test_what_was_enqueued_is_claimed_with_everything_it_came_with(conn, clock, work):
    queue.enqueue(conn, work("order", 1), clock.now())
    (job,) = queue.claim(conn, ASK, "me", clock.now())
    assert (job.lane, job.key, job.seq, job.id, job.payload) == ("field", "order", 1, "order-1", b"payload 1")
    assert (job.attempt, job.rounds, job.first_try, job.token) == (1, 0, clock.now(), "me")


def test_only_the_head_of_a_stream_can_be_claimed(conn, clock, work):
    for number in (1, 2, 3):
        queue.enqueue(conn, work("order", number), clock.now())
    assert ids(queue.claim(conn, ASK, "me", clock.now())) == ["order-1"]
    assert queue.claim(conn, ASK, "you", clock.now()) == []


def test_an_acknowledgement_lets_the_next_be_claimed_and_leaves_nothing_of_an_idle_stream(conn, clock, work):
    for number in (1, 2):
        queue.enqueue(conn, work("order", number), clock.now())
    for number in (1, 2):
        (job,) = queue.claim(conn, ASK, "me", clock.now())
        assert (job.id, job.seq) == (f"order-{number}", number)
        assert queue.ack(conn, job, clock.now())
    assert queue.claim(conn, ASK, "me", clock.now()) == []
    assert conn.cursor.execute("SELECT (SELECT count(*) FROM stream) + (SELECT count(*) FROM work)").fetchone() == (0,)


def test_streams_of_other_keys_and_lanes_do_not_wait(conn, clock, work):
    queue.enqueue_all(
        conn, [work("b", 1), work("a", 1), work("a", 1, lane="bill"), work("c", 1, lane="hub")], clock.now()
    )
    jobs = queue.claim(conn, [*ASK, Ask("bill", 5, 30.0)], "me", clock.now())
    assert sorted((job.lane, job.key) for job in jobs) == [("bill", "a"), ("field", "a"), ("field", "b")]


def test_a_claim_takes_no_more_of_a_lane_than_asked_and_the_longest_due_first(conn, clock, work):
    for key in ("c", "a", "b"):
        queue.enqueue(conn, work(key, 1), clock.now())
        clock.forward(1)
    jobs = queue.claim(conn, (Ask("field", 2, 30.0), Ask("bill", 2, 30.0)), "me", clock.now())
    assert {job.key for job in jobs} == {"c", "a"}


def test_the_same_id_is_enqueued_once_while_it_is_there_and_again_afterwards(conn, clock, work):
    assert queue.enqueue(conn, work("order", 1), clock.now())
    assert queue.enqueue(conn, work("order", 2), clock.now())
    assert not queue.enqueue(conn, work("order", 1), clock.now())
    assert not queue.enqueue(conn, work("order", 2), clock.now())
    assert queue.enqueue(conn, work("other", 1), clock.now())
    for number in (1, 2):
        (job, *_) = [j for j in queue.claim(conn, ASK, "me", clock.now()) if j.key == "order"]
        assert not queue.enqueue(conn, work("order", number), clock.now())
        assert job.id == f"order-{number}"
        assert queue.ack(conn, job, clock.now())
    assert queue.enqueue(conn, work("order", 1), clock.now())


def test_a_delay_counts_for_an_idle_stream_only(conn, clock, work):
    queue.enqueue(conn, work("idle", 1, delay_seconds=60), clock.now())
    queue.enqueue(conn, work("busy", 1), clock.now())
    queue.enqueue(conn, work("busy", 2, delay_seconds=60), clock.now())
    queue.enqueue(conn, work("idle", 2), clock.now())  # does not pull its delayed head forward
    (job,) = queue.claim(conn, ASK, "me", clock.now())
    assert job.id == "busy-1"
    queue.ack(conn, job, clock.now())
    assert ids(queue.claim(conn, ASK, "me", clock.now())) == ["busy-2"]
    assert queue.next_due(conn, ("field",)) == clock.now().replace(second=30)  # the lease of busy-2
    assert sorted(ids(queue.claim(conn, ASK, "me", clock.forward(60)))) == ["busy-2", "idle-1"]


def test_a_failed_head_keeps_the_rest_of_its_stream_waiting(conn, clock, work):
    for number in (1, 2):
        queue.enqueue(conn, work("order", number), clock.now())
    (job,) = queue.claim(conn, ASK, "me", clock.now())
    first_try = clock.now()
    assert queue.retry(conn, job, 60.0, "no answer", clock.now())
    assert queue.claim(conn, ASK, "me", clock.forward(59)) == []
    (job,) = queue.claim(conn, ASK, "me", clock.forward(1))
    assert (job.id, job.attempt, job.first_try) == ("order-1", 2, first_try)


def test_again_counts_as_no_attempt_and_starts_patience_anew(conn, clock, work):
    queue.enqueue(conn, work("order", 1), clock.now())
    (job,) = queue.claim(conn, ASK, "me", clock.now())
    queue.retry(conn, job, 1.0, "busy", clock.now())
    (job,) = queue.claim(conn, ASK, "me", clock.forward(1))
    assert queue.again(conn, job, 300.0, clock.now())
    assert queue.claim(conn, ASK, "me", clock.forward(299)) == []
    (job,) = queue.claim(conn, ASK, "me", clock.forward(1))
    assert (job.attempt, job.rounds, job.first_try) == (1, 1, clock.now())


def test_a_lease_that_ends_is_taken_over_and_the_late_holder_can_say_nothing(conn, clock, work):
    for number in (1, 2):
        queue.enqueue(conn, work("order", number), clock.now())
    (mine,) = queue.claim(conn, ASK, "me", clock.now())
    assert queue.claim(conn, ASK, "you", clock.forward(29)) == []
    (yours,) = queue.claim(conn, ASK, "you", clock.forward(1))
    assert (yours.id, yours.attempt) == (mine.id, 2)
    now = clock.now()
    assert not queue.ack(conn, mine, now)
    assert not queue.retry(conn, mine, 0.0, "x", now)
    assert not queue.again(conn, mine, 0.0, now)
    assert not queue.park(conn, mine, "x", now)
    assert not queue.release(conn, mine, now)
    assert not queue.renew(conn, mine, 30.0, now)
    assert queue.ack(conn, yours, now)
    assert not queue.ack(conn, yours, now)
    assert ids(queue.claim(conn, ASK, "you", now)) == ["order-2"]


def test_the_fence_holds_when_the_stream_has_ended_and_begun_anew(conn, clock, work):
    queue.enqueue(conn, work("order", 1), clock.now())
    (mine,) = queue.claim(conn, ASK, "me", clock.now())
    (yours,) = queue.claim(conn, ASK, "you", clock.forward(30))
    assert queue.ack(conn, yours, clock.now())
    queue.enqueue(conn, work("order", 2), clock.now())
    assert not queue.ack(conn, mine, clock.now())
    assert ids(queue.claim(conn, ASK, "you", clock.now())) == ["order-2"]


def test_a_renewed_lease_is_not_taken_over(conn, clock, work):
    queue.enqueue(conn, work("order", 1), clock.now())
    (job,) = queue.claim(conn, ASK, "me", clock.now())
    for _ in range(5):
        assert queue.renew(conn, job, 30.0, clock.forward(10))
    assert queue.claim(conn, ASK, "you", clock.forward(29)) == []
    assert queue.ack(conn, job, clock.now())


def test_a_job_given_back_is_as_if_it_had_not_been_claimed(conn, clock, work):
    queue.enqueue(conn, work("order", 1), clock.now())
    (job,) = queue.claim(conn, ASK, "me", clock.now())
    assert queue.release(conn, job, clock.forward(5))
    (job,) = queue.claim(conn, ASK, "you", clock.now())
    assert (job.attempt, job.first_try) == (1, clock.now())


def test_a_parked_stream_waits_for_an_operator_and_shows_why(conn, clock, work):
    for number in (1, 2):
        queue.enqueue(conn, work("order", number), clock.now())
    (job,) = queue.claim(conn, ASK, "me", clock.now())
    assert queue.park(conn, job, "wrong password", clock.now())
    assert queue.claim(conn, ASK, "me", clock.forward(1e7)) == []
    assert queue.enqueue(conn, work("order", 3), clock.now())
    assert queue.next_due(conn, ("field",)) is None
    (parked,) = queue.parked(conn)
    assert (parked.lane, parked.key, parked.id, parked.seq) == ("field", "order", "order-1", 1)
    assert (parked.reason, parked.attempts, parked.waiting) == ("wrong password", 1, 3)
    assert queue.parked(conn, offset=1) == ()


def test_replay_tries_the_head_again_with_fresh_patience(conn, clock, work):
    queue.enqueue(conn, work("order", 1), clock.now())
    (job,) = queue.claim(conn, ASK, "me", clock.now())
    queue.park(conn, job, "dead", clock.now())
    assert queue.replay(conn, "field", "order", clock.forward(3600))
    assert not queue.replay(conn, "field", "order", clock.now())
    assert queue.parked(conn) == ()
    (job,) = queue.claim(conn, ASK, "me", clock.now())
    assert (job.id, job.attempt, job.first_try) == ("order-1", 1, clock.now())


def test_skip_drops_the_head_and_goes_on_with_the_next(conn, clock, work):
    for number in (1, 2):
        queue.enqueue(conn, work("order", number), clock.now())
    for number in (1, 2):
        (job,) = queue.claim(conn, ASK, "me", clock.now())
        queue.park(conn, job, "dead", clock.now())
        dropped = queue.skip(conn, "field", "order", clock.now())
        assert dropped is not None
        assert (dropped.id, dropped.payload) == (f"order-{number}", f"payload {number}".encode())
    assert queue.skip(conn, "field", "order", clock.now()) is None
    assert queue.claim(conn, ASK, "me", clock.now()) == []


@pytest.mark.parametrize("operation", [queue.replay, queue.skip])
def test_an_operator_cannot_touch_what_is_not_parked(conn, clock, work, operation):
    queue.enqueue(conn, work("order", 1), clock.now())
    assert not operation(conn, "field", "order", clock.now())
    assert not operation(conn, "field", "unknown", clock.now())
    assert ids(queue.claim(conn, ASK, "me", clock.now())) == ["order-1"]


def test_discarding_removes_every_stream_whose_key_begins_so_and_no_other(conn, clock, work):
    for key in ("L1/a", "L1/b", "L1", "L10/a", "L2/a"):
        queue.enqueue(conn, work(key, 1, lane="hub"), clock.now())
    queue.enqueue(conn, work("L1/a", 1, lane="hubs"), clock.now())
    queue.discard(conn, "hub", "L1/")
    left = queue.claim(conn, (Ask("hub", 9, 1.0), Ask("hubs", 9, 1.0)), "me", clock.now())
    assert sorted((job.lane, job.key) for job in left) == [
        ("hub", "L1"),
        ("hub", "L10/a"),
        ("hub", "L2/a"),
        ("hubs", "L1/a"),
    ]


def test_a_stream_lies_in_the_shard_of_its_order(conn, clock, work):
    queue.enqueue(conn, work("order", 1), clock.now())
    queue.enqueue(conn, work("listener/order", 1, lane="hub"), clock.now())
    shards = set(conn.cursor.execute("SELECT shard FROM stream UNION ALL SELECT shard FROM work"))
    assert shards == {(shard_of("order"),)}


def test_statistics_tell_each_lane_apart(conn, clock, work):
    for key, lane in (("a", "field"), ("b", "field"), ("c", "field"), ("a", "bill")):
        queue.enqueue(conn, work(key, 1, lane=lane), clock.now())
        queue.enqueue(conn, work(key, 2, lane=lane), clock.now())
    first, second = queue.claim(conn, (Ask("field", 2, 30.0),), "me", clock.now())
    queue.park(conn, first, "dead", clock.now())
    bill, field = queue.statistics(conn, clock.forward(5))
    assert (bill.lane, bill.works, bill.streams, bill.running, bill.parked) == ("bill", 2, 1, 0, 0)
    assert (field.lane, field.works, field.streams, field.running, field.parked) == ("field", 6, 3, 1, 1)
    assert bill.oldest_due_seconds == field.oldest_due_seconds == 5.0
    queue.retry(conn, second, 0.0, "busy", clock.now())
    assert queue.statistics(conn, clock.now())[1].retrying == 1


def test_when_the_next_work_is_due(conn, clock, work):
    assert queue.next_due(conn, ()) is None
    queue.enqueue(conn, work("a", 1, delay_seconds=90), clock.now())
    queue.enqueue(conn, work("b", 1, lane="bill", delay_seconds=30), clock.now())
    assert queue.next_due(conn, ()) == clock.now().replace(second=30)
    assert queue.next_due(conn, ("field",)) == clock.now().replace(minute=1, second=30)
    assert queue.next_due(conn, ("field", "bill")) == clock.now().replace(second=30)


def test_postgresql_differs_by_its_locks_and_its_clock_alone():
    claim = statements.claim_statement(("field", "bill")).on("postgresql")[0]
    assert claim.count("FOR UPDATE SKIP LOCKED") == 2
    assert claim.count("clock_timestamp()") >= 3
    every = [getattr(statements, name) for name in statements.__all__]
    for statement in [one for one in every if hasattr(one, "on")]:
        assert "?" not in statement.on("postgresql")[0]
        # The bind `now` is a machine's own time, which must play no part there.
        assert "clock_timestamp()" in statement.on("postgresql")[0] or "now" not in statement.on("sqlite")[0]


def test_a_head_that_asked_to_be_called_again_is_hastened_unless_it_is_in_hand(conn, clock, work):
    assert queue.hasten(conn, "field", "order", clock.now())  # nobody waits
    queue.enqueue(conn, work("order", 1), clock.now())
    (job,) = queue.claim(conn, ASK, "me", clock.now())
    assert not queue.hasten(conn, "field", "order", clock.now())  # it may have looked already
    assert queue.again(conn, job, 3600.0, clock.now())
    assert queue.claim(conn, ASK, "me", clock.now()) == []
    assert queue.hasten(conn, "field", "order", clock.now())
    (job,) = queue.claim(conn, ASK, "me", clock.now())
    assert (job.attempt, job.rounds) == (1, 1)


def test_what_failed_or_is_parked_keeps_its_time(conn, clock, work):
    queue.enqueue(conn, work("order", 1), clock.now())
    (job,) = queue.claim(conn, ASK, "me", clock.now())
    queue.again(conn, job, 0.0, clock.now())
    (job,) = queue.claim(conn, ASK, "me", clock.now())
    queue.retry(conn, job, 60.0, "busy", clock.now())
    assert queue.hasten(conn, "field", "order", clock.now())
    assert queue.claim(conn, ASK, "me", clock.now()) == []
    clock.forward(61)
    (job,) = queue.claim(conn, ASK, "me", clock.now())
    queue.park(conn, job, "no success", clock.now())
    assert queue.hasten(conn, "field", "order", clock.now())
    assert queue.claim(conn, ASK, "me", clock.now()) == []
