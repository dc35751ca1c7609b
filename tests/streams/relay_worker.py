"""A process that works off the relay's lane: relay_worker.py STORE BROKER LEASE. Started and killed by tests."""

import asyncio
import os
import signal
import sys

from gateway.app.broker_nats import NatsOutlet
from gateway.app.broker_terms import broker_terms
from gateway.app.settings import Settings
from gateway.faces.backbone import CANONICAL, render, shown_as
from gateway.storage.database import Database
from gateway.storage.relay import SqlEventHistory
from gateway.streams.backoff import Backoff
from gateway.streams.breaker import Patience
from gateway.streams.dispatch import Dispatcher
from gateway.streams.lanes import Lane
from gateway.streams.relay import RELAY_LANE, Relay
from gateway.streams.systems import System


async def main(url: str, broker: str, lease_seconds: float) -> None:
    database = await Database.open(url)
    outlet = NatsOutlet(broker_terms(Settings(broker_url=broker, broker_timeout_seconds=1.0), "test"))
    outlet.start()
    shown = shown_as(CANONICAL, (), "")
    relay = Relay(SqlEventHistory(database), outlet, lambda event, replay: render(event, shown, "/test", replay))
    patience = Patience(failures=3, pause=Backoff(0.1, 0.2), probe_seconds=3.0)
    lane = Lane(
        RELAY_LANE, relay.publish, concurrency=8, backoff=Backoff(0.05, 0.2), give_up_seconds=600.0,
        lease_seconds=lease_seconds, system=System("broker", patience),
    )  # fmt: skip
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await Dispatcher(database, [lane], None, str(os.getpid())).run(stop)
    await outlet.close()
    await database.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], float(sys.argv[3])))
