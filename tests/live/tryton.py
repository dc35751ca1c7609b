"""A real Tryton on a PostgreSQL of its own, with what its seed says."""

import asyncio

import pytest

from adapters.tryton.launch import start_tryton

__all__ = ["tryton"]


@pytest.fixture(scope="session")
def tryton():
    """Tryton, running: `settings` leads adapters there."""
    with asyncio.Runner() as runner:
        running = runner.run(start_tryton())
        yield running
        runner.run(running.stop())
