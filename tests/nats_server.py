"""A real NATS server with JetStream, on a free port of loopback; it can be killed and started again on its store."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from adapters.sdk.ports import free_port

CONFIG = """
listen: "127.0.0.1:{port}"
max_payload: {max_payload}
jetstream {{ store_dir: "{store}", sync_interval: always, max_memory_store: 16MB, max_file_store: 256MB }}
{more}
"""


class NatsServer:
    """`more` stands in its configuration, such as users."""

    def __init__(self, folder: Path, more: str = "", max_payload: int = 1024 * 1024) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"nats://127.0.0.1:{self.port}"
        self.config = folder / "nats.conf"
        store = folder / "jetstream"
        self.config.write_text(CONFIG.format(port=self.port, store=store, more=more, max_payload=max_payload))
        self.process: subprocess.Popen | None = None

    def start(self) -> "NatsServer":
        command = [str(Path(sys.executable).with_name("nats-server")), "-c", str(self.config)]
        with (self.folder / "nats.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        until = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 0.2).close()
            except OSError:
                assert self.process.poll() is None, (self.folder / "nats.log").read_text()
                assert time.monotonic() < until
                time.sleep(0.02)
            else:
                return self

    def kill(self) -> None:
        """End it as a loss of power would, as far as a process can."""
        if self.process is not None:
            os.kill(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None
