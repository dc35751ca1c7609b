"""Level 8: neither the order of the items nor a neighbour changes what an adapter says."""

import asyncio

from contract_tests.adapter.base import Checks
from contract_tests.agreement import disagreements
from contract_tests.checks import check, require
from contract_tests.drive import drive, steps_of
from contract_tests.scenario import Run, Scenario
from contract_tests.target import AdapterTarget

__all__ = ["OrderChecks"]


class OrderChecks(Checks):
    """Reordering and concurrency."""

    @check("ORD-1", 8, "items in another order say the same of each")
    async def test_items_in_another_order(self, target: AdapterTarget, scenario: Scenario) -> None:
        """An adapter that goes by position, and not by id, mixes them up."""
        require(self.test_items_in_another_order, await _story(target, scenario, reverse=True))

    @check("ORD-2", 8, "orders that are done at the same time do not get into each other")
    async def test_orders_at_the_same_time(self, target: AdapterTarget, scenario: Scenario) -> None:
        """Several orders through one instance, as one worker has them."""
        steps_of(target, scenario)
        stories = await asyncio.gather(*(_story(target, scenario) for _ in range(target.neighbours)))
        require(self.test_orders_at_the_same_time, sorted({row for rows in stories for row in rows}))


async def _story(target: AdapterTarget, scenario: Scenario, *, reverse: bool = False) -> list[str]:
    rows: list[str] = []
    run, adapter = Run(scenario, target), target.shared()
    for step in steps_of(target, scenario):
        driven = await drive(run, adapter, step, reverse=reverse)
        where = f"{scenario.name}/{step.name}"
        rows += disagreements(where, run.expected(step), driven.report, target.unstated)
    return rows
