"""Orders spread over two databases by shard, each order's rows all in one: what a router in front has to do.

By an order's id it asks one database. What belongs to no order known yet is asked of both; lists are put together from
both, in the order of ids, which are in the order of time. Listeners are in both. Claims are not spread here: a key is
looked for before there is an order, so it lies in a shard of its own, and no transaction spans two databases.
"""

import asyncio

from gateway.canonical.ids import SHARDS, shard_of
from gateway.ports.repository import Page
from gateway.storage.repository import SqlRepository
from gateway.storage.rows import owner_of


def place_of(order_id):
    """Return which of the two databases has an order."""
    return shard_of(order_id) * 2 // SHARDS


class TwoDatabases:
    """Both stores of streams: what a worker of each would do, one after the other."""

    dialect = "postgresql"

    def __init__(self, databases):
        self.databases = databases

    async def write(self, function):
        """Run a function on each database in a transaction of its own; return all that came of it."""
        return _joined([await database.write(function) for database in self.databases])

    async def read(self, function):
        """Run a function that only reads on each database."""
        return _joined([await database.read(function) for database in self.databases])

    async def close(self):
        """Close both."""
        for database in self.databases:
            await database.close()


class TwoRepositories:
    """What the lifecycle asks of a repository, over two databases. No change ever reaches both."""

    def __init__(self, database):
        self.parts = [SqlRepository(one) for one in database.databases]

    async def save(self, change):
        """Store a change where its order is."""
        await self.parts[place_of(await self._order(change))].save(change)

    async def _order(self, change):
        """Return the one order that a change is about; a transaction that spans two is a defect."""
        resources = [(kind, one.id, owner_of(one)) for kind, one in change.put]
        resources += [(kind, name, "") for kind, name in change.remove]
        named = {part.order_id for part in (*change.facts, *change.holds, *change.events, *change.decisions)}
        named |= {part.order_id for part in (*change.inputs, *change.opened, *change.closed, *change.identities)}
        if change.lifecycle is not None:
            named.add(change.lifecycle.id)
        if not named:
            for kind, name, owner in resources:
                named.add(await self.owner(kind, name) or owner or name)
        named |= {work.key.rpartition("/")[2] for work in change.work}
        assert len({shard_of(order) for order in named}) == 1, named
        return named.pop()

    async def get(self, kind, resource_id):
        """Ask both: a resource's id does not say whose it is."""
        return await self._first("get", kind, resource_id)

    async def owner(self, kind, resource_id):
        """Ask both."""
        return await self._first("owner", kind, resource_id)

    async def event(self, event_id):
        """Ask both."""
        return await self._first("event", event_id)

    async def load(self, order_id):
        """Ask the order's database."""
        return await self.parts[place_of(order_id)].load(order_id)

    async def timeline(self, order_id):
        """Ask the order's database."""
        return await self.parts[place_of(order_id)].timeline(order_id)

    async def judged_inputs(self, order_id, digest):
        """Ask the order's database."""
        return await self.parts[place_of(order_id)].judged_inputs(order_id, digest)

    async def find(self, query):
        """Put a page together from both."""
        pages = await self._all("find", _from_the_start(query))
        items = sorted((item for page in pages for item in page.items), key=lambda item: item.id)
        return Page(tuple(items[query.offset : query.offset + query.limit]), sum(page.total for page in pages))

    async def summaries(self, *, offset=0, limit=100, **narrowed):
        """Put a page together from both."""
        pages = await self._all("summaries", offset=0, limit=offset + limit, **narrowed)
        items = sorted((item for page in pages for item in page.items), key=lambda item: item.id)
        return Page(tuple(items[offset : offset + limit]), sum(page.total for page in pages))

    async def open_holds(self, *, offset=0, limit=100):
        """Put a page together from both."""
        found = await self._all("open_holds", offset=0, limit=offset + limit)
        holds = sorted((hold for some, _ in found for hold in some), key=lambda hold: hold.since)
        return tuple(holds[offset : offset + limit]), sum(total for _, total in found)

    async def fact_owners(self, predicate, member, value):
        """Ask both."""
        return tuple(one for some in await self._all("fact_owners", predicate, member, value) for one in some)

    async def counts(self):
        """Add both up."""
        one, other = await self._all("counts")
        return {name: one.get(name, 0) + other.get(name, 0) for name in one | other}

    async def ready_at(self):
        """Return the earlier of both."""
        return min((at for at in await self._all("ready_at") if at is not None), default=None)

    async def add_listener(self, listener):
        """Tell both."""
        return all(await self._all("add_listener", listener))

    async def remove_listener(self, listener_id):
        """Tell both."""
        return all(await self._all("remove_listener", listener_id))

    async def listener(self, listener_id):
        """Ask one: both know all of them."""
        return await self.parts[0].listener(listener_id)

    async def _all(self, name, *what, **more):
        return await asyncio.gather(*(getattr(part, name)(*what, **more) for part in self.parts))

    async def _first(self, name, *what):
        return next((one for one in await self._all(name, *what) if one is not None), None)


def _from_the_start(query):
    return type(query)(
        **{name: getattr(query, name) for name in query.__slots__} | {"offset": 0, "limit": query.offset + query.limit}
    )


def _joined(results):
    one, other = results
    if isinstance(one, bool):
        return one or other
    return one + other if isinstance(one, list) else one if one is not None else other
