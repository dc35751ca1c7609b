"""A real Request Tracker with the queue of field work."""

import asyncio

import pytest

from adapters.request_tracker.launch import start_request_tracker

__all__ = ["request_tracker"]


@pytest.fixture(scope="session")
def request_tracker():
    """Request Tracker, running: `settings` leads an adapter there."""
    with asyncio.Runner() as runner:
        running = runner.run(start_request_tracker())
        yield running
        runner.run(running.stop())
