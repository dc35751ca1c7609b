"""Keeping what a real system says of the contract kit's scenarios, and asking the kit of that alone."""

import shutil
from datetime import UTC, datetime

from adapters.sdk.recording import recorded
from contract_tests.adapter import LegacySide
from contract_tests.drive import settled, steps_of
from contract_tests.recorded import keep
from contract_tests.scenario import Run
from tests.contract.simulated import run

WITHOUT_THE_SYSTEM = ("DEC-1", "DEC-2", "DEC-4", "VOC-1", "VOC-2", "VOC-3", "VOC-4", "REC-1")
"""The checks that need no system but what it answered once."""


class Silent(LegacySide):
    """No system at all."""

    async def made(self, reference):
        return ()


async def kept(target, scenario):
    """Do a scenario step by step, and record each: `recorded/<operation>/<scenario>`."""
    story = Run(scenario, target)
    for step in steps_of(target, scenario):
        message = story.message(step)
        named = {item.offering.id for item in message.order.items if item.offering}
        offerings = tuple(one for one in message.reference.offerings if one.id in named)
        message = message.model_copy(
            update={"reference": message.reference.model_copy(update={"offerings": offerings})}
        )
        folder = target.recorded / step.operation.value / scenario.name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "now.txt").write_text(datetime.now(UTC).isoformat() + "\n")
        with recorded(folder, record=True):
            await keep(target, folder, message)
        if not list(folder.glob("[0-9]*.json")):  # nothing was asked
            shutil.rmtree(folder)
        report = await settled(target, target.adapter(), message)
        story.learned(step, report.facts, report.legacy_ids)


async def wrong_without_the_system(contract, target):
    """Return what the kit finds wrong with what was recorded alone, and which checks were made."""
    found = await run(contract, target, WITHOUT_THE_SYSTEM)
    return {label: text for label, text in found.items() if text}, {label.split()[0] for label in found}
