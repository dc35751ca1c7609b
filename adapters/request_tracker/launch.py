"""Starting a real Request Tracker with a database of its own, on a free loopback port, for demonstrations and tests.

It comes from Debian's packages. What those have configured on the machine is left alone: it reads another configuration
and keeps an SQLite database in a temporary folder. It writes no mail.
"""

import asyncio
import os
import secrets
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from adapters.request_tracker.client import TicketClient
from adapters.request_tracker.crew import Crews
from adapters.request_tracker.settings import RequestTrackerSettings
from adapters.sdk.child import Child, run
from adapters.sdk.ports import free_port
from adapters.sdk.postgres import give_away
from gateway.ports.adapter import Role
from gateway.ports.errors import AdapterError, SetupError

__all__ = ["RunningRequestTracker", "start_request_tracker"]

_HERE = Path(__file__).parent
_SERVER = Path("/usr/share/request-tracker5/libexec/rt-server")
_SETUP = Path("/usr/sbin/rt-setup-database-5")
_OWNER = "www-data"
_READY_SECONDS = 60.0
_CONFIG = """Set($rtname, 'field.example');
Set($Organization, 'field.example');
Set($WebDomain, '127.0.0.1');
Set($WebPort, {port});
Set($WebPath, '');
Set($DatabaseType, 'SQLite');
Set($DatabaseName, '{folder}/rt.sqlite');
Set($LogToSyslog, undef);
Set($LogToSTDERR, 'error');
Set($MailCommand, 'testfile');
Set($Timezone, 'UTC');
Set($BcryptCost, 4); # its password is random, and asked for with each request
{more}
1;
"""
_DATA = """our @Final = (sub {{
    my $user = RT::User->new(RT->SystemUser);
    $user->Load('root');
    $user->SetPassword('{password}');
    my $scrips = RT::Scrips->new(RT->SystemUser);
    $scrips->UnLimit;
    while (my $mail = $scrips->Next) {{ $mail->SetDisabled(1) }}
}});
{more}"""


class RunningRequestTracker:
    """One instance. `settings` leads an adapter there."""

    simulated = False

    def __init__(self, folder: Path) -> None:
        self._folder, self._port = folder, free_port()
        self._crews: Crews | None = None
        self._child = Child("Request Tracker", folder, _owner())
        self._secret = folder / "password"

    @property
    def settings(self) -> Mapping[Role, Mapping[str, Any]]:
        """The settings of the adapter that is to talk to it."""
        said = {"url": self._url, "password_file": str(self._secret)}
        return MappingProxyType({Role.FIELD_WORK: said})

    @property
    def database(self) -> Path:
        """The file of its database."""
        return self._folder / "rt.sqlite"

    @property
    def _url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def start(self) -> None:
        """Make its database, start it and give its first user another password. Raises SetupError."""
        config = _CONFIG.format(port=self._port, folder=self._folder, more=_read("site_config"))
        (self._folder / "RT_SiteConfig.pm").write_text(config)
        (self._folder / "none").mkdir()
        password, data = secrets.token_urlsafe(16), self._folder / "initialdata"
        for file, text in (
            (self._secret, password),
            (data, _DATA.format(password=password, more=_read("initialdata"))),
        ):
            file.touch(mode=0o600)
            file.write_text(text)
        give_away(self._folder, _owner())
        await self._setup("--action", "init")
        await self._setup("--action", "insert", "--datafile", str(data))
        command = (str(_SERVER), "--host", "127.0.0.1", "--port", str(self._port), "--max-workers", "3")
        await self._child.start(*command, environment=self._environment)
        await self._child.until(self._answers, _READY_SECONDS)

    def employ(self, seconds: float) -> None:
        """Let crews, who are simulated, resolve every open ticket after so many seconds."""
        self._crews = Crews(RequestTrackerSettings(**self.settings[Role.FIELD_WORK]), seconds)
        self._crews.start()

    async def misbehave(self, role: Role, reference: str, fault: str) -> None:
        """Let the crews do one order wrongly. Raises SetupError for what they do not know."""
        if role is not Role.FIELD_WORK or self._crews is None:
            raise SetupError(f"request tracker cannot play {fault} for {role}", "let crews work first")
        self._crews.misbehave(reference, fault)

    async def stop(self) -> None:
        """End it by its process id, and remove what it stored."""
        if self._crews is not None:
            await self._crews.stop()
        await self._child.stop()
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    @property
    def _environment(self) -> dict[str, str]:
        # Without a folder named, what Debian has configured on the machine would win.
        return {
            "RT_SITE_CONFIG": str(self._folder / "RT_SiteConfig.pm"),
            "RT_SITE_CONFIG_DIR": str(self._folder / "none"),
            "HOME": str(self._folder),
        }

    async def _setup(self, *arguments: str) -> None:
        failure, log = "Request Tracker's database was not made", self._folder / "setup.log"
        command = (str(_SETUP), *arguments, "--skip-create")
        await run(failure, log, *command, user=_owner(), environment=self._environment)

    async def _answers(self) -> bool:
        client = TicketClient(RequestTrackerSettings(**self.settings[Role.FIELD_WORK]))
        try:
            await client.health()
        except AdapterError:
            return False
        finally:
            await client.close()
        return True


async def start_request_tracker() -> RunningRequestTracker:
    """Start a Request Tracker in a temporary folder. Raises SetupError."""
    if not (_SERVER.exists() and _SETUP.exists()):  # noqa: ASYNC240 - once, at the start
        fix = "apt-get install --no-install-recommends request-tracker5 rt5-db-sqlite rt5-standalone (as root)"
        raise SetupError("Request Tracker is not installed", fix)
    running = RunningRequestTracker(_folder())
    try:
        await running.start()
    except BaseException:
        await running.stop()
        raise
    return running


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="tmf-gateway-tickets-"))


def _owner() -> str | None:
    """Return as whom it runs: Debian's user of web servers where this process is root's."""
    return _OWNER if os.geteuid() == 0 else None
