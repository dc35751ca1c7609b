"""Two gateways that only serve, and a worker, on one PostgreSQL: each order is everybody's."""

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.app.demo.client import GatewayClient, is_at_end
from tests.app.test_kill import order

pytestmark = pytest.mark.server

COMMAND = str(Path(sys.executable).with_name("tmf-gateway"))


@pytest.fixture
def start(tmp_path, postgres_url):
    """Starts processes on one store; ends those that are left."""
    processes = []

    def start(*arguments):
        environment = {**os.environ, "TMF_GATEWAY_LEASE_SECONDS": "2", "TMF_GATEWAY_SIMULATED_FOLDER": str(tmp_path)}
        command = [COMMAND, *arguments, "--database", postgres_url, "--pace", "0.05"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.terminate()
    for process in processes:
        process.wait(timeout=20)
        process.stdout.close()


async def test_orders_of_two_gateways_are_worked_off_by_a_third_process_and_seen_by_both(start):
    serving = [start("serve", "--workers", "0", "--port", "0") for _ in range(2)]
    start("worker")
    addresses = [re.search(r"http://\S+", process.stdout.readline()).group() for process in serving]
    async with GatewayClient(addresses[0]) as one, GatewayClient(addresses[1]) as two:
        clients = [one, two]
        answers = await asyncio.gather(*(clients[n % 2].create("tmf622-v4", order(n)) for n in range(8)))
        assert {answer.status_code for answer in answers} == {201}
        for number, answer in enumerate(answers):
            other = clients[(number + 1) % 2]  # not the one that took it
            async with asyncio.timeout(60):
                while not is_at_end(timeline := await other.timeline(answer.json()["id"])):  # noqa: ASYNC110 - it can only be asked
                    await asyncio.sleep(0.1)
            assert timeline["lifecycle"]["checkpoint"] == "closed", timeline["holds"]
