"""The lanes of notifications: those that go out, those that catch up, those that came in; and what is kept of them."""

from datetime import timedelta

import orjson

from gateway.app.lanes import as_set
from gateway.app.settings import Settings
from gateway.faces.callbacks import Callbacks
from gateway.faces.delivery import DeliverySettings
from gateway.faces.hub_delivery import Hub
from gateway.lifecycle.heard import HeardDesk
from gateway.ports.clock import Clock
from gateway.ports.inbox import HEARD_LANE
from gateway.ports.listeners import RECOVERY_LANE, ListenerStore
from gateway.streams.backoff import Backoff
from gateway.streams.lanes import Lane
from gateway.streams.message import Again, Job
from gateway.vocabulary.landscape import Landscape

__all__ = ["callbacks_of", "delivery_of", "event_lanes"]

_PURGED_AT_ONCE = 500
_PURGE_SECONDS = 3600.0
_CONNECTIONS = 4
"""Notifications on their way for each piece of work that a lane may have in hand: they wait more than they work."""

_FOREVER = float("inf")
"""The lanes of listeners give nothing up: a listener that fails is parked by its own state."""


def callbacks_of(settings: Settings) -> Callbacks:
    """Return which hosts may be called. Raises SetupError."""
    hosts = tuple(host.strip() for host in settings.callback_hosts.split(",") if host.strip())
    return Callbacks(hosts, private=settings.is_loopback)


def delivery_of(settings: Settings) -> DeliverySettings:
    """Return how listeners are served. Raises SetupError."""
    return DeliverySettings(
        public_url=settings.public_url or f"http://{settings.host}:{settings.port}",
        backoff=Backoff(min(1.0, settings.listener_backoff_cap_seconds), settings.listener_backoff_cap_seconds),
        give_up_seconds=settings.listener_give_up_seconds,
        probe_seconds=settings.listener_probe_seconds,
        callbacks=callbacks_of(settings),
    )


def event_lanes(settings: Settings, hub: Hub, heard: HeardDesk, clock: Clock, *, landscape: Landscape) -> list[Lane]:
    """Return the lanes of notifications with their handlers."""

    async def recover(job: Job) -> Again | None:
        if orjson.loads(job.payload).get("purge"):
            return Again(await purge(settings, hub.store, clock))
        return await hub.recover(job)

    backoff = Backoff(min(0.2, settings.backoff_cap_seconds), settings.backoff_cap_seconds)
    wide = settings.workers * _CONNECTIONS
    lanes = [
        Lane("hub", hub.deliver, wide, backoff, _FOREVER, settings.lease_seconds),
        Lane(RECOVERY_LANE, recover, wide, backoff, _FOREVER, settings.lease_seconds),
        Lane(HEARD_LANE, heard.look, settings.workers, backoff, settings.give_up_seconds, settings.lease_seconds),
    ]
    return [as_set(lane, landscape) for lane in lanes]


async def purge(settings: Settings, store: ListenerStore, clock: Clock) -> float:
    """Remove some of what is kept no longer; return after how many seconds to go on."""
    now = clock.now()
    events, records = settings.event_retention_days, settings.delivery_retention_days
    purged = await store.purge(
        events_before=now - timedelta(days=events) if events else None,
        records_before=now - timedelta(days=records) if records else None,
        limit=_PURGED_AT_ONCE,
    )
    is_more = max(purged.events, purged.deliveries, purged.heard) >= _PURGED_AT_ONCE
    return 0.0 if is_more else _PURGE_SECONDS
