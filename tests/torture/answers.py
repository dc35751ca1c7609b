"""Faults in what legacy systems say: garbage, and the same thing twice."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import aiohttp

__all__ = ["Garbage", "SaidTwice"]


async def _held(world, numbers):
    """Wait until the orders of these numbers are held; return their ids."""
    ids = [world.clients.accepted[number][0] for number in numbers]
    names = ", ".join(f"'{one}'" for one in ids)

    async def all_held():
        text = f"SELECT count(DISTINCT order_id) FROM hold WHERE released IS NULL AND order_id IN ({names})"
        return await world.store.count(text) == len(ids)

    await world.until(all_held, 120, "the orders are held")
    return ids


@dataclass(frozen=True)
class Garbage:
    """A legacy system answers some orders with garbage, until an operator has mended it and lets them be asked again."""

    role: str
    orders: int = 2

    async def strike(self, world):
        """Send orders, see each held, mend the system, ask again."""
        numbers = range(world.sent, world.sent + self.orders)
        references = [f"torture-{world.seed}-{number}" for number in numbers]
        for reference in references:
            await world.fault(self.role, reference, "nonsense")
        await world.send(self.orders)
        ids = await _held(world, numbers)
        async with aiohttp.ClientSession() as http:
            for reference in references:
                address = f"{world.systems.urls[self.role]}/_faults"
                (await http.delete(address, params={"reference": reference})).raise_for_status()
            for one in ids:
                await _recheck(world, http, one)
        world.counts["orders answered with garbage, held, and asked again"] += len(ids)


async def _recheck(world, http, order_id):
    """Have an order's last gate asked again, as often as the gateway says that it cannot just now."""
    address = f"{world.serving[0].address}/lifecycle/v1/orders/{order_id}/recheck"
    async with asyncio.timeout(60):
        while True:
            async with http.post(address) as answer:
                if answer.status != 503 or "Retry-After" not in answer.headers:
                    assert answer.status < 300, await answer.text()
                    return
                world.tell(f"asked to come again: {await answer.text()}")
            world.counts["503 with Retry-After, asked again"] += 1
            await asyncio.sleep(0.2)


@dataclass(frozen=True)
class SaidTwice:
    """The fact that orders wait for arrives twice at once, at two gateways where there are two."""

    orders: int = 2

    async def strike(self, world):
        """Send orders to a place that nobody has surveyed, see each held, and say twice that it is surveyed."""
        numbers = range(world.sent, world.sent + self.orders)
        world.clients.places |= dict.fromkeys(numbers, 9001)
        await world.send(self.orders)
        now = datetime.now(UTC)
        value = {
            "place": "ADDR-9001",
            "technology": "FTTH",
            "result": "qualified",
            "validUntil": (now + timedelta(days=300)).isoformat(),
            "maxDownstreamRate": {"amount": 1000, "units": "Mbit/s"},
        }
        fact = {"predicate": "site.qualified", "subject": "item:1", "value": value, "observedAt": now.isoformat()}
        fact |= {"source": {"system": "survey"}, "assurance": "attested"}
        ids = await _held(world, numbers)
        ends = world.serving[0].address, world.serving[-1].address
        async with aiohttp.ClientSession() as http:
            answers = await asyncio.gather(
                *(http.post(f"{end}/lifecycle/v1/facts", json=fact | {"order": one}) for one in ids for end in ends)
            )
            for answer in answers:
                world.counts[f"facts said twice: answers {answer.status}"] += 1
                answer.release()
