"""Level 7: what the system has now can be observed and listed, and looking changes nothing."""

from contract_tests.adapter.base import Checks
from contract_tests.agreement import key_of
from contract_tests.checks import check, require
from contract_tests.drive import Excused, applying, does, drive, steps_of
from contract_tests.scenario import Run, Scenario
from contract_tests.target import AdapterTarget
from gateway.ports.adapter import Adapter, Operation
from gateway.ports.errors import NotSupported
from gateway.ports.readback import ReadBack, reader_of

__all__ = ["ReadBackChecks"]

_LASTING = {Operation.ACTIVATE: ("service.activated",), Operation.CHARGE: ("charge.started", "rate.created")}
"""What an operation leaves behind, and a look at it later says again."""


class ReadBackChecks(Checks):
    """`observe` and `inventory`, where they are declared; NotSupported where they are not."""

    @check("RDB-1", 7, "what an order has left behind can be observed, and observing changes nothing")
    async def test_it_can_be_observed(self, target: AdapterTarget, scenario: Scenario) -> None:
        """What the operation stated as running is said again, and nothing is made."""
        adapter, rows = target.adapter(), []
        if not does(target, "observe"):
            _undeclared(adapter, target, "observe")
        run, steps = Run(scenario, target), steps_of(target, scenario)
        for step in steps:
            driven = await drive(run, adapter, step)
            wanted = {key_of(f): f for f in driven.report.facts if f.predicate in _LASTING.get(step.operation, ())}
            if not wanted or not isinstance(adapter, ReadBack):
                continue
            before = list(await target.legacy.made(driven.message.reference_key))
            message = driven.message.model_copy(update={"legacy_ids": dict(driven.report.legacy_ids)})
            seen = {key_of(fact) for fact in (await adapter.observe(message)).facts}
            rows += [f"{scenario.name}/{step.name}: {key} is not observed" for key in wanted.keys() - seen]
            if list(await target.legacy.made(driven.message.reference_key)) != before:
                rows.append(f"{scenario.name}/{step.name}: observing has changed something")
        require(self.test_it_can_be_observed, rows)

    @check("RDB-2", 7, "an inventory lists everything once, with what it was made for, and can be taken up again")
    async def test_it_can_be_listed(self, target: AdapterTarget) -> None:
        """What was made just now is in it; without the first n it is the rest. What is ended may not be there."""
        adapter, rows = target.adapter(), []
        if not does(target, "inventory"):
            _undeclared(adapter, target, "inventory")
        scenario = applying(target, self.all_scenarios().values())[0]
        run, references = Run(scenario, target), []
        for step in steps_of(target, scenario):
            driven = await drive(run, adapter, step)
            references.append(driven.message.reference_key)
            if any(fact.predicate in _LASTING.get(step.operation, ()) for fact in driven.report.facts):
                break
        before = [list(await target.legacy.made(one)) for one in references]
        reader = reader_of(adapter, "inventory")
        everything = [item async for item in reader.inventory()]
        ids = [(item.kind, item.scheme, item.legacy_id) for item in everything]
        rows += [f"{key} is listed twice" for key in sorted({str(one) for one in ids if ids.count(one) > 1})]
        if not any(item.reference in references for item in everything):
            rows.append(f"nothing in it has the reference of {scenario.name}, which was made just now")
        half = len(everything) // 2
        if [item async for item in reader.inventory(after=half)] != everything[half:]:
            rows.append(f"taken up after {half}, it is not the rest")
        if [list(await target.legacy.made(one)) for one in references] != before:
            rows.append("listing has changed something")
        require(self.test_it_can_be_listed, rows)


def _undeclared(adapter: Adapter, target: AdapterTarget, name: str) -> None:
    """Raise Excused with what is declared. Raises AssertionError where the adapter can be read all the same."""
    entry = target.declaration.without(name)
    try:
        reader_of(adapter, name)
    except NotSupported:
        if entry is not None:
            raise Excused(entry) from None
    require(
        f"{name} is declared as it is", [f"{name}: the file says {entry and entry.comment}, and the adapter has it"]
    )
