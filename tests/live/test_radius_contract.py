"""The contract kit with a real FreeRADIUS, and what is recorded there. `RECORD=1` records anew what others replay."""

import asyncio
from contextlib import nullcontext
from dataclasses import replace

import pytest
import pytest_asyncio

from adapters.sdk.recording import recorded
from contract_tests.adapter import ActivationContract, Fault
from contract_tests.recorded import Case, keep, replayed
from gateway.ports.adapter import Role
from tests.adapters.playing import RECORD
from tests.adapters.radius_sql.cases import CASES, MOVING, POOL
from tests.adapters.radius_sql.side import POOL as KIT_POOL
from tests.adapters.radius_sql.side import RECORDED, SCENARIOS, Side, target_of

# What the adapter's page asks for, and no more.
_ROLE = """CREATE ROLE gateway LOGIN PASSWORD 'g4teway';
    GRANT SELECT, INSERT, UPDATE, DELETE ON radcheck, radreply, radusergroup, radippool, tmf_gateway_mark TO gateway;
    GRANT SELECT ON radgroupreply TO gateway;
    GRANT USAGE ON SEQUENCE radcheck_id_seq, radreply_id_seq, radusergroup_id_seq, tmf_gateway_mark_id_seq TO gateway"""


@pytest.fixture(scope="module")
def rights(prompt_radius):
    """Settings of a user who may do no more than the adapter's page asks for."""
    asyncio.run(prompt_radius.sql(f"{_ROLE}; {KIT_POOL}"))
    return {**prompt_radius.settings[Role.ACTIVATION], "password": "g4teway"}


@pytest_asyncio.fixture
async def side(prompt_radius, rights):
    there = prompt_radius.settings[Role.ACTIVATION]["url"].partition("@")[2]
    async with Side(there.partition("/")[0], prompt_radius.sql) as made:
        made.settings = {**rights, "url": f"postgresql://gateway@{made.address}/{there.partition('/')[2]}"}
        yield made


@pytest_asyncio.fixture
async def target(side):
    return target_of(side, side.settings)


class TestRadiusSql(ActivationContract):
    """Every check of the role."""

    scenarios = SCENARIOS


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_a_case_is_today_as_it_was_when_it_was_recorded(case, side, prompt_radius):
    for text in case.before:
        await prompt_radius.sql(text)
    target = target_of(side, side.settings | case.settings, pool=POOL)
    if case.loses_the_answer:
        await side.misbehave(Fault.LOST_ANSWER, case.message.reference_key)
    folder = RECORDED / case.name
    try:
        with recorded(folder, record=True) if RECORD else nullcontext():
            if RECORD:
                await keep(target, folder, case.message, moving=MOVING)
            else:
                rows = [row async for row in replayed(replace(target, live=True), Case(case.name, folder))]
                assert rows == []
    finally:
        await target.close()
        for text in case.after:
            await prompt_radius.sql(text)
