"""What is done to a world, step by step: orders in portions, a fault beside each. The seed decides all that is drawn."""

import asyncio
import time

from tests.torture.answers import Garbage, SaidTwice
from tests.torture.faults import (
    Clock,
    Crash,
    Cut,
    DiskFull,
    Down,
    Freeze,
    FreezeBeforeSending,
    Kill,
    ReadOnly,
    Refuse,
    Sessions,
    Swallow,
)
from tests.torture.verdict import LAWS, judge
from tests.torture.world import Shape, world

__all__ = ["HOURS_SCALE", "kills_and_freezes", "outage", "play", "weather"]

HOURS_SCALE = 720
"""So many seconds of the product's own patience pass in one: six hours in half a minute."""

PATIENCE_SECONDS = 90.0
OPEN_LIMIT = 600


def kills_and_freezes(orders, kills, freezes):
    """Return the steps (orders, fault) of a run with so many kills and then so many freezes."""
    faults = [Kill()] * kills + [Freeze()] * freezes
    return _portions(orders, faults)


def weather(kind, orders):
    """Return the steps of a run with cuts, half-open connections, restarts, read-only times and clocks that jump."""
    faults = [
        DiskFull(),
        FreezeBeforeSending(),
        Garbage("activation"),
        SaidTwice(),
        Cut("legacy systems"),
        Refuse("legacy systems"),
        Swallow("legacy systems"),
        Clock(300),
    ]
    if kind == "postgresql":
        faults += [Crash(), Clock(-300), Sessions(), Cut("database"), ReadOnly(), Refuse("database"), Crash(0.0)]
        faults += [Swallow("database", late=True)]
    return _portions(orders, faults)


def outage(orders, hours, role="activation"):
    """Return the shape and the steps of a run in which a legacy system is down for so many simulated hours."""
    shape = Shape(
        backoff_cap_seconds=60 / HOURS_SCALE,
        circuit_first_seconds=1 / HOURS_SCALE,
        circuit_cap_seconds=120 / HOURS_SCALE,
        give_up_seconds=6 * 3600 / HOURS_SCALE,
    )
    return shape, [(orders, Down(role, hours * 3600 / HOURS_SCALE))]


async def play(kind, seed, folder, shape, steps, *, spoil=0.0, echoes=False, minutes=None):
    """Play the steps on a world of that kind, let it come to rest, and return its report.

    After so many `minutes` no further step begins; the report says how many were left out. Of so many of the orders (a part of one) a legacy system loses the request or the answer, or is slow.
    """
    began = time.monotonic()
    async with world(kind, seed, folder, shape, echoes=echoes) as made:
        ready = time.monotonic()
        for number, (count, fault) in enumerate(steps):
            if minutes is not None and time.monotonic() - ready > 60 * minutes:
                made.counts["steps left out: the time was up"] = len(steps) - number
                break
            await _spoil(made, count, spoil)
            await asyncio.gather(made.send(count), fault.strike(made) if fault else asyncio.sleep(0))

            async def has_room():
                return await made.store.open_orders() <= OPEN_LIMIT

            await made.until(has_room, 600, "room for more orders")
            made.tell(f"{made.sent} orders sent, {await made.store.open_orders()} of them open")
        await made.all_restarted()
        left = await made.until_all_end(PATIENCE_SECONDS)
        ended = time.monotonic()
        if not left:
            await _rest(made)
        figures = await judge(made)
        return {
            "database": kind,
            "seed": seed,
            "start_seconds": round(ready - began, 1),
            "seconds": round(ended - ready, 1),
            "orders_a_second": round(made.sent / (ended - ready), 2),
            "figures": figures,
            "faults": dict(made.counts),
            "clients": dict(made.clients.counts)
            | {f"answers {s}": n for s, n in sorted(made.clients.statuses.items())},
            "listener": {"refused": made.listener.refusals, "broken off": made.listener.breaks},
            "broken_laws": {name: figures[name] for name in LAWS if figures[name]},
            "twice": made.twice[:10],
            "bad": made.clients.bad[:5],
            "holds": made.open_holds[:3],
            "told": made.told,
        }


def _portions(orders, faults):
    share, rest = divmod(orders, len(faults))
    return [(share + (1 if number < rest else 0), fault) for number, fault in enumerate(faults)]


async def _spoil(made, count, part):
    """Let legacy systems lose, break off or delay what concerns some of the next orders."""
    for number in range(made.sent, made.sent + count):
        if made.rng.random() < part:
            role = made.rng.choice(("customer", "field-work", "activation", "billing"))
            fault = made.rng.choice(("lost-answer", "lost-request", "slow-answer:0.2"))
            await made.fault(role, f"torture-{made.seed}-{number}", fault)
            made.counts[f"legacy: {fault.partition(':')[0]}"] += 1


async def _rest(made):
    """Wait until the notifications are out too and nobody works any more."""

    async def nothing_left():
        return not await made.store.count(
            "SELECT count(*) FROM stream WHERE lane <> 'agreement' AND id <> 'hub-recovery|purge'"
        )

    made.listener.get_well()  # what it lacks by now comes to it at its own pace
    await made.until(nothing_left, 120 + made.sent / 10, "the last streams end")
