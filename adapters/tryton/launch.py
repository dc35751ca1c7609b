"""Starting a real Tryton with a PostgreSQL of its own, on free loopback ports, for demonstrations and tests.

Tryton lies in an environment of its own, which `TMF_GATEWAY_TRYTON` names. An initialised database takes half a minute
to make, so it is kept: in the folder that `TMF_GATEWAY_CACHE` names, else in the user's cache.
"""

import asyncio
import hashlib
import os
import secrets
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import asyncpg
import orjson

from adapters.sdk.child import Child, run
from adapters.sdk.ports import free_port
from adapters.sdk.postgres import OwnPostgres, give_away
from adapters.tryton.client import TrytonClient
from adapters.tryton.mischief import statements
from adapters.tryton.settings import TrytonSettings
from gateway.ports.adapter import Role
from gateway.ports.errors import AdapterError, SetupError
from gateway.vocabulary.document import read_document

__all__ = ["RunningTryton", "start_tryton"]

_HERE = Path(__file__).parent
_PINS, _FILL, _SEED = _HERE / "tryton.txt", _HERE / "initialise" / "__main__.py", _HERE / "seed.yaml"
_DATABASE, _MODULES = "tryton", ("sale_subscription", "sale_opportunity")
_READY_SECONDS = 60.0


class RunningTryton:
    """Tryton and its PostgreSQL. `settings` leads both adapters there."""

    simulated = False

    def __init__(self, folder: Path, programs: Path) -> None:
        self._folder, self._programs = folder, programs
        self.postgres = OwnPostgres(folder / "postgres")
        self._child, self._port = Child("Tryton", folder), free_port()
        self._config = folder / "trytond.conf"
        self._kept = _cache() / f"tryton-{_key()}"

    @property
    def settings(self) -> Mapping[Role, Mapping[str, Any]]:
        """The settings of the adapters that are to talk to it."""
        said = {
            "url": f"http://127.0.0.1:{self._port}",
            "database": _DATABASE,
            "password_file": str(self._kept / "password"),
        }
        return MappingProxyType({Role.CUSTOMER: said, Role.BILLING: said})

    async def start(self) -> None:
        """Start both, with an initialised database. Raises SetupError."""
        await self.postgres.start()
        self._config.touch(mode=0o600)
        self._config.write_text(
            f"[database]\nuri = {self.postgres.url}\n[web]\nlisten = 127.0.0.1:{self._port}\n"
            "[session]\nmax_attempt = 100\nmax_attempt_ip_network = 1000\n"
        )
        await self.postgres.run("createdb", _DATABASE)
        if not (self._kept / "dump").exists():
            await self._make()
        else:
            dump = shutil.copy(self._kept / "dump", self._folder / "postgres")  # where PostgreSQL's user can read it
            await self.postgres.run("pg_restore", "-d", _DATABASE, "--no-owner", str(dump))
        await self._child.start(str(self._programs / "trytond"), "-c", str(self._config), "-d", _DATABASE)
        await self._child.until(self._answers, _READY_SECONDS)

    async def misbehave(self, role: Role, reference: str, fault: str) -> None:
        """Build a fault into the database, for one order. Raises SetupError for one that there is not."""
        if role is not Role.BILLING:
            raise SetupError(f"tryton cannot play {fault} for {role}", "play it for billing")
        connection = await asyncpg.connect(f"{self.postgres.url}{_DATABASE}")
        try:
            for statement in statements(reference, fault):
                await connection.execute(statement)
        finally:
            await connection.close()

    async def stop(self) -> None:
        """End both by their process ids, and remove what they stored."""
        await self._child.stop()
        await self.postgres.stop()
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    async def _make(self) -> None:
        """Initialise and fill the database, and keep it."""
        part = self._folder / "kept"
        part.mkdir()
        secret, seed = part / "password", self._folder / "seed.json"
        secret.touch(mode=0o600)
        secret.write_text(secrets.token_urlsafe(16))
        seed.write_bytes(orjson.dumps(read_document(_SEED).data, default=str))
        made = ("-c", str(self._config), "-d", _DATABASE, "-u", *_MODULES, "--activate-dependencies")
        # Tryton chooses its database while it is imported, so its configuration has to be known before.
        passed = {"TRYTONPASSFILE": str(secret), "TRYTOND_CONFIG": str(self._config)}
        await self._run("trytond-admin", *made, "--email", "admin@example.com", **passed)
        await self._run("python", str(_FILL), str(self._config), _DATABASE, str(seed), **passed)
        dump = self._folder / "postgres" / "dump"
        await self.postgres.run("pg_dump", "-Fc", "-f", str(dump), _DATABASE)
        shutil.move(dump, part / "dump")
        whole = self._kept.with_name(f"{self._kept.name}.{os.getpid()}")
        shutil.copytree(part, whole)
        try:
            whole.rename(self._kept)
        except OSError:  # another process has made one meanwhile, with another password; ours is only used here
            shutil.rmtree(whole)
            self._kept = part

    async def _run(self, program: str, *arguments: str, **environment: str) -> None:
        failure, log = f"{program} could not make Tryton's database", self._folder / f"{program}.log"
        await run(failure, log, str(self._programs / program), *arguments, environment=environment)

    async def _answers(self) -> bool:
        client = TrytonClient(TrytonSettings(**self.settings[Role.BILLING]))
        try:
            await client.context()
        except AdapterError:
            return False
        finally:
            await client.close()
        return True


async def start_tryton() -> RunningTryton:
    """Start Tryton and its PostgreSQL in a temporary folder. Raises SetupError."""
    programs = _programs()
    running = RunningTryton(_folder(), programs)
    try:
        await running.start()
    except BaseException:
        await running.stop()
        raise
    return running


def _folder() -> Path:
    """Make a folder that PostgreSQL's user can go through, and one in it that is that user's own."""
    folder = Path(tempfile.mkdtemp(prefix="tmf-gateway-tryton-"))
    folder.chmod(0o711)
    (folder / "postgres").mkdir()
    give_away(folder / "postgres")
    return folder


def _programs() -> Path:
    """Return where Tryton's programs are."""
    named, found = os.environ.get("TMF_GATEWAY_TRYTON"), shutil.which("trytond")
    places = [Path(named) / "bin"] if named else [Path(".venv-live") / "bin"]
    places += [Path(found).parent] if found else []
    for place in places:
        if (place / "trytond").exists():
            return place.absolute()
    fix = (
        f"python3 -m venv tryton && tryton/bin/pip install -r {_PINS}, "
        "then set TMF_GATEWAY_TRYTON to the path of that environment"
    )
    raise SetupError("Tryton is not installed", fix)


def _cache() -> Path:
    named = os.environ.get("TMF_GATEWAY_CACHE")
    return Path(named) if named else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tmf-gateway"


def _key() -> str:
    """Return a name for what an initialised database depends on."""
    body = b"".join(file.read_bytes() for file in (_PINS, _FILL, _SEED))
    return hashlib.sha256(body).hexdigest()[:16]
