"""The processes under torture: each is started, killed, frozen, thawed and stopped by its own id."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

from adapters.sdk.ports import free_port

__all__ = ["Member", "Systems"]

READY_SECONDS = 180.0


class Member:
    """`tmf-gateway serve` or `worker` in a process of its own; it comes back at the same address."""

    def __init__(self, name, what, folder, *, database, landscape, environment):
        self.name, self.what = name, what
        self.port = free_port() if what == "serve" else None
        self._log = folder / f"{name}.log"
        self._arguments = [what, "--database", database, "--landscape", str(landscape)]
        if self.port:
            self._arguments += ["--port", str(self.port)]
        self.environment = environment
        self.process = None
        self.is_frozen = self.has_begun = False

    @property
    def address(self):
        """Where it answers; None for a worker."""
        return f"http://127.0.0.1:{self.port}" if self.port else None

    @property
    def pid(self):
        """The id of its process."""
        return self.process.pid

    @property
    def is_up(self):
        """Whether it runs and is not frozen."""
        return self.process is not None and self.process.poll() is None and not self.is_frozen

    @property
    def is_ready(self):
        """Whether it runs, is not frozen, and has said that it serves or works."""
        return self.is_up and self.has_begun

    async def start(self):
        """Start it and wait until it serves or works."""
        command = [str(Path(sys.executable).with_name("tmf-gateway")), *self._arguments]
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: ASYNC220 - forking is quick
                command, stdout=subprocess.PIPE, stderr=log, text=True, env={**os.environ, **self.environment}
            )
        line = await asyncio.wait_for(asyncio.to_thread(self.process.stdout.readline), READY_SECONDS)
        if not line:
            self._reap(20)
        assert re.search("tmf-gateway (serves|works)", line), f"{self.name} does not start: {self._log.read_text()}"
        self.has_begun = True

    def kill(self):
        """Kill it as kill -9 does; it is dead when this returns."""
        self.has_begun = False
        self.process.send_signal(signal.SIGKILL)
        self._reap(20)

    def freeze(self):
        """Stop it where it stands."""
        self.process.send_signal(signal.SIGSTOP)
        self.is_frozen = True

    def thaw(self):
        """Let it go on."""
        self.is_frozen = False
        self.process.send_signal(signal.SIGCONT)

    def stop(self):
        """End it in good order; it may take its time to drain."""
        if self.process is None or self.process.poll() is not None:
            return
        if self.is_frozen:
            self.thaw()
        self.process.terminate()
        try:
            self._reap(30)
        except subprocess.TimeoutExpired:
            self.kill()

    def _reap(self, seconds):
        self.process.wait(timeout=seconds)
        self.process.stdout.close()


class Systems:
    """The simulated landscape in a process of its own. Its stores are files, and its journals are in them."""

    def __init__(self, folder, pace):
        self.folder, self.pace = folder, pace
        self.process = None
        self.urls = {}

    async def start(self):
        """Start all four and learn their addresses."""
        command = [sys.executable, "-m", "adapters.simulated", "--store", str(self.folder), "--pace", str(self.pace)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: ASYNC220 - forking is quick
        line = await asyncio.wait_for(asyncio.to_thread(self.process.stdout.readline), READY_SECONDS)
        self.urls = json.loads(line)["systems"]

    def stop(self):
        """End them."""
        if self.process is not None:
            self.process.stdin.close()
            self.process.wait(timeout=20)
            self.process.stdout.close()
