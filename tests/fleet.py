"""Gateways and workers as processes of their own that share one store and one set of simulated systems."""

import os
import re
import signal
import subprocess
import sys
from contextlib import nullcontext, suppress
from pathlib import Path

from adapters.sdk.ports import free_port

COMMAND = str(Path(sys.executable).with_name("tmf-gateway"))


class Process:
    """One `tmf-gateway` process, which can be started again at the same address."""

    def __init__(self, *arguments, environment=None):
        self.arguments = arguments
        self.environment = {**os.environ, **(environment or {})}
        self.process = None
        self.told = None
        self.log = None

    def start(self, log=None):
        """Start it; what it says first is waited for by `ready`. What it logs goes to a file."""
        self.log = log
        with log.open("ab") if log else nullcontext() as errors:
            self.process = subprocess.Popen(
                [COMMAND, *map(str, self.arguments)],
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env=self.environment,
            )

    def ready(self):
        """Wait until it says that it is ready; return the line."""
        self.told = self.process.stdout.readline()
        if not self.told:
            said = self.log.read_text(errors="replace")[-2000:] if self.log else "what it wrote is shown above"
            ended_with = self.process.wait(timeout=30)
            self.process.stdout.close()
            raise AssertionError(f"{self.arguments} ended with {ended_with}: {said}")
        return self.told

    @property
    def address(self):
        """The address that it said."""
        return re.search(r"http://[\w.]+:\d+", self.told).group()

    def cpu_seconds(self):
        """Return the CPU that it has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_bytes(self):
        """Return how much memory it has."""
        said = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", said).group(1)) * 1024

    def stop(self, how=signal.SIGTERM, seconds=30):
        """Send it a signal and return what it ended with."""
        with suppress(ProcessLookupError):
            self.process.send_signal(how)
        ended_with = self.process.wait(timeout=seconds)
        self.process.stdout.close()
        return ended_with


class Fleet:
    """So many gateways and workers on one store."""

    def __init__(self, database, landscape, *, gateways, workers, environment=None, options=()):
        common = ("--database", database, "--landscape", landscape, *options)
        environment = {"TMF_GATEWAY_AGREEMENT_EVERY_SECONDS": "0", **(environment or {})}
        self.gateways = [
            Process("serve", "--workers", 0, "--port", free_port(), *common, environment=environment)
            for _ in range(gateways)
        ]
        self.workers = [
            Process("worker", "--port", free_port(), *common, environment=environment) for _ in range(workers)
        ]

    @property
    def processes(self):
        """All of them."""
        return [*self.gateways, *self.workers]

    def start(self):
        """Start all at once and wait until all are ready."""
        for process in self.processes:
            process.start()
        for process in self.processes:
            process.ready()

    def stop(self):
        """End all that are running, each by its own id."""
        running = [one for one in self.processes if one.process is not None and one.process.poll() is None]
        for process in running:
            process.process.terminate()
        for process in running:
            process.stop()


class Simulation:
    """The simulated systems in a process of their own; `landscape` leads to them."""

    def __init__(self, folder, pace=0.02):
        self.folder = folder
        self.landscape = folder / "landscape.yaml"
        self.process = Process(
            "landscape", "simulate", self.landscape, "--folder", folder / "systems", "--pace", pace
        )  # fmt: skip

    def __enter__(self):
        self.process.start()
        self.process.ready()
        return self

    def __exit__(self, *_):
        self.process.stop()
