"""A process that saves orders and tells each id once it is stored: writer.py FILE PREFIX COUNT.

Not a test: it is started, and killed, by the tests beside it.
"""

import asyncio
import sys

from gateway.canonical.lifecycle import Checkpoint, Lifecycle, ResourceKind
from gateway.canonical.order import ProductOrder
from gateway.ports.repository import Change, Work
from gateway.storage.database import Database
from gateway.storage.repository import SqlRepository


async def main(file: str, prefix: str, count: int) -> None:
    database = await Database.open(f"sqlite:///{file}")
    repository = SqlRepository(database)
    numbers = iter(range(count))

    async def client() -> None:
        for number in numbers:
            order = ProductOrder(id=f"{prefix}-{number}", description="x" * 2000, revision=1)
            lifecycle = Lifecycle(
                id=order.id, root=ResourceKind.PRODUCT_ORDER, checkpoint=Checkpoint.QUALIFY, version=1
            )
            work = Work("customer", order.id, "w", b"{}")
            await repository.save(Change(lifecycle=lifecycle, put=((ResourceKind.PRODUCT_ORDER, order),), work=(work,)))
            sys.stdout.write(f"{order.id}\n")
            sys.stdout.flush()

    await asyncio.gather(*(client() for _ in range(16)))
    await database.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
