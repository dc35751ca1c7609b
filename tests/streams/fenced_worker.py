"""A process that works off the lane `field` and stores something of an order.

fenced_worker.py FILE LOG OWNER HOW SECONDS LEASE, where HOW is `waits` or `blocks`: whether a job lets the loop go on.

Not a test: it is frozen and killed by the tests beside it. Each job takes SECONDS, then puts its owner into the
order's lifecycle and, unless another process has the lease by then, says so in the log.
"""

import asyncio
import os
import signal
import sys
import time

from gateway.canonical.lifecycle import Checkpoint, Lifecycle, ResourceKind
from gateway.ports.errors import LeaseLost
from gateway.ports.repository import Change
from gateway.storage.database import Database
from gateway.storage.repository import SqlRepository
from gateway.streams.dispatch import Dispatcher
from gateway.streams.lanes import Lane


async def main(url: str, log: str, owner: str, how: str, job_seconds: float, lease_seconds: float) -> None:
    book = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def tell(what: str, key: str) -> None:
        os.write(book, f"{what} {key} {owner} {time.time()}\n".encode())

    async def handler(job):
        aggregate = await repository.load(job.key)
        tell("start", job.key)
        if how == "blocks":  # when it wakes up, it stores before its loop can learn that its lease is lost
            time.sleep(job_seconds)  # noqa: ASYNC251
        else:
            await asyncio.sleep(job_seconds)
        version = aggregate.lifecycle.version + 1 if aggregate else 1
        lifecycle = Lifecycle(
            id=job.key,
            root=ResourceKind.PRODUCT_ORDER,
            checkpoint=Checkpoint.QUALIFY,
            version=version,
            legacy_ids={"owner": owner},
        )
        try:
            await repository.save(Change(lifecycle=lifecycle))
        except (LeaseLost, asyncio.CancelledError) as error:  # the loop may learn of it while the store answers
            tell("refused" if isinstance(error, LeaseLost) else "stopped", job.key)
            raise
        tell("saved", job.key)

    database = await Database.open(url)
    repository = SqlRepository(database)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    tell("ready", "-")
    lane = Lane("field", handler, concurrency=1, lease_seconds=lease_seconds)
    await Dispatcher(database, [lane], None, owner).run(stop)
    await database.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:5], *map(float, sys.argv[5:7])))
