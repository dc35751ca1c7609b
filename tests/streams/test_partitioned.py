"""The streams' tests once more, on tables that are split by shard."""

import pytest

from tests.storage import partitions
from tests.streams.test_dispatch import *  # noqa: F403 - all of its tests


@pytest.fixture(scope="module")
def _split(postgres):
    name = postgres.empty()
    partitions.split(postgres, name)
    return name


@pytest.fixture
def store_url(postgres, _split):
    postgres.clean(_split)
    return postgres.server.url(_split)
