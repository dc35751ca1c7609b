"""The relay: brings the events of orders to a message broker, in order per order, each at least once.

The event stands in the database; work in this lane says which events of an order are to go out next, and is enqueued in
the transaction that stores them. It goes only after the broker has stored them. Whoever reads drops repeated ids.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import groupby
from operator import attrgetter

import orjson

from gateway.canonical.lifecycle import Event
from gateway.ports.broker import EventHistory, Outgoing, Outlet
from gateway.ports.errors import Refused
from gateway.ports.lease import check_may_send
from gateway.ports.repository import Work
from gateway.streams.message import Again, Job, Park

__all__ = ["RELAY_LANE", "Relay", "Render", "page_work", "relay_work", "replay_work"]

RELAY_LANE = "relay"
"""The lane that publishes events."""

Render = Callable[[Event, str | None], bytes]
"""Returns an event as it is published. The second says in which replay."""

_AT_ONCE = 50
"""How many events are in memory for one piece of work."""

_FULL_SECONDS = 0.5
"""How long a replay waits where much waits already."""


def relay_work(events: Iterable[Event]) -> list[Work]:
    """Return what brings new events out: one piece for each order, since their numbers follow one another."""
    found = []
    for order_id, of_order in groupby(events, attrgetter("order_id")):
        seqs = [event.seq for event in of_order]
        said = {"order": order_id, "first": min(seqs), "last": max(seqs)}
        found.append(Work(RELAY_LANE, order_id, f"{order_id}/{said['first']}", orjson.dumps(said)))
    return found


def replay_work(replay: str, order_id: str, first: int) -> Work:
    """Return what brings events of an order out once more, from one on to the newest."""
    said = {"order": order_id, "first": first, "last": None, "replay": replay}
    return Work(RELAY_LANE, order_id, f"{replay}/{order_id}", orjson.dumps(said))


def page_work(replay: str, since: datetime | None, after: str) -> Work:
    """Return what enqueues the replay of the next orders."""
    said = {"replay": replay, "since": None if since is None else since.isoformat(), "after": after}
    return Work(RELAY_LANE, f"replay/{replay}", f"{replay}/{after}", orjson.dumps(said))


class Relay:
    """The handler of the relay's lane."""

    def __init__(self, history: EventHistory, outlet: Outlet, render: Render) -> None:
        self._history, self._outlet, self._render = history, outlet, render

    async def publish(self, job: Job) -> Again | None:
        """Publish the events of a piece of work. Raises TryLater, NeedsOperator; Park where one is refused for good."""
        said = orjson.loads(job.payload)
        replay = said.get("replay")
        if "order" not in said:
            since = None if said["since"] is None else datetime.fromisoformat(said["since"])
            return None if await self._history.enqueue_page(replay, since, said["after"]) else Again(_FULL_SECONDS)
        first: int = said["first"]
        while events := await self._history.events(said["order"], first, said["last"], _AT_ONCE):
            for event in events:
                await self._one(event, replay)
            first = events[-1].seq + 1
        return None

    async def _one(self, event: Event, replay: str | None) -> None:
        body = self._render(event, replay)
        # A replay has to arrive, however lately the same went out; it is the reader who knows what it has.
        message_id = event.id if replay is None else f"{event.id}/{replay}"
        check_may_send()
        try:
            await self._outlet.publish(Outgoing(message_id, event.order_id, body))
        except Refused as error:
            raise Park(f"event {event.id} of {len(body)} bytes: {error.reason}") from error
