"""PHP's SoapServer with the adapter's own WSDL: a foreign engine. Nobody's product is behind it."""

import os
import subprocess
import time
from pathlib import Path

import httpx
import pytest

import adapters.soap
from adapters.sdk.ports import free_port

__all__ = ["soap_peer"]


@pytest.fixture(scope="session")
def soap_peer(tmp_path_factory):
    """Its address."""
    folder, port = tmp_path_factory.mktemp("php"), free_port()
    wsdl = Path(adapters.soap.__file__).with_name("provisioning.wsdl")
    environment = {**os.environ, "WSDL": str(wsdl), "STORE": str(folder / "services.json")}
    script = Path(__file__).with_name("provisioning.php")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            ["php", "-S", f"127.0.0.1:{port}", script], env=environment, stdout=log, stderr=log, cwd=folder
        )
    address = f"http://127.0.0.1:{port}/soap"
    try:
        until = time.monotonic() + 20
        while not _answers(address):
            assert time.monotonic() < until and process.poll() is None, (folder / "log").read_text()
            time.sleep(0.05)
        yield address
    finally:
        process.terminate()
        process.wait()


def _answers(address):
    try:
        return httpx.get(f"{address}?wsdl", trust_env=False).is_success
    except httpx.HTTPError:
        return False
