"""The streams' tests once more, on tables that are split by shard."""

from tests.storage.partitions import split_store, store_url  # noqa: F401 - fixtures
from tests.streams.test_dispatch import *  # noqa: F403 - all of its tests
