"""Publishes to a server that lets nobody in, and prints what it is told: refused.py BROKER.

A process of its own, since the client leaves connections open that were refused.
"""

import asyncio
import sys

from gateway.app.broker_nats import NatsOutlet
from gateway.app.broker_terms import broker_terms
from gateway.app.settings import Settings
from gateway.ports.broker import Outgoing
from gateway.ports.errors import NeedsOperator, TryLater


async def main(broker):
    outlet = NatsOutlet(broker_terms(Settings(broker_url=broker, broker_credentials="env:NATS_SECRET"), "test"))
    outlet.start()
    async with asyncio.timeout(20):
        while True:
            try:
                await outlet.publish(Outgoing("event-1", "order-1", b"{}"))
            except NeedsOperator as error:
                print(error)
                break
            except TryLater:
                await asyncio.sleep(0.02)
    await outlet.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
