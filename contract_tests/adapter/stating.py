"""Level 4: an adapter does what it declares, and says it with units, money, times and identities."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta

from contract_tests.adapter.base import Checks
from contract_tests.checks import check, require
from contract_tests.drive import Driven, does, drive, settled, steps_of
from contract_tests.laws import identities, money_rows, statement_rows, time_rows, unit_rows
from contract_tests.scenario import Run, Scenario
from contract_tests.target import AdapterTarget
from gateway.ports.adapter import Report
from gateway.ports.errors import AdapterError, Refused
from gateway.ports.loss import losses_of
from gateway.ports.readback import ReadBack

__all__ = ["StatementChecks"]

_NO_BOOK = "the adapter keeps no book of what it carries; give it `losses` (adapters.sdk.loss), or declare LOS-1"


class StatementChecks(Checks):
    """What a report says, whatever the system: each law on each scenario."""

    @check("CAP-1", 4, "what is declared is done, to its end")
    async def test_it_does_what_it_declares(self, target: AdapterTarget, scenario: Scenario) -> None:
        """Each step of each scenario ends with a report, and nothing of it is refused."""
        rows, run, adapter = [], Run(scenario, target), target.adapter()
        for step in steps_of(target, scenario):
            try:
                driven = await drive(run, adapter, step)
            except AdapterError as error:
                rows.append(f"{scenario.name}/{step.name}: {type(error).__name__}: {error.reason}")
                break
            rows += [
                f"{scenario.name}/{step.name}: {one.subject} was refused: {one.legacy_code}"
                for one in driven.report.refusals
            ]
        require(self.test_it_does_what_it_declares, rows)

    @check("FCT-1", 4, "each fact is about something of the order, and says who states it out of which answer")
    async def test_facts_are_statements(self, target: AdapterTarget, scenario: Scenario) -> None:
        """Known predicates, known subjects, and a source."""
        rows = []
        for one in await _driven(target, scenario):
            rows += _each(scenario, one, statement_rows(one.message, one.report))
        require(self.test_facts_are_statements, rows)

    @check("LOS-1", 4, "what an order or an answer says is carried, or declared as ignored with a reason")
    async def test_nothing_gets_lost_unsaid(self, target: AdapterTarget, scenario: Scenario) -> None:
        """By the book that the adapter keeps of its translations (`losses`)."""
        run, adapter = Run(scenario, target), target.adapter()
        for step in steps_of(target, scenario):
            await drive(run, adapter, step)
        book = losses_of(adapter)
        rows = [f"{scenario.name}: {finding}" for finding in book.findings] if book else [_NO_BOOK]
        require(self.test_nothing_gets_lost_unsaid, rows)

    @check(
        "LOS-2",
        4,
        "what is to be called back, and what is answered then or when observed, is carried or declared as ignored",
        since="0.2",
    )
    async def test_nothing_gets_lost_when_it_is_called_back(self, target: AdapterTarget, scenario: Scenario) -> None:
        """By the same book: each operation is observed and called back, the last first; what is done may stay."""
        run, adapter = Run(scenario, target), target.adapter()
        done = [await drive(run, adapter, step) for step in steps_of(target, scenario)]
        book = losses_of(adapter)
        before = set(map(str, book.findings)) if book else set()  # they are LOS-1's
        for driven in reversed(done):
            if isinstance(adapter, ReadBack) and does(target, "observe"):
                await adapter.observe(driven.message)
            if scenario.cancels and does(target, f"cancel {driven.step.operation}"):
                asked = driven.message.model_copy(update={"leave_done": True})
                with suppress(Refused):
                    await settled(target, adapter, asked, cancel=True)
        found = [str(one) for one in book.findings] if book else []
        rows = [f"{scenario.name}: {one}" for one in found if one not in before] if book else [_NO_BOOK]
        require(self.test_nothing_gets_lost_when_it_is_called_back, rows)

    @check("UNT-1", 4, "a quantity has a unit that is known")
    async def test_quantities_have_units(self, target: AdapterTarget, scenario: Scenario) -> None:
        """A bare figure for a rate is none."""
        await _lawful(self.test_quantities_have_units, target, scenario, unit_rows)

    @check("MON-1", 4, "money has a currency and fits its minor units; net and tax are gross; what lowers is negative")
    async def test_money_adds_up(self, target: AdapterTarget, scenario: Scenario) -> None:
        """Of facts, rates, bills and ledger entries."""
        await _lawful(self.test_money_adds_up, target, scenario, money_rows)

    @check("TIM-1", 4, "times have an offset, and what has just happened did not happen in another hour")
    async def test_times_are_the_system_s(self, target: AdapterTarget, scenario: Scenario) -> None:
        """A wrong zone shows as an hour of difference."""
        tolerance = timedelta(seconds=target.tolerance_seconds)
        await _driven(target, scenario)
        started, ended = target.driven[scenario.name][:2]

        def rows(report: Report) -> Iterator[str]:
            return time_rows(report, started, ended, tolerance)

        await _lawful(self.test_times_are_the_system_s, target, scenario, rows)

    @check("IDN-1", 4, "two orders have nothing of the legacy system in common but what both name")
    async def test_identities_are_the_system_s_own(self, target: AdapterTarget, scenario: Scenario) -> None:
        """Ids that a report gives to things are of that order alone, and within it no two things share one."""
        first = [one for driven in await _driven(target, scenario) for one in identities(driven.report)]
        second = [one for driven in await _anew(target, scenario) for one in identities(driven.report)]
        both = sorted(set(first) & set(second))
        rows = [f"{scenario.name}: {kind} {key!r} belongs to two orders" for kind, key in both]
        rows += [f"{scenario.name}: a {kind} has no id" for kind, key in first if not key.strip()]
        for driven in await _driven(target, scenario):
            keys = [rate.id for rate in driven.report.rates]
            rows += [f"{scenario.name}: rate {key!r} is there twice" for key in set(keys) if keys.count(key) > 1]
        require(self.test_identities_are_the_system_s_own, rows)


async def _driven(target: AdapterTarget, scenario: Scenario) -> list[Driven]:
    """Return the reports of a scenario; it is driven once for all laws that only read them."""
    if scenario.name not in target.driven:
        started = target.clock()
        made = await _anew(target, scenario)
        target.driven[scenario.name] = (started, target.clock(), made)
    reports: list[Driven] = target.driven[scenario.name][2]
    return reports


async def _anew(target: AdapterTarget, scenario: Scenario) -> list[Driven]:
    run, adapter = Run(scenario, target), target.adapter()
    return [await drive(run, adapter, step) for step in steps_of(target, scenario)]


async def _lawful(
    function: object, target: AdapterTarget, scenario: Scenario, law: Callable[[Report], Iterator[str]]
) -> None:
    require(function, [row for one in await _driven(target, scenario) for row in _each(scenario, one, law(one.report))])


def _each(scenario: Scenario, driven: Driven, rows: Iterator[str]) -> list[str]:
    return [f"{scenario.name}/{driven.step.name}: {row}" for row in rows]
