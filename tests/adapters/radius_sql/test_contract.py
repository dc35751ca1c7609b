"""The contract kit, asked of the adapter for FreeRADIUS's tables."""

import pytest_asyncio

from contract_tests.adapter import ActivationContract
from tests.adapters.radius_sql.side import SCENARIOS, Side, target_of


@pytest_asyncio.fixture
async def target(postgres, database_name, rows, server):
    async with Side(str(postgres.server.folder / ".s.PGSQL.5432"), rows) as side:
        url = f"postgresql://postgres@{side.address}/{database_name}"
        yield target_of(side, {"url": url, "radius_port": server.port, "radius_secret": "s3cret"})


class TestRadiusSql(ActivationContract):
    """Every check of the role."""

    scenarios = SCENARIOS
