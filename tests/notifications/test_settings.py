"""What an operator sets of notifications, and that it counts."""

import pytest

from gateway.app.landscape import read_landscape
from gateway.app.lanes_events import callbacks_of, delivery_of, event_lanes, purge
from gateway.app.settings import Settings
from gateway.canonical.lifecycle import Checkpoint
from gateway.faces.application import SPOKES
from gateway.faces.hub_delivery import Hub
from gateway.ports.errors import SetupError
from gateway.ports.listeners import RECOVERY_LANE
from gateway.storage.listeners import PURGE_WORK
from gateway.streams import queue
from gateway.streams.message import Again


def test_hosts_are_said_with_commas():
    said = callbacks_of(Settings(callback_hosts="listener.test, *.client.test ,10.0.0.0/8"))
    assert said.hosts == ("listener.test", "*.client.test", "10.0.0.0/8")
    assert callbacks_of(Settings()).private
    with pytest.raises(SetupError):
        callbacks_of(Settings(callback_hosts="http://listener.test"))


def test_patience_is_the_operators():
    said = delivery_of(Settings(listener_give_up_seconds=60, listener_probe_seconds=0, listener_backoff_cap_seconds=5))
    assert (said.give_up_seconds, said.probe_seconds, said.backoff.cap_seconds) == (60, 0, 5)


async def test_the_history_is_purged_as_it_is_set_once_for_all_processes(database, store, order, repository, clock):
    over = await order(checkpoint=Checkpoint.ENDED)
    for _ in range(2):
        await store.schedule_purge()
    ask = queue.Ask(RECOVERY_LANE, 10, 30.0)
    (job,) = await database.write(lambda conn: queue.claim(conn, [ask], "me", clock.now()))
    assert job.payload == PURGE_WORK
    clock.forward(3 * 86400)
    assert await purge(Settings(), store, clock) == 3600.0
    assert len((await repository.timeline(over))[0]) == 1, "kept for ever unless it is set otherwise"
    settings = Settings(event_retention_days=2)
    hub, (landscape, _) = Hub(store, SPOKES, delivery_of(settings), clock), read_landscape("simulated")
    _, recovery, _ = event_lanes(settings, hub, Deaf(), clock, landscape=landscape)
    assert await recovery.handler(job) == Again(3600.0)
    assert (await repository.timeline(over))[0] == ()


class Deaf:
    """Hears nothing."""

    async def look(self, job):
        raise AssertionError(job)
