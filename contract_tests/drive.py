"""Driving a scenario: send, let the legacy side carry on, look until it is done."""

import asyncio
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from _pytest.outcomes import Skipped

from contract_tests.checks import Broken
from contract_tests.declaration import Entry
from contract_tests.scenario import Run, Scenario, Step
from contract_tests.target import AdapterTarget, Fault
from gateway.ports.adapter import Adapter, Capability, Message, Operation, Outcome, Report
from gateway.ports.errors import AdapterError, TryLater

__all__ = [
    "Driven",
    "Excused",
    "Story",
    "applying",
    "declared",
    "does",
    "drive",
    "drive_to",
    "needs",
    "settled",
    "steps_of",
    "story_of",
]

_DOES = frozenset({Capability.FULL, Capability.PARTIAL})


class Excused(Skipped):
    """A check that the target declares not to pass, with a reason. Any other skip is a failure."""

    def __init__(self, entry: Entry) -> None:
        super().__init__(f"{entry.status}, {entry.name}: {entry.comment}")
        self.entry = entry


@dataclass
class Driven:
    """One step that was done: what was sent, and its last report."""

    step: Step
    message: Message
    report: Report


@dataclass
class Story:
    """What came of a scenario: its steps, through one instance, between two moments of the target's clock."""

    run: Run
    adapter: Adapter
    started: datetime
    steps: list[Driven] = field(default_factory=list)
    ended: datetime | None = None


def does(target: AdapterTarget, capability: str) -> bool:
    """Whether the target declares to do something, in full or in part."""
    return target.declaration.capability(capability) in _DOES


def needs(target: AdapterTarget, fault: Fault) -> None:
    """Go on where the legacy side can show a fault. Raises Excused or, undeclared, Broken."""
    entry = target.declaration.excuse(fault.value)
    if entry is not None:
        raise Excused(entry)
    if fault not in target.legacy.faults:
        file = target.declaration.file
        row = (
            f"{file}: say `contract: {{{fault.value}: {{status: exempt, comment: …}}}}`, or let the legacy side show it"
        )
        raise Broken(f"the legacy side cannot show {fault.value}, and nothing says why", [row])


def steps_of(target: AdapterTarget, scenario: Scenario) -> Sequence[Step]:
    """Return the steps up to the first that the target declares not to do. Raises Excused where that is the first."""
    done = []
    for step in scenario.steps:
        if not does(target, step.operation.value):
            break
        done.append(step)
    if not done:
        declared(target, scenario.steps[0].operation)
    return done


def applying(target: AdapterTarget, scenarios: Iterable[Scenario]) -> Sequence[Scenario]:
    """Return the scenarios that the target does not declare to leave out; all where it leaves out every one."""
    every = list(scenarios)
    return [one for one in every if target.declaration.excuse(one.name) is None] or every


async def drive(run: Run, adapter: Adapter, step: Step, *, reverse: bool = False) -> Driven:
    """Do one step to its end. Raises what the adapter raises, and Broken where it takes too long."""
    message = run.message(step, reverse=reverse)
    report = await settled(run.target, adapter, message)
    run.learned(step, report.facts, report.legacy_ids)
    return Driven(step, message, report)


async def story_of(target: AdapterTarget, scenario: Scenario, *, anew: bool = False) -> Story:
    """Return a scenario driven to its end: once for all checks that only read what it says, unless it is to be anew.

    Raises what the adapter raises, with a note of the step.
    """
    told: Story | None = None if anew else target.driven.get(scenario.name)
    if told is not None:
        return told
    told = Story(Run(scenario, target), target.adapter(), target.clock())
    for step in steps_of(target, scenario):
        try:
            told.steps.append(await drive(told.run, told.adapter, step))
        except AdapterError as error:
            error.add_note(f"{scenario.name}/{step.name}")
            raise
    told.ended = target.clock()
    if not anew:
        target.driven[scenario.name] = told
    return told


async def drive_to(
    target: AdapterTarget, adapter: Adapter, scenarios: Iterable[Scenario], operation: Operation
) -> tuple[Run, Step]:
    """Do what comes before the first step of an operation that changes something; return the run and that step.

    Raises Excused where the target declares not to do the operation.
    """
    declared(target, operation)
    for scenario in applying(target, scenarios):
        steps = list(scenario.steps)
        at = next((i for i, one in enumerate(steps) if one.operation is operation and not one.data.get("quiet")), None)
        if at is None or not all(does(target, step.operation.value) for step in steps[:at]):
            continue
        run = Run(scenario, target)
        for step in steps[:at]:
            await drive(run, adapter, step)
        return run, steps[at]
    raise Broken(
        f"no scenario does {operation}", [f"give one to the class: scenarios = (Path('…'),) with do: {operation}"]
    )


def declared(target: AdapterTarget, operation: Operation) -> None:
    """Go on where an operation is declared to be done. Raises Excused where it is declared not to be."""
    if does(target, operation.value):
        return
    entry = target.declaration.without(operation.value)
    if entry is None:
        raise Broken(
            f"nothing is declared of {operation}", [f"{target.declaration.file}: add `{operation}: {{status: …}}`"]
        )
    raise Excused(entry)


async def settled(target: AdapterTarget, adapter: Adapter, message: Message, *, cancel: bool = False) -> Report:
    """Submit (or cancel) and look until nothing more will come. Raises Broken where that takes too long."""
    send = adapter.cancel if cancel else adapter.submit
    again = adapter.cancel if cancel else adapter.fetch
    until = time.monotonic() + target.wait_seconds
    report: Report | None = None
    while report is None or report.outcome is Outcome.WORKING:
        try:
            report = await send(message) if report is None else await again(message)
        except TryLater as error:
            if not error.only_this or time.monotonic() > until:
                raise
        if report is not None and report.outcome is Outcome.DONE:
            break
        if time.monotonic() > until:
            what = f"{'cancel ' if cancel else ''}{message.operation}"
            raise Broken(f"{what} is not done after {target.wait_seconds:g} s", [f"message {message.id}"])
        await target.legacy.carry_on(message.reference_key)
        await asyncio.sleep(min(0.25, report.again_after_seconds if report else 0.05))
    return report
