"""Everything under torture put together: processes, database, legacy systems, proxies, listener, clients."""

import asyncio
import random
import shutil
import sqlite3
import time
from collections import Counter
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

import aiohttp
import yaml

from tests.torture.listener import Listener
from tests.torture.load import Clients
from tests.torture.members import Member, Systems
from tests.torture.proxy import Proxy
from tests.torture.skew import Skew
from tests.torture.stores import PostgresStore, SqliteStore

__all__ = ["Shape", "World", "world"]


@dataclass(frozen=True)
class Shape:
    """How large the house is and how fast its time runs. Delays in seconds; all others keep their defaults."""

    serves: int = 2
    workers: int = 1
    pace: float = 0.05
    lease_seconds: float = 4.0
    backoff_cap_seconds: float = 0.5
    circuit_first_seconds: float = 0.1
    circuit_cap_seconds: float = 1.0
    give_up_seconds: float = 3600.0
    at_once: int = 16  # pieces of work of a lane in one process
    volume_megabytes: int | None = None
    tamper: bool = False  # clocks that jump: needs a C compiler
    proxied: bool = False  # the last member reaches database and legacy systems through proxies
    extra: dict = field(default_factory=dict)

    @property
    def environment(self):
        """What the processes find in their environment."""
        names = ("lease_seconds", "backoff_cap_seconds", "circuit_first_seconds", "circuit_cap_seconds")
        said = {name: getattr(self, name) for name in (*names, "give_up_seconds")}
        said |= {"ask_after_seconds": 0.05, "drain_seconds": 5.0, "agreement_every_seconds": 0, "workers": self.at_once}
        return {f"TMF_GATEWAY_{name.upper()}": str(value) for name, value in (said | self.extra).items()}


class World:
    """What faults strike at."""

    def __init__(self, seed, store, folder, shape):
        self.seed, self.store, self.folder, self.shape = seed, store, folder, shape
        self.rng = random.Random(f"{seed}:world")
        self.systems = Systems(folder / "systems", shape.pace)
        self.listener = Listener(random.Random(f"{seed}:listener"))
        self.members = []
        self.clients = None
        self.counts = Counter()
        self.told = []  # what happened, with the seconds since the start
        self.echoes = False
        self.sent = 0
        self.database_proxy = None
        self.system_proxies = {}
        self.skews = {}
        self._restarts = set()
        self._began = time.monotonic()

    def tell(self, text):
        """Note what happened."""
        self.told.append((round(time.monotonic() - self._began, 1), text))
        if self.echoes:
            print(f"  {self.told[-1][0]:>7} s  {text}", flush=True)

    @property
    def serving(self):
        """The members that serve faces."""
        return [member for member in self.members if member.what == "serve"]

    async def open(self):
        """Start everything."""
        await asyncio.gather(self.systems.start(), self.store.start(), self.listener.start())
        direct = self._landscape("landscape.yaml", self.systems.urls)
        proxied = direct
        proxied_url = self.store.url
        if self.shape.proxied:
            for role, url in self.systems.urls.items():
                proxy = self.system_proxies[role] = Proxy("127.0.0.1", int(url.rpartition(":")[2]))
                await proxy.start()
            urls = {role: f"http://127.0.0.1:{proxy.port}" for role, proxy in self.system_proxies.items()}
            proxied = self._landscape("proxied.yaml", urls)
            if self.store.kind == "postgresql":
                self.database_proxy = Proxy("127.0.0.1", self.store.port)
                await self.database_proxy.start()
                proxied_url = self.store.address_by(self.database_proxy.port)
        names = [("serve", f"gateway{n}") for n in range(self.shape.serves)]
        names += [("worker", f"worker{n}") for n in range(self.shape.workers)]
        for number, (what, name) in enumerate(names):
            is_last = number == len(names) - 1
            environment = dict(self.shape.environment)
            if self.shape.tamper and Skew.is_possible():
                skew = self.skews[name] = Skew(self.folder, name)
                skew.make()
                environment |= skew.environment
            member = Member(
                name,
                what,
                self.folder,
                database=proxied_url if is_last else self.store.url,
                landscape=proxied if is_last else direct,
                environment=environment,
            )
            self.members.append(member)
        await self.members[0].start()  # the first makes the tables
        await asyncio.gather(*(member.start() for member in self.members[1:]))
        self.clients = Clients(self.seed, [member.address for member in self.serving])
        for face in ("productOrderingManagement", "serviceOrdering"):
            await self._register(f"{self.serving[0].address}/tmf-api/{face}/v4/hub")
        self.tell("everything runs")

    async def close(self):
        """End everything, by its own id."""
        await asyncio.gather(*self._restarts, return_exceptions=True)
        for member in self.members:
            with suppress(ProcessLookupError):
                await asyncio.to_thread(member.stop)
        for proxy in [*self.system_proxies.values(), *([self.database_proxy] if self.database_proxy else [])]:
            await proxy.stop()
        await self.listener.stop()
        await asyncio.to_thread(self.systems.stop)
        await self.store.stop()

    def restart(self, member):
        """Start a dead member again, beside whatever else happens."""
        task = asyncio.create_task(self._start(member))
        self._restarts.add(task)
        # One that failed stays, so that whoever waits for all of them learns of it.
        task.add_done_callback(lambda done: done.exception() or self._restarts.discard(done))

    async def _start(self, member):
        """Start it as a supervisor does: again, where it finds that the database is just not there."""
        for _ in range(10):
            try:
                return await member.start()
            except AssertionError as error:
                if "storeUnavailable" not in str(error):
                    raise
                self.counts["started again, the database was not there"] += 1
                await asyncio.sleep(0.5)
        return await member.start()

    async def all_restarted(self):
        """Wait until every member that was to start again has."""
        await asyncio.gather(*self._restarts)

    async def send(self, count):
        """Send so many more orders; return once each was answered 2xx."""
        first, self.sent = self.sent, self.sent + count
        await self.clients.send(first, count)

    async def fault(self, role, reference, fault):
        """Tell a legacy system to misbehave."""
        body = {"reference": reference, "fault": fault}
        async with aiohttp.ClientSession() as http, http.post(f"{self.systems.urls[role]}/_faults", json=body) as said:
            said.raise_for_status()

    async def until(self, condition, seconds, what):
        """Wait for something."""
        end = time.monotonic() + seconds
        while not await condition():
            assert time.monotonic() < end, f"not in {seconds:.0f} s: {what}"
            await asyncio.sleep(0.05)

    async def until_all_end(self, seconds_without_progress):
        """Wait until no order is open; give up where nothing happens for so long. Return how many stay open."""
        most, since = None, time.monotonic()
        while left := await self.store.open_orders():
            events = await self.store.count("SELECT count(*) FROM event")
            if events != most:
                most, since = events, time.monotonic()
            if time.monotonic() - since > seconds_without_progress:
                return left
            await asyncio.sleep(0.5)
        return 0

    def journal(self):
        """Return what each legacy system made, in its order: (operation, reference, item)."""
        found = {}
        for name in ("crm", "field", "activation", "billing"):
            with closing(sqlite3.connect(self.systems.folder / f"{name}.sqlite", timeout=20)) as raw:
                text = "SELECT operation, reference, item FROM journal ORDER BY seq"
                found[name] = raw.execute(text).fetchall()
        return found

    def logs(self):
        """Return what the processes logged, by name."""
        return {path.stem: path.read_text() for path in sorted(self.folder.glob("*.log"))}

    async def _register(self, address):
        body = {"callback": f"{self.listener.address}/hear"}
        async with aiohttp.ClientSession() as http, http.post(address, json=body) as said:
            assert said.status == 201, await said.text()

    def _landscape(self, name, urls):
        """Write a landscape like the simulated one, its systems being where they are already."""
        here = Path(str(resources.files("adapters.simulated")))
        document = yaml.safe_load((here / "landscape.yaml").read_text())
        document["catalogue"] = str(here / document["catalogue"])
        for role, binding in document["roles"].items():
            settings = {"url": urls[role]}
            if role != "customer":
                settings["poll_seconds"] = max(0.02, 0.25 * self.shape.pace)
            if role == "billing":
                settings["drop"] = str(self.systems.folder / "billing-drop")
            binding["settings"] = settings
        file = self.folder / name
        file.write_text(yaml.safe_dump(document))
        return file


@asynccontextmanager
async def world(kind, seed, folder, shape, *, echoes=False):
    """Give a world that runs, on a database of that kind; end it at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    megabytes = shape.volume_megabytes
    store = PostgresStore(megabytes=megabytes) if kind == "postgresql" else SqliteStore(folder, megabytes=megabytes)
    made = World(seed, store, folder, shape)
    made.echoes = echoes
    try:
        await made.open()
        yield made
    finally:
        await made.close()
        shutil.rmtree(folder / "volume", ignore_errors=True)
