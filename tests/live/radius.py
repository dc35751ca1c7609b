"""A real FreeRADIUS with a PostgreSQL of its own."""

import asyncio

import pytest

from adapters.radius_sql.serve import start_radius

__all__ = ["prompt_radius", "radius"]


@pytest.fixture(scope="session")
def radius(tmp_path_factory):
    """Both servers, running: `settings` leads an adapter there, `sql` looks into the tables."""
    yield from _running(tmp_path_factory.mktemp("radius"))


@pytest.fixture(scope="module")
def prompt_radius(tmp_path_factory):
    """The same, for those who are rejected often: it does so at once."""
    yield from _running(tmp_path_factory.mktemp("radius"), reject_delay_seconds=0)


def _running(folder, **settings):
    with asyncio.Runner() as runner:
        running = runner.run(start_radius(folder, **settings))
        yield running
        runner.run(running.stop())
