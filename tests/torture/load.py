"""Clients that send orders as clients do: what is not answered is sent again, and some things are sent twice anyway."""

import asyncio
import random
from collections import Counter

import aiohttp

from gateway.app.demo import bodies

__all__ = ["Clients", "order"]

PATH = "/tmf-api/productOrderingManagement/v4/productOrder"
GIVE_UP_SECONDS = 240.0


def order(seed, number, place=None):
    """Return the order of that number: the same for the same seed. At `place`, where one is given."""
    rng = random.Random(f"{seed}:order:{number}")
    customer, place = 1001 + rng.randrange(16), place or 1011 + rng.randrange(30)
    items = [bodies.added("1", "FIBRE-500", customer, place=place, characteristics=[bodies.rate(500)])]
    if rng.random() < 0.15:
        items.append(bodies.added("2", "VOICE", customer, relies_on="1"))
    made = bodies.product_order(f"torture-{seed}-{number}", customer, items)
    # Without dates: what is sent again must be the same, whenever that is.
    return {name: value for name, value in made.items() if not name.startswith("requested")}


class Clients:
    """Sends orders by number. `accepted` maps each number to the ids that 2xx answers named."""

    def __init__(self, seed, addresses, *, at_once=16, twice=0.05):
        self._seed, self._addresses, self._at_once, self._twice = seed, addresses, at_once, twice
        self.accepted = {}
        self.places = {}  # of orders that go to a place of their own
        self.counts = Counter()
        self.statuses = Counter()
        self.bad = []  # answers that no client should ever get

    async def send(self, first, count, *, on_accept=None):
        """Send `count` orders beginning with number `first`; return once each was answered 2xx."""
        numbers = iter(range(first, first + count))
        timeout = aiohttp.ClientTimeout(total=20, connect=5)
        async with aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(limit=0)) as http:

            async def client():
                for number in numbers:
                    await self._one(http, number)
                    if on_accept is not None:
                        on_accept()

            await asyncio.gather(*(client() for _ in range(self._at_once)))

    async def _one(self, http, number):
        rng = random.Random(f"{self._seed}:client:{number}")
        body = order(self._seed, number, self.places.get(number))
        headers = {"Idempotency-Key": f"key-{self._seed}-{number}"} if rng.random() < 0.5 else {}
        await self._until_taken(http, number, body, headers, rng)
        if rng.random() < self._twice:  # an impatient client: the same again, to whichever gateway
            self.counts["sent again on purpose"] += 1
            await self._until_taken(http, number, body, headers, rng)

    async def _until_taken(self, http, number, body, headers, rng):
        async with asyncio.timeout(GIVE_UP_SECONDS):
            while True:
                address = rng.choice(self._addresses)
                try:
                    async with http.post(f"{address}{PATH}", json=body, headers=headers) as answer:
                        said = await answer.json(content_type=None)
                except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
                    self.counts["no answer, sent again"] += 1
                    await asyncio.sleep(0.1 + 0.2 * rng.random())
                    continue
                self.statuses[answer.status] += 1
                if 200 <= answer.status < 300:
                    self._note(number, answer, said)
                    return
                if answer.status == 503 and "Retry-After" in answer.headers:
                    self.counts["503 with Retry-After, sent again"] += 1
                else:
                    self.bad.append((number, answer.status, said))
                    if answer.status < 500 and answer.status != 409:
                        return
                await asyncio.sleep(0.2 + 0.3 * rng.random())

    def _note(self, number, answer, said):
        ids = self.accepted.setdefault(number, [])
        if ids or answer.headers.get("Idempotent-Replayed"):
            self.counts["absorbed: sent again and taken once"] += 1
        ids.append(said["id"])
