"""`tmf-mock`: an upstream that nobody here wrote. It has no hub, and its orders move only when they are told to."""

import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from adapters.sdk.ports import free_port
from tests.conformity import conformity

__all__ = ["tmf_mock"]


@pytest.fixture(scope="session")
def tmf_mock(tmp_path_factory):
    """Its address."""
    port, log = free_port(), tmp_path_factory.mktemp("tmf-mock") / "log"
    command = [Path(sys.executable).with_name("tmf-mock"), "start", "--host", "127.0.0.1", "--port", str(port)]
    with log.open("wb") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said)
    address = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + 30
        while not _answers(address):
            assert time.monotonic() < until and process.poll() is None, log.read_text()
            time.sleep(0.05)
        conformity().foreign.add(f"127.0.0.1:{port}")
        yield address
    finally:
        process.terminate()
        process.wait()


def _answers(address):
    try:
        return httpx.get(f"{address}/tmf-api/serviceOrdering/v4/serviceOrder", trust_env=False).is_success
    except httpx.HTTPError:
        return False
