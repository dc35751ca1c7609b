"""Faults, each a small piece: it strikes a world, undoes itself, and counts what it hit."""

import asyncio
import resource
import time
from dataclasses import dataclass
from functools import partial

__all__ = [
    "Clock",
    "Crash",
    "Cut",
    "DiskFull",
    "Down",
    "Freeze",
    "FreezeBeforeSending",
    "Kill",
    "ReadOnly",
    "Refuse",
    "Sessions",
    "Swallow",
]

LOOK_SECONDS = 60.0


async def _holder(world):
    """Wait until a member holds leases; return it and them. Which one is asked first, the seed decides."""
    end = time.monotonic() + LOOK_SECONDS
    while time.monotonic() < end:
        up = [member for member in world.members if member.is_up]
        for member in world.rng.sample(up, len(up)):
            held = await world.store.leases(member.pid)
            if held:
                return member, held
        await asyncio.sleep(0.01)
    return None, {}


@dataclass(frozen=True)
class Kill:
    """kill -9 of a process that holds a lease, which comes back. Only those that held one when they died count."""

    async def strike(self, world):
        """Kill until one has been hit that held a lease. It starts again while other things happen."""
        while True:
            await world.until(partial(_some_are_ready, world), 120, "two processes that are ready")
            member, _ = await _holder(world)
            if member is None:
                world.counts["kills for which nothing was leased any more"] += 1
                return
            held = await world.store.leases(member.pid)
            member.kill()
            died = time.monotonic()
            stands = await world.store.leases_under(held)
            world.counts["kill -9"] += 1
            world.restart(member)
            if stands:
                world.counts["kill -9 of a process that held a lease"] += 1
                world.counts["leases held by the killed"] += len(stands)
                world.tell(f"{member.name} killed with {len(stands)} leases")
                await _takeover(world, stands, died)
                return


async def _some_are_ready(world):
    # Of two, one is killed and the other goes on; what stays of one alone would wait for its restart.
    return sum(1 for member in world.members if member.is_ready) >= min(2, len(world.members))


async def _takeover(world, stands, died):
    """Measure until another has the first of the leases of the dead, or it has ended, and until so it is with the last.

    Once a lease is over its work waits its turn among all that is due: the last may have to wait as long as that takes.
    """
    left, first = stands, None
    while left and time.monotonic() - died < 20 * world.shape.lease_seconds:
        await asyncio.sleep(0.05)
        rows = await world.store.rows("SELECT id, token FROM stream WHERE token IS NOT NULL")
        still = dict(rows)
        left = {key: token for key, token in left.items() if still.get(key) == token}
        if first is None and len(left) < len(stands):
            first = time.monotonic()
    for which, at in ("first", first or time.monotonic()), ("last", time.monotonic()):
        name = f"longest until another went on with the {which} of its works, ms"
        world.counts[name] = max(world.counts[name], round(1000 * (at - died)))


@dataclass(frozen=True)
class Freeze:
    """SIGSTOP of a process that holds a lease for `leases` times the lease, then SIGCONT."""

    leases: float = 1.8

    async def strike(self, world):
        """Freeze one until others have taken what it held, then let it wake up."""
        member, _ = await _holder(world)
        if member is None:
            world.counts["freezes for which nothing was leased any more"] += 1
            return
        member.freeze()
        held = await world.store.leases(member.pid)
        world.counts["freezes"] += 1
        if held:
            world.counts["freezes of a process that held a lease"] += 1
        await asyncio.sleep(self.leases * world.shape.lease_seconds)
        rows = dict(await world.store.rows("SELECT id, token FROM stream WHERE token IS NOT NULL"))
        taken = sum(1 for key, token in held.items() if rows.get(key) != token)
        world.counts["leases taken from the frozen"] += taken
        world.tell(f"{member.name} frozen with {len(held)} leases, {taken} taken by others, wakes up")
        member.thaw()


@dataclass(frozen=True)
class FreezeBeforeSending:
    """SIGSTOP at the worst moment: the last member has heard that nothing is there yet, and is about to make it.

    Others take over and make it meanwhile; the frozen one wakes up with its old knowledge.
    """

    leases: float = 2.5

    async def strike(self, world):
        """Freeze it at that moment, and let it wake up."""
        member, proxy = world.members[-1], world.system_proxies["activation"]
        frozen = asyncio.Event()

        def look(data):
            if b"FindServicesResponse" in data and b"<service" not in data and member.is_up:
                member.freeze()
                proxy.watch = None
                frozen.set()

        proxy.watch = look
        try:
            await asyncio.wait_for(frozen.wait(), LOOK_SECONDS)
        except TimeoutError:
            world.counts["freezes before sending that found no moment"] += 1
            return
        finally:
            proxy.watch = None
        held = await world.store.leases(member.pid)
        await asyncio.sleep(self.leases * world.shape.lease_seconds)
        rows = dict(await world.store.rows("SELECT id, token FROM stream WHERE token IS NOT NULL"))
        taken = sum(1 for key, token in held.items() if rows.get(key) != token)
        world.counts["freezes between asking and sending"] += 1
        world.counts["leases taken from the frozen"] += taken
        world.tell(f"{member.name} frozen before it sent something, {taken} of its leases taken by others, wakes up")
        member.thaw()


@dataclass(frozen=True)
class Down:
    """A legacy system answers 503 to everybody for so long."""

    role: str
    seconds: float

    async def strike(self, world):
        """Take it down and wait until it is back."""
        await world.fault(self.role, "", f"down:{self.seconds}")
        world.counts["legacy systems down"] += 1
        world.tell(f"{self.role} down for {self.seconds} s")
        await asyncio.sleep(self.seconds)


@dataclass(frozen=True)
class DiskFull:
    """The disk of the database is full for a while. Where no small disk may be made, a limit on files stands for it."""

    seconds: float = 2.0
    orders: int = 12

    async def strike(self, world):
        """Fill it, send orders, see that clients are told to come again, and make room."""
        volume = world.store.volume
        is_real = volume is not None and volume.is_mounted
        if not is_real and world.store.kind != "sqlite":
            world.counts["full disks that may not be made: not tried"] += 1
            return
        before = world.clients.counts["503 with Retry-After, sent again"]
        if is_real:
            await asyncio.to_thread(volume.fill)
        else:
            _limit_files(world, 0)
        world.counts["full disks" if is_real else "limits on the size of files"] += 1

        async def send():
            await world.send(self.orders)
            # The log of the database may have room in itself for a while.
            while world.clients.counts["503 with Retry-After, sent again"] == before and time.monotonic() < end:
                await world.send(self.orders)

        end = time.monotonic() + 20
        sending = asyncio.create_task(send())
        while world.clients.counts["503 with Retry-After, sent again"] == before and time.monotonic() < end:
            await asyncio.sleep(0.05)
            if is_real:
                await asyncio.to_thread(volume.fill)  # what a checkpoint has freed
        await asyncio.sleep(self.seconds)
        refused = world.clients.counts["503 with Retry-After, sent again"] - before
        world.counts["sent while the disk was full, and told 503 with Retry-After"] += refused
        if is_real:
            volume.empty()
        else:
            _limit_files(world, resource.RLIM_INFINITY)
        await world.store.look_after()
        await sending
        world.tell(f"the disk was full, {refused} times 503")


def _limit_files(world, size):
    for member in world.members:
        if member.is_up:
            resource.prlimit(member.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


@dataclass(frozen=True)
class Crash:
    """PostgreSQL stops at once in the middle of its transactions, and starts again after a while."""

    seconds: float = 0.5

    async def strike(self, world):
        """Crash and revive it."""
        await world.store.crash()
        world.counts["database crashes"] += 1
        await asyncio.sleep(self.seconds)
        await world.store.revive()
        world.tell("the database server crashed and is back")


@dataclass(frozen=True)
class Sessions:
    """PostgreSQL ends every session of the gateways."""

    async def strike(self, world):
        """End them."""
        world.counts["sessions ended by the server"] += await world.store.cut_sessions()


@dataclass(frozen=True)
class ReadOnly:
    """PostgreSQL takes no writes for a while."""

    seconds: float = 1.0

    async def strike(self, world):
        """Forbid and allow it."""
        await world.store.read_only(on=True)
        world.counts["read-only periods"] += 1
        await asyncio.sleep(self.seconds)
        await world.store.read_only(on=False)
        world.tell("the database was read-only")


def _proxies(world, what):
    return [world.database_proxy] if what == "database" else list(world.system_proxies.values())


@dataclass(frozen=True)
class Cut:
    """All connections of one member to the database, or to the legacy systems, break."""

    what: str

    async def strike(self, world):
        """Cut them."""
        for proxy in _proxies(world, self.what):
            proxy.cut()
        world.counts[f"cuts to the {self.what}"] += 1


@dataclass(frozen=True)
class Refuse:
    """The member cannot reach the database, or the legacy systems, for a while."""

    what: str
    seconds: float = 1.0

    async def strike(self, world):
        """Refuse and heal."""
        for proxy in _proxies(world, self.what):
            proxy.refuse()
        world.counts[f"times that the {self.what} could not be reached"] += 1
        await asyncio.sleep(self.seconds)
        for proxy in _proxies(world, self.what):
            proxy.heal()


@dataclass(frozen=True)
class Swallow:
    """Half-open connections: nothing goes through for a while, then they break; with `late`, all arrives late."""

    what: str
    seconds: float = 3.0
    late: bool = False

    async def strike(self, world):
        """Swallow and heal."""
        for proxy in _proxies(world, self.what):
            proxy.swallow()
        world.counts[f"half-open to the {self.what}"] += 1
        await asyncio.sleep(self.seconds)
        for proxy in _proxies(world, self.what):
            proxy.heal(drop=not self.late)
        world.tell(f"connections to the {self.what} were half-open for {self.seconds} s")


@dataclass(frozen=True)
class Clock:
    """The wall clock of one member jumps, and jumps back."""

    seconds: int
    lasts: float = 2.0

    async def strike(self, world):
        """Jump there and back."""
        if not world.skews:
            world.counts["clock jumps that need a C compiler: not tried"] += 1
            return
        name = world.rng.choice(sorted(world.skews))
        world.skews[name].jump(self.seconds)
        world.counts[f"clock jumps of {self.seconds:+d} s"] += 1
        await asyncio.sleep(self.lasts)
        world.skews[name].jump(0)
        world.tell(f"the clock of {name} jumped {self.seconds:+d} s and back")
