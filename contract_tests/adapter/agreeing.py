"""Level 9: the same order gives the same facts as through the reference adapter; recorded answers read as recorded."""

from contract_tests.adapter.base import Checks
from contract_tests.agreement import disagreements, projection
from contract_tests.checks import check, require
from contract_tests.drive import drive, story_of
from contract_tests.recorded import cases_of, replayed
from contract_tests.scenario import Names, Run, Scenario
from contract_tests.target import AdapterTarget

__all__ = ["AgreementChecks"]


class AgreementChecks(Checks):
    """Agreement with what the reference adapters say, as shipped or as they say it now."""

    @check("AGR-1", 9, "an order through this adapter gives the facts that it gives through the reference")
    async def test_it_agrees_with_the_reference(
        self, target: AdapterTarget, scenario: Scenario, reference: AdapterTarget | None
    ) -> None:
        """Facts, rates, bills and records, whatever the ids; against another target too where one is given."""
        rows: list[str] = []
        story = await story_of(target, scenario)
        other = None if reference is None else (Run(scenario, reference), reference.adapter())
        for one in story.steps:
            step, expected = one.step, story.run.expected(one.step)
            where = f"{scenario.name}/{step.name}"
            rows += disagreements(where, expected, one.report, target.unstated)
            if other is not None and reference is not None:
                theirs = (await drive(other[0], other[1], step)).report
                mine = projection(one.report, expected, Names(target.names), target.unstated)
                same = projection(theirs, other[0].expected(step), Names(reference.names), target.unstated)
                rows += [
                    f"{where}: {key} is {mine.get(key)}, and by the reference {same.get(key)}"
                    for key in sorted(mine.keys() | same.keys())
                    if mine.get(key) != same.get(key) and key.split(" ")[0] not in target.unstated
                ]
        if reference is not None:
            await reference.close()
        require(self.test_it_agrees_with_the_reference, rows)

    @check("REC-1", 9, "recorded answers of the real system are read as they were when they were recorded")
    async def test_recordings_are_read_as_recorded(self, target: AdapterTarget) -> None:
        """Each folder of `recorded/<test>/<case>/`, replayed through the adapter."""
        rows = []
        for case in cases_of(target):
            rows += [f"{case.name}: {row}" async for row in replayed(target, case)]
        require(self.test_recordings_are_read_as_recorded, rows)
