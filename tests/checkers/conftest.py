"""One gateway in the permissive profile, over a fresh database, for all that comes from outside to look at it."""

import httpx
import pytest

from tests.fleet import Process


@pytest.fixture(scope="session")
def permissive(tmp_path_factory):
    """The address of the gateway. It has a process of its own: the checkers block, and it outlives their tests."""
    database = f"sqlite:///{tmp_path_factory.mktemp('permissive') / 'gateway.sqlite'}"
    server = Process(
        "serve", "--port", "0", "--database", database, "--profile", "permissive", "--workers", "2", "--pace", "0.02"
    )
    server.start()
    try:
        server.ready()
        yield server.address
    finally:
        server.stop()


@pytest.fixture
def http(permissive):
    """A client that takes nothing from the environment."""
    with httpx.Client(base_url=permissive, trust_env=False) as client:
        yield client
