"""Whatever happens in whatever order: nothing lost, nothing twice after its acknowledgement, nothing out of order."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.streams import queue
from gateway.streams.queue import Ask

KEYS = ("a", "b", "c")
STEPS = st.one_of(
    st.tuples(st.just("enqueue"), st.sampled_from(KEYS)),
    st.tuples(st.just("claim"), st.integers(1, 3)),
    st.tuples(st.sampled_from(["ack", "retry", "again", "park", "release", "renew"]), st.integers(0, 5)),
    st.tuples(st.sampled_from(["replay", "skip"]), st.sampled_from(KEYS)),
    st.tuples(st.just("wait"), st.sampled_from([0.1, 5.0, 31.0])),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEPS, max_size=60))
def test_each_key_sees_its_work_in_order_and_only_once_after_it_is_done(fresh_connection, clock, work, steps):
    conn = fresh_connection()
    waiting: dict[str, list[str]] = {key: [] for key in KEYS}  # what a stream must still hold, in order
    held: dict[str, str] = {}  # key → token that the fence must let through
    claimed: list = []
    numbers = dict.fromkeys(KEYS, 0)
    tokens = iter(range(10_000))

    for name, what in steps:
        now = clock.now()
        if name == "enqueue":
            numbers[what] += 1
            assert queue.enqueue(conn, work(what, numbers[what]), now)
            waiting[what].append(f"{what}-{numbers[what]}")
        elif name == "claim":
            token = f"t{next(tokens)}"
            for job in queue.claim(conn, [Ask("field", what, 30.0)], token, now):
                assert job.id == waiting[job.key][0]
                held[job.key] = token
                claimed.append(job)
        elif name == "wait":
            clock.forward(what)
        elif name in ("replay", "skip"):
            was_parked = any(stream.key == what for stream in queue.parked(conn))
            assert bool(getattr(queue, name)(conn, "field", what, now)) == was_parked
            if was_parked and name == "skip":
                waiting[what].pop(0)
        elif claimed:
            job = claimed[what % len(claimed)]
            more = {"retry": (1.0, "x"), "again": (1.0,), "park": ("x",), "renew": (30.0,)}.get(name, ())
            heard = getattr(queue, name)(conn, job, *more, now)
            assert heard == (held.get(job.key) == job.token)
            if heard and name != "renew":
                del held[job.key]
            if heard and name == "ack":
                assert waiting[job.key].pop(0) == job.id

    drain(conn, clock, waiting)


def drain(conn, clock, waiting) -> None:
    while any(waiting.values()):
        now = clock.forward(60)
        for stream in queue.parked(conn):
            queue.replay(conn, stream.lane, stream.key, now)
        jobs = queue.claim(conn, [Ask("field", 10, 30.0)], "end", now)
        assert jobs, "work is left that nobody can claim"
        for job in jobs:
            assert job.id == waiting[job.key].pop(0)
            assert queue.ack(conn, job, now)
    assert conn.cursor.execute("SELECT count(*) FROM stream").fetchone() == (0,)
    assert conn.cursor.execute("SELECT count(*) FROM work").fetchone() == (0,)
