"""A gateway over the simulated landscape: in this process, or in one of its own that can be killed."""

import asyncio
import signal
import time

import httpx
import pytest

from adapters.simulated import launch
from gateway.app.demo.client import GatewayClient, is_at_end
from gateway.app.serve import running
from gateway.app.settings import Settings
from tests.fleet import Process


class Gateway:
    """A client with the few words that the tests need."""

    def __init__(self, client, runtime, systems):
        self.client, self.runtime, self.systems = client, runtime, systems
        self.http = client._http

    async def send(self, body, face="tmf622-v4"):
        answer = await self.client.create(face, body)
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    async def end(self, order_id, seconds=60.0):
        """Wait until an order is over or held; return its timeline."""
        until = time.monotonic() + seconds
        while True:
            timeline = await self.client.timeline(order_id)
            if is_at_end(timeline):
                return timeline
            assert time.monotonic() < until, timeline["lifecycle"]
            await asyncio.sleep(0.03)

    async def misbehave(self, role, reference, fault):
        async with httpx.AsyncClient(trust_env=False) as http:
            body = {"reference": reference, "fault": fault}
            (await http.post(f"{self.systems[role]}/_faults", json=body)).raise_for_status()

    async def journal(self, role, reference=None):
        async with httpx.AsyncClient(trust_env=False) as http:
            params = {"reference": reference} if reference else {}
            return (await http.get(f"{self.systems[role]}/_journal", params=params)).json()


@pytest.fixture(autouse=True)
def _systems_in_this_process(monkeypatch):
    """The simulated systems are real servers here too, without a process of their own, whose start costs most."""
    monkeypatch.setattr(launch, "start_simulated", launch.start_local)


@pytest.fixture
def store(tmp_path):
    """Where the gateway keeps everything."""
    return f"sqlite:///{tmp_path / 'gateway.sqlite'}"


@pytest.fixture
async def gateway(tmp_path, store):
    stores = tmp_path / "gateway.sqlite.landscape"
    settings = Settings(
        port=0, database=store, simulated_folder=stores, pace=0.02, backoff_cap_seconds=0.5, ask_after_seconds=0.05
    )
    async with running(settings) as (runtime, address), GatewayClient(address) as client:
        systems = {role.value: found["url"] for role, found in runtime.live.addresses.items()}
        yield Gateway(client, runtime, systems)


class Server(Process):
    """`tmf-gateway serve` in a process of its own, on one database, started again and again."""

    def __init__(self, folder):
        self.database = f"sqlite:///{folder / 'gateway.sqlite'}"
        self.always = ("serve", "--port", "0", "--database", self.database, "--pace", "0.1")
        super().__init__(*self.always, environment={"TMF_GATEWAY_LEASE_SECONDS": "2"})

    def start(self, *options):
        """Start it and wait until it serves."""
        self.arguments = (*self.always, *options)
        super().start()
        self.ready()

    def kill(self):
        self.stop(signal.SIGKILL)

    def end(self):
        """Stop it if it runs."""
        if self.process is not None and self.process.poll() is None:
            self.stop()


@pytest.fixture
def process(tmp_path):
    server = Server(tmp_path)
    yield server
    server.end()
