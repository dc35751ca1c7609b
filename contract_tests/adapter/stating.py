"""Level 4: an adapter does what it declares, and says it with units, money, times and identities."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta

from contract_tests.adapter.base import Checks
from contract_tests.checks import check, require
from contract_tests.drive import Driven, does, settled, story_of
from contract_tests.laws import identities, money_rows, statement_rows, time_rows, unit_rows
from contract_tests.scenario import Scenario
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
        try:
            steps = (await story_of(target, scenario)).steps
        except AdapterError as error:
            rows = [f"{error.__notes__[-1]}: {type(error).__name__}: {error.reason}"]
        else:
            rows = [
                f"{scenario.name}/{one.step.name}: {refusal.subject} was refused: {refusal.legacy_code}"
                for one in steps
                for refusal in one.report.refusals
            ]
        require(self.test_it_does_what_it_declares, rows)

    @check("FCT-1", 4, "each fact is about something of the order, and says who states it out of which answer")
    async def test_facts_are_statements(self, target: AdapterTarget, scenario: Scenario) -> None:
        """Known predicates, known subjects, and a source."""
        rows = []
        for one in (await story_of(target, scenario)).steps:
            rows += _each(scenario, one, statement_rows(one.message, one.report))
        require(self.test_facts_are_statements, rows)

    @check("LOS-1", 4, "what an order or an answer says is carried, or declared as ignored with a reason")
    async def test_nothing_gets_lost_unsaid(self, target: AdapterTarget, scenario: Scenario) -> None:
        """By the book that the adapter keeps of its translations (`losses`)."""
        book = losses_of((await story_of(target, scenario)).adapter)
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
        story = await story_of(target, scenario, anew=True)
        adapter, book = story.adapter, losses_of(story.adapter)
        before = set(map(str, book.findings)) if book else set()  # they are LOS-1's
        done: list[tuple[str, Driven]] = []
        for driven in reversed(story.steps):
            if isinstance(adapter, ReadBack) and does(target, "observe"):
                done.append(("observe", driven))
                await adapter.observe(driven.message)
            if scenario.cancels and does(target, f"cancel {driven.step.operation}"):
                done.append(("cancel", driven))
                with suppress(Refused):
                    asked = driven.message.model_copy(update={"leave_done": True})
                    await settled(target, adapter, asked, cancel=True)
        rows = [] if book else [_NO_BOOK]
        if book:
            rows = [f"{scenario.name}: {one}" for one in map(str, book.findings) if one not in before]
            rows += [
                f"{scenario.name}/{driven.step.name}: {method} is in no account; put @translates on it"
                for method, driven in done
                if book.report(driven.message.id, method) is None
            ]
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
        story = await story_of(target, scenario)

        def rows(report: Report) -> Iterator[str]:
            return time_rows(report, story.started, story.ended or target.clock(), tolerance)

        await _lawful(self.test_times_are_the_system_s, target, scenario, rows)

    @check("IDN-1", 4, "two orders have nothing of the legacy system in common but what both name")
    async def test_identities_are_the_system_s_own(self, target: AdapterTarget, scenario: Scenario) -> None:
        """Ids that a report gives to things are of that order alone, and within it no two things share one."""
        steps, others = [(await story_of(target, scenario, anew=anew)).steps for anew in (False, True)]
        first = [one for driven in steps for one in identities(driven.report)]
        second = [one for driven in others for one in identities(driven.report)]
        both = sorted(set(first) & set(second))
        rows = [f"{scenario.name}: {kind} {key!r} belongs to two orders" for kind, key in both]
        rows += [f"{scenario.name}: a {kind} has no id" for kind, key in first if not key.strip()]
        for driven in steps:
            keys = [rate.id for rate in driven.report.rates]
            rows += [f"{scenario.name}: rate {key!r} is there twice" for key in set(keys) if keys.count(key) > 1]
        require(self.test_identities_are_the_system_s_own, rows)


async def _lawful(
    function: object, target: AdapterTarget, scenario: Scenario, law: Callable[[Report], Iterator[str]]
) -> None:
    steps = (await story_of(target, scenario)).steps
    require(function, [row for one in steps for row in _each(scenario, one, law(one.report))])


def _each(scenario: Scenario, driven: Driven, rows: Iterator[str]) -> list[str]:
    return [f"{scenario.name}/{driven.step.name}: {row}" for row in rows]
