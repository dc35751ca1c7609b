"""What all tests share.

Stores: a SQLite file of the test's own, and a PostgreSQL database that is cleaned before each test. Clients: whatever
a test uses, each answer that a face gives it is held against the document of that face.
"""

import asyncio
import os

import httpx
import pytest

from gateway.storage.database import Database
from tests.conformity import conformity
from tests.postgres import Databases, shared_server


@pytest.fixture(scope="session")
def postgres(tmp_path_factory):
    """PostgreSQL for this process of the tests; all processes share one server."""
    base, worker = tmp_path_factory.getbasetemp(), os.environ.get("PYTEST_XDIST_WORKER")
    with shared_server(base.parent if worker else base) as server:
        databases = Databases(server, f"test_{worker or 'main'}")
        yield databases
        databases.close()


@pytest.fixture(scope="session")
def _postgres_store(postgres):
    name = postgres.empty()

    async def make():
        await (await Database.open(postgres.server.url(name))).close()

    asyncio.run(make())
    return name


@pytest.fixture
def postgres_url(postgres, _postgres_store):
    """The address of a database that has our tables and nothing in them."""
    postgres.clean(_postgres_store)
    return postgres.server.url(_postgres_store)


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request, tmp_path):
    """The address of an empty store, of each kind in turn."""
    if request.param == "postgresql":
        return request.getfixturevalue("postgres_url")
    return f"sqlite:///{tmp_path / 'store.sqlite'}"


@pytest.fixture(scope="session", autouse=True)
def _every_answer_is_as_declared():
    """Look at every answer that any httpx client gets, unless it is to be read as a stream."""
    send = httpx.AsyncClient.send

    async def checked(self, request, *, stream=False, **more):
        response = await send(self, request, stream=stream, **more)
        if not stream:
            conformity().check(request.method, request.url, response.status_code, response.headers, response.content)
        return response

    patch = pytest.MonkeyPatch()
    patch.setattr(httpx.AsyncClient, "send", checked)
    yield
    patch.undo()
