"""FreeRADIUS's tables on PostgreSQL, a RADIUS server that reads them, and the adapter to both."""

from pathlib import Path

import asyncpg
import pytest

from adapters.radius_sql.plugin import PLUGIN
from gateway.ports.adapter import Role
from tests.adapters.radius_sql.server import radius_server
from tests.adapters.radius_sql.side import POOL

_SCHEMAS = tuple(
    path.with_name("schema.sql").read_text() for path in (Path(__file__), Path(PLUGIN.vocabularies[Role.ACTIVATION]))
)

_CLEAN = """DELETE FROM radcheck; DELETE FROM radreply; DELETE FROM radusergroup; DELETE FROM tmf_gateway_mark;
    UPDATE radippool SET pool_key = '', username = '', expiry_time = now() - interval '1 day'"""


@pytest.fixture(scope="session")
def database_name(postgres):
    """The name of FreeRADIUS's database."""
    name = postgres.empty()
    for schema in _SCHEMAS:
        postgres.sql(schema, database=name)
    postgres.sql(POOL, database=name)
    return name


@pytest.fixture
def database(postgres, database_name):
    """The address of FreeRADIUS's database."""
    return postgres.server.url(database_name)


@pytest.fixture
def without_encoding(postgres, database_name):
    """The address of another one, which hands out whatever bytes somebody wrote into it."""
    name = f"{database_name}_ascii"
    postgres.sql(f"CREATE DATABASE {name} ENCODING 'SQL_ASCII' TEMPLATE template0 STRATEGY FILE_COPY")
    for schema in _SCHEMAS:
        postgres.sql(schema, database=name)
    return postgres.server.url(name)


@pytest.fixture
async def rows(database):
    """Run SQL in the database, which no earlier test has left anything in."""
    connection = await asyncpg.connect(database)

    async def sql(text, *values):
        if ";" in text:  # several, which return nothing
            await connection.execute(text)
            return []
        return [tuple(row) for row in await connection.fetch(text, *values)]

    await connection.execute(_CLEAN)
    yield sql
    await connection.close()


@pytest.fixture
async def server(database, rows):
    """The RADIUS server."""
    async with radius_server(database, b"s3cret") as running:
        yield running


@pytest.fixture
async def make_adapter(database, server):
    """Make an adapter; settings may be others than usual."""
    made = []

    def make(**changed):
        settings = {"url": database, "radius_port": server.port, "radius_secret": "s3cret", **changed}
        made.append(PLUGIN.create(Role.ACTIVATION, PLUGIN.settings(**settings), Path()))
        return made[-1]

    yield make
    for one in made:
        await one.close()


@pytest.fixture
def radius(make_adapter):
    """The adapter."""
    return make_adapter()
