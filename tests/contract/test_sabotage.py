"""The kit fails every broken copy of a reference adapter, naming the law and the row; the honest ones pass it all."""

from dataclasses import replace

import pytest

from gateway.ports.adapter import Role
from tests.contract.sabotage import FOUND, HONEST
from tests.contract.simulated import ADAPTERS, PARTS, run, target_of
from tests.contract.spoiled import SPOILED

pytestmark = pytest.mark.server


@pytest.mark.parametrize("role", Role)
async def test_the_honest_one_passes(simulation, role):
    found = await run(PARTS[role][2], target_of(simulation, role))
    assert len(found) > 60
    assert {label: wrong for label, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize("one", FOUND, ids=lambda one: one.name)
async def test_a_broken_one_fails(simulation, one):
    target = target_of(simulation, one.role, one.adapter)
    if "without_end" in one.adapter.__qualname__:
        target = replace(target, wait_seconds=1)
    found = await run(PARTS[one.role][2], target, [one.code])
    wrong = "\n".join(text for text in found.values() if text)
    assert f"{one.code}: " in wrong
    assert one.row in wrong


def test_there_are_many_of_them_and_each_law_has_its_own():
    assert len(FOUND) >= 45
    assert len({one.code for one in FOUND}) >= 20


@pytest.mark.parametrize("one", SPOILED, ids=lambda one: one.name)
async def test_a_spoiled_table_fails(simulation, tmp_path, one):
    codes = tmp_path / "codes.yaml"
    text = (ADAPTERS / PARTS[one.role][1] / "codes.yaml").read_text(encoding="utf-8")
    assert one.said in text
    codes.write_text(text.replace(one.said, one.instead), encoding="utf-8")
    found = await run(PARTS[one.role][2], target_of(simulation, one.role, HONEST[one.role], codes), [one.code])
    wrong = "\n".join(text for text in found.values() if text)
    assert f"{one.code}: " in wrong
    assert one.row in wrong
    assert one.code == "VOC-4" or "codes.yaml:" in wrong
