"""A server that somebody else wrote, as a child process: its output in a log, ended by its own process id."""

import asyncio
import os
import shutil
import signal
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from adapters.sdk.redact import redact
from gateway.ports.errors import SetupError

__all__ = ["Child", "last_line", "run"]

_STOP_SECONDS = 10.0
_LOOK_SECONDS = 0.05


class Child:
    """One child process, called `name` in errors. It works in `folder`, as `user` where this process is root's.

    It ends with the process that started it where `setpriv` is installed.
    """

    def __init__(self, name: str, folder: Path, user: str | None = None) -> None:
        self._name, self._folder, self._user = name, folder, user
        self._process: asyncio.subprocess.Process | None = None
        self._end = signal.SIGTERM

    @property
    def log(self) -> Path:
        """Where its output goes."""
        return self._folder / f"{self._name.lower().replace(' ', '-')}.log"

    @property
    def pid(self) -> int | None:
        """Its process id, or None where it does not run."""
        return self._process.pid if self._process is not None else None

    async def start(
        self, *command: str, end: signal.Signals = signal.SIGTERM, environment: Mapping[str, str] | None = None
    ) -> None:
        """Start it; `end` is the signal that ends it in good order, `environment` comes on top of ours."""
        self._end = end
        helper = shutil.which("setpriv")
        bound = (helper, "--pdeathsig", end.name.removeprefix("SIG"), "--") if helper else ()
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *bound,
                *command,
                cwd=self._folder,
                env={**os.environ, **(environment or {})},
                user=self._user,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    async def until(self, answers: Callable[[], Awaitable[bool]], seconds: float) -> None:
        """Wait until it answers. Raises SetupError with the last line that it wrote where it ends or takes too long."""
        limit = time.monotonic() + seconds
        while not await answers():
            if self._process is None or self._process.returncode is not None or time.monotonic() > limit:
                reason = f"{self._name} does not answer; it said: {last_line(self.log)}"
                raise SetupError(reason, "mend what it names")
            await asyncio.sleep(_LOOK_SECONDS)

    async def stop(self) -> None:
        """End it by its process id and wait for that."""
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        process.send_signal(self._end)
        try:
            await asyncio.wait_for(process.wait(), _STOP_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()


async def run(
    failure: str, log: Path, *command: str, user: str | None = None, environment: Mapping[str, str] | None = None
) -> None:
    """Run a program in the folder of its log and wait for its end; `environment` comes on top of ours.

    Raises SetupError with `failure` and the last line that it wrote where it does not end with 0.
    """
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=log.parent,
            env={**os.environ, **(environment or {})},
            user=user,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=out,
            stderr=out,
        )
        failed = await process.wait() != 0
    if failed:
        raise SetupError(f"{failure}; it said: {last_line(log)}", "mend what it names")


def last_line(log: Path) -> str:
    """Return the last line of a log, redacted."""
    lines = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
    return redact(lines[-1] if lines else "nothing")
