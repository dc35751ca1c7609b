"""The database under torture, looked at past the gateway: who holds leases, what is stored, what became of it."""

import asyncio
import shutil
import signal
import sqlite3
import subprocess
import tempfile
from contextlib import closing
from pathlib import Path

import asyncpg

from adapters.sdk.ports import free_port
from tests.postgres import Server

__all__ = ["PostgresStore", "SqliteStore", "Volume"]

_OPEN = "SELECT count(*) FROM lifecycle WHERE checkpoint NOT IN ('closed', 'ended')"


class Volume:
    """A small file system in memory for one test, where that is permitted: it can be full."""

    def __init__(self, folder, megabytes):
        self.folder, self._size = folder, megabytes
        self.is_mounted = False

    def mount(self):
        """Make it; say whether that is permitted."""
        self.folder.mkdir(parents=True, exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", f"size={self._size}m", "tmpfs", str(self.folder)]
        if shutil.which("mount"):
            self.is_mounted = subprocess.run(command, check=False, stderr=subprocess.DEVNULL).returncode == 0
        return self.is_mounted

    def fill(self):
        """Write until nothing more goes in."""
        with (self.folder / "ballast").open("ab", buffering=0) as file:
            for size in (1 << 20, 4096, 1):
                try:
                    while True:
                        file.write(b"\0" * size)
                except OSError:
                    continue

    def empty(self):
        """Take out what `fill` put in."""
        (self.folder / "ballast").unlink()

    def unmount(self):
        """Take it away."""
        if self.is_mounted:
            subprocess.run(["umount", "-l", str(self.folder)], check=False)


class _Store:
    volume = None

    async def look_after(self):
        """Do what an operator of the database would do after trouble: start it again where it gave up."""

    async def rows(self, text, *values):
        """Return the rows of a query."""
        raise NotImplementedError

    async def count(self, text, *values):
        """Return the one number that a query gives."""
        return (await self.rows(text, *values))[0][0]

    async def open_orders(self):
        """Return how many orders have not ended."""
        return await self.count(_OPEN)

    async def leases(self, pid):
        """Return the streams whose lease a process holds that has not ended, by the clock that leases go by."""
        rows = await self.rows(f"SELECT id, token FROM stream WHERE token LIKE '%:{pid}:%' AND due > {self._now}")
        return {row[0]: row[1] for row in rows}

    async def leases_under(self, tokens):
        """Return those of these streams that still stand under the same token, its lease not ended."""
        rows = await self.rows(f"SELECT id, token FROM stream WHERE token IS NOT NULL AND due > {self._now}")
        return {key: token for key, token in rows if tokens.get(key) == token}


class SqliteStore(_Store):
    """One file, on a volume of its own where that is permitted."""

    kind = "sqlite"
    _now = "CAST((julianday('now') - 2440587.5) * 86400000000.0 AS INTEGER)"

    def __init__(self, folder, *, megabytes=None):
        self.volume = Volume(folder / "volume", megabytes) if megabytes else None
        inside = folder / "volume" if self.volume and self.volume.mount() else folder
        self.file = inside / "gateway.sqlite"
        self.url = self.proxied = f"sqlite:///{self.file}"

    async def start(self):
        """Nothing to start."""

    async def stop(self):
        """Take the volume away."""
        if self.volume:
            self.volume.unmount()

    async def rows(self, text, *values):
        """Return the rows of a query."""
        return await asyncio.to_thread(self._rows, text, values)

    def _rows(self, text, values):
        with closing(sqlite3.connect(f"file:{self.file}?mode=ro", uri=True, timeout=20)) as raw:
            return raw.execute(text, values).fetchall()


class PostgresStore(_Store):
    """A server of its own that waits for its disk, reached directly and through a proxy."""

    kind = "postgresql"
    _now = "(extract(epoch from clock_timestamp()) * 1000000)::bigint"

    def __init__(self, *, megabytes=None):
        self.folder = Path(tempfile.mkdtemp(prefix="tmf-gateway-torture-"))
        self.volume = Volume(self.folder, megabytes) if megabytes else None
        if self.volume:
            self.volume.mount()
        self.restarts = 0
        self.port = free_port()
        self._server = Server(self.folder, durable=True, port=self.port)
        self.url = f"postgresql://postgres@127.0.0.1:{self.port}/torture"
        self._conn = None
        self._lock = asyncio.Lock()

    async def start(self):
        """Make the server and an empty database."""
        await asyncio.to_thread(self._server.make)
        await asyncio.to_thread(self._server.start)
        await self._run("postgres", "CREATE DATABASE torture")

    async def stop(self):
        """Stop the server and remove its files."""
        if self._conn is not None:
            self._conn.terminate()
        if self._server.process is not None:
            await asyncio.to_thread(self._server.end)
        if self.volume:
            self.volume.unmount()
        shutil.rmtree(self.folder, ignore_errors=True)

    def address_by(self, port):
        """Return the database's address by another port."""
        return self.url.replace(f":{self.port}/", f":{port}/")

    async def crash(self):
        """Stop the server at once, in the middle of whatever it does; it does not tidy up."""
        await asyncio.to_thread(self._server.end, signal.SIGQUIT)

    async def revive(self):
        """Start it again; it recovers by itself."""
        await asyncio.to_thread(self._server.start)

    async def look_after(self):
        """Start the server again where it gave up, as whoever supervises it does."""
        await asyncio.sleep(0.5)
        if self._server.process.poll() is not None:
            self.restarts += 1
            await self.revive()

    async def read_only(self, *, on):
        """Let no session write any more, or all of them again."""
        await self._run("postgres", f"ALTER SYSTEM SET default_transaction_read_only = {'on' if on else 'off'}")
        await self._run("postgres", "SELECT pg_reload_conf()")

    async def cut_sessions(self):
        """End every session of the gateways from the server's side; return how many."""
        text = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'tmf-gateway'"
        return await self.count(text)

    async def rows(self, text, *values):
        """Return the rows of a query."""
        async with self._lock:
            for attempt in range(3):
                try:
                    if self._conn is None or self._conn.is_closed():
                        self._conn = await asyncpg.connect(self.url, timeout=10, server_settings={"jit": "off"})
                    return [tuple(row) for row in await self._conn.fetch(text, *values)]
                except (OSError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError):
                    if attempt == 2:
                        raise
        raise AssertionError

    async def _run(self, database, text):
        conn = await asyncpg.connect(self.url.replace("/torture", f"/{database}"), timeout=10)
        try:
            await conn.execute(text)
        finally:
            await conn.close()
