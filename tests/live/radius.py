"""A real FreeRADIUS with a PostgreSQL of its own."""

import asyncio
from pathlib import Path

import pytest

from adapters.radius_sql.serve import start_radius

__all__ = ["radius"]


@pytest.fixture(scope="session")
def radius(tmp_path_factory):
    """Both servers, running: `settings` leads an adapter there, `sql` looks into the tables."""
    with asyncio.Runner() as runner:
        running = runner.run(start_radius(Path(tmp_path_factory.mktemp("radius"))))
        yield running
        runner.run(running.stop())
