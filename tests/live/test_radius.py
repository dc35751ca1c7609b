"""The adapter for FreeRADIUS with a real one."""

import asyncio
import subprocess
import time
from pathlib import Path

import pytest

from adapters.radius_sql.plugin import PLUGIN
from gateway.canonical.fact import Assurance
from gateway.ports.adapter import Role
from gateway.ports.errors import TryLater
from tests.adapters.orders import done, fibre, said

SOLD = {"downstreamRate": {"amount": 500000, "units": "kbit/s"}, "upstreamRate": {"amount": 50000, "units": "kbit/s"}}


@pytest.fixture
async def adapter(radius):
    made = PLUGIN.create(Role.ACTIVATION, PLUGIN.settings(**radius.settings[Role.ACTIVATION]), Path())
    yield made
    await made.close()


def by_both(report, predicate):
    return {one.source.system for one in said(report, predicate)} == {"radius-sql", "radius-probe"}


async def test_a_subscriber_s_whole_life(adapter, radius):
    began = time.perf_counter()
    reserved = await adapter.submit(fibre("reserve", order="L-1"))
    assert reserved.refusals == ()
    on = await done(adapter, fibre(order="L-1", facts=reserved.facts))
    (probed,) = said(on, "service.activated", "radius-probe")
    assert probed.value == SOLD | {"ipv4": reserved.facts[0].value["ipv4"]}
    assert probed.assurance is Assurance.VERIFIED
    told = time.perf_counter()
    product = "PR-L-1-1"
    assert by_both(
        await done(adapter, fibre(order="L-2", action="modify", state="inactive", product=product)), "service.suspended"
    )
    assert time.perf_counter() - told > 0.9, "a reject is delayed by a second"
    assert by_both(
        await done(adapter, fibre(order="L-3", action="modify", product=product, was="suspended")), "service.resumed"
    )
    off = await done(adapter, fibre(order="L-4", action="delete", state="terminated", product=product))
    assert by_both(off, "service.ceased")
    assert said(off, "resource.released")[0].value == {"ipv4": reserved.facts[0].value["ipv4"]}
    assert await radius.sql("SELECT count(*) FROM radcheck WHERE username = $1", product) == [(0,)]
    print(f"\nradius: add, suspend, resume, cease, each probed: {time.perf_counter() - began:.2f} s")


async def test_the_same_message_twice_makes_no_second_row(adapter, radius):
    for _ in range(2):
        assert by_both(await done(adapter, fibre(order="L-5")), "service.activated")
    assert await radius.sql("SELECT count(*) FROM radcheck WHERE username = $1", "PR-L-5-1") == [(1,)]


async def test_a_group_with_a_wrong_unit_is_seen_by_the_server_too(adapter, radius):
    change = "UPDATE radgroupreply SET value = $1 WHERE groupname = 'FIBER-500' RETURNING id"
    await radius.sql(change, "50k/500k")
    try:
        report = await done(adapter, fibre(order="L-6"))
    finally:
        await radius.sql(change, "50M/500M")
    assert [one.value["downstreamRate"]["amount"] for one in said(report, "service.activated")] == [500, 500]


async def test_radclient_sees_what_the_probe_sees(adapter, radius):
    await done(adapter, fibre(order="L-7"))
    ((password,),) = await radius.sql("SELECT value FROM radcheck WHERE username = $1", "PR-L-7-1")
    said_of_it = radius.settings[Role.ACTIVATION]
    asked = ["radclient", "-x", f"127.0.0.1:{said_of_it['radius_port']}", "auth", said_of_it["radius_secret"]]
    words = f'User-Name = "PR-L-7-1", User-Password = "{password}"'
    asking = await asyncio.create_subprocess_exec(*asked, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    answer = (await asking.communicate(words.encode()))[0].decode()
    assert "Access-Accept" in answer
    assert 'Mikrotik-Rate-Limit = "50M/500M"' in answer


async def test_a_wrong_secret_gets_no_answer_and_writes_nothing_twice(radius):
    wrong = {**radius.settings[Role.ACTIVATION], "radius_secret": "wrong", "radius_seconds": 0.3}
    adapter = PLUGIN.create(Role.ACTIVATION, PLUGIN.settings(**wrong), Path())
    try:
        for _ in range(2):
            with pytest.raises(TryLater, match="secret"):
                await adapter.submit(fibre(order="L-8"))
    finally:
        await adapter.close()
    assert await radius.sql("SELECT count(*) FROM radcheck WHERE username = $1", "PR-L-8-1") == [(1,)]


async def test_its_health(adapter):
    assert "its server answers" in await adapter.check()
