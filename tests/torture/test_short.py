"""A short torture of whole processes on each database. `make torture` is the long one."""

import os
import random

import pytest

from tests.torture.faults import Crash, DiskFull, Freeze, FreezeBeforeSending, Kill
from tests.torture.scenario import play
from tests.torture.world import Shape

pytestmark = pytest.mark.server

STEPS = {
    "sqlite": [(0, DiskFull(seconds=0.5, orders=8)), (12, Kill()), (12, FreezeBeforeSending()), (8, Kill())],
    "postgresql": [(12, Kill()), (12, Freeze()), (8, Crash()), (8, Kill())],
}
SHAPE = Shape(serves=1, workers=1, pace=0.02, lease_seconds=2.0, at_once=8, proxied=True)


@pytest.mark.parametrize("kind", list(STEPS))
async def test_nothing_is_lost_nothing_is_made_twice_and_every_order_ends(kind, tmp_path):
    seed = os.environ.get("TORTURE_SEED") or str(random.SystemRandom().randrange(10**6))
    print(f"seed {seed}; the same again: TORTURE_SEED={seed}")
    shape = SHAPE if kind == "postgresql" else Shape(**{**vars(SHAPE), "volume_megabytes": 96})
    report = await play(kind, seed, tmp_path / "world", shape, STEPS[kind], spoil=0.05)
    assert report["broken_laws"] == {}, report
    faults = report["faults"]
    wanted = sum(1 for _, fault in STEPS[kind] if isinstance(fault, Kill))
    assert faults["kill -9 of a process that held a lease"] == wanted, report
    if kind == "sqlite":
        assert faults["sent while the disk was full, and told 503 with Retry-After"] >= 1, report
    else:
        assert faults["database crashes"] == 1
        assert faults["freezes of a process that held a lease"] == 1, report
