"""A process that works off the lane `field` and writes down what it does: worker.py STORE LOG OWNER JOB_SECONDS LEASE.

Not a test: it is started, killed and frozen by the tests beside it.
"""

import asyncio
import os
import signal
import sys

from gateway.ports.clock import SystemClock
from gateway.storage.database import Database
from gateway.streams.dispatch import Dispatcher
from gateway.streams.lanes import Lane


async def main(url: str, log: str, owner: str, job_seconds: float, lease_seconds: float) -> None:
    book = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    async def handler(job):
        os.write(book, f"start {job.key} {job.seq} {owner}\n".encode())
        await asyncio.sleep(job_seconds)
        os.write(book, f"done {job.key} {job.seq} {owner}\n".encode())

    database = await Database.open(url)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    lane = Lane("field", handler, concurrency=4, lease_seconds=lease_seconds)
    await Dispatcher(database, [lane], SystemClock(), owner).run(stop)
    await database.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4], *map(float, sys.argv[4:6])))
