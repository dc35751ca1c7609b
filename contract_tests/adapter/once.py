"""Level 5: the same message again, by the same process or another, makes nothing twice; and a look sends nothing."""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass

from contract_tests.adapter.base import Checks
from contract_tests.agreement import key_of
from contract_tests.checks import check, require
from contract_tests.drive import Driven, does, drive, settled, steps_of
from contract_tests.laws import TIMED, identities
from contract_tests.measure import measured
from contract_tests.scenario import Run, Scenario
from contract_tests.target import AdapterTarget
from gateway.canonical.fact import Assurance
from gateway.ports.adapter import Outcome, Report
from gateway.ports.errors import Refused
from gateway.ports.outcome import Known, OutcomeTeller

__all__ = ["OnceChecks"]


class OnceChecks(Checks):
    """Repeats, looks, and calling back."""

    @check("ONC-1", 5, "the same message again makes nothing twice and says the same")
    async def test_the_same_message_again(self, target: AdapterTarget, scenario: Scenario) -> None:
        """Sent again to the same instance after it was done."""
        again = await _sent_again(target, scenario, elsewhere=False)
        require(self.test_the_same_message_again, [row for one in again for row in one.rows(scenario)])

    @check("ONC-2", 5, "another process, which remembers nothing, makes nothing twice either")
    async def test_the_same_message_in_another_process(self, target: AdapterTarget, scenario: Scenario) -> None:
        """Sent again through a new instance, as after a crash; its attempt is the second."""
        again = await _elsewhere(target, scenario)
        require(self.test_the_same_message_in_another_process, [row for one in again for row in one.rows(scenario)])

    @check("ONC-3", 5, "a look sends nothing, and says what is there now")
    async def test_a_look_sends_nothing(self, target: AdapterTarget, scenario: Scenario) -> None:
        """Before anything was sent it is WORKING; afterwards it says what `submit` said."""
        rows, run = [], Run(scenario, target)
        looker, doer = target.adapter(), target.adapter()
        for step in steps_of(target, scenario):
            where, message = f"{scenario.name}/{step.name}", run.message(step)
            before = list(await target.legacy.made(message.reference_key))
            early = await looker.fetch(message)
            if list(await target.legacy.made(message.reference_key)) != before:
                rows.append(f"{where}: looking before it was sent has sent something")
            done = await drive(run, doer, step)
            after = list(await target.legacy.made(message.reference_key))
            if early.outcome is Outcome.DONE and after != before:
                rows.append(f"{where}: done, said the look, before anything was sent")
            late = await looker.fetch(message)
            rows += [f"{where}: a look afterwards: {row}" for row in _differences(done.report, late)]
            if list(await target.legacy.made(message.reference_key)) != after:
                rows.append(f"{where}: looking afterwards has sent something")
        require(self.test_a_look_sends_nothing, rows)

    @check("ONC-4", 5, "what was done is called back once, or refused before anything is called back")
    async def test_it_is_called_back_once(self, target: AdapterTarget, scenario: Scenario) -> None:
        """The last operation first, each as far as `cancel` is declared; then once more, which does nothing."""
        rows, run, adapter = [], Run(scenario, target), target.adapter()
        done = [await drive(run, adapter, step) for step in steps_of(target, scenario)]
        for driven in reversed(done if scenario.cancels else []):
            if does(target, f"cancel {driven.step.operation}"):
                rows += [f"{scenario.name}/{driven.step.name}: {row}" async for row in _called_back(target, driven)]
        require(self.test_it_is_called_back_once, rows)

    @check("TIM-2", 5, "the time of what has happened is the system's, and not when it was asked")
    async def test_the_same_thing_has_the_same_time(self, target: AdapterTarget, scenario: Scenario) -> None:
        """Asked again later, the same thing was observed when it was observed before."""
        rows: list[str] = []
        for one in await _elsewhere(target, scenario):
            first, second = _times(one.first.report), _times(one.second)
            rows += [
                f"{scenario.name}/{one.first.step.name}: {key} was at {first[key]}, and asked again at {second[key]}"
                for key in first.keys() & second.keys()
                if first[key] != second[key]
            ]
        require(self.test_the_same_thing_has_the_same_time, rows)


@dataclass
class _Again:
    """A step that was sent once more after it was done, and what had been made before and after that."""

    first: Driven
    second: Report
    before: list[str]
    after: list[str]

    def rows(self, scenario: Scenario) -> Iterator[str]:
        where = f"{scenario.name}/{self.first.step.name}"
        if self.after != self.before:
            yield f"{where}: made again: {', '.join(self.after[len(self.before) :]) or 'other things than before'}"
        yield from (f"{where}: {row}" for row in _differences(self.first.report, self.second))


async def _elsewhere(target: AdapterTarget, scenario: Scenario) -> Sequence[_Again]:
    """Return each step sent again by another process; it is done once for all checks that only compare."""
    key = f"{scenario.name}, again elsewhere"
    if key not in target.driven:
        target.driven[key] = await _sent_again(target, scenario, elsewhere=True)
    found: Sequence[_Again] = target.driven[key]
    return found


async def _sent_again(target: AdapterTarget, scenario: Scenario, *, elsewhere: bool) -> Sequence[_Again]:
    found, run, adapter = [], Run(scenario, target), target.adapter()
    for step in steps_of(target, scenario):
        driven = await drive(run, adapter, step)
        reference = driven.message.reference_key
        before = list(await target.legacy.made(reference))
        other = target.adapter() if elsewhere else adapter
        again = await settled(target, other, driven.message.model_copy(update={"attempt": 2}))
        found.append(_Again(driven, again, before, list(await target.legacy.made(reference))))
    return found


async def _called_back(target: AdapterTarget, driven: Driven) -> AsyncIterator[str]:
    reference, made = driven.message.reference_key, target.legacy.made
    before, is_gone = list(await made(reference)), await _is_gone(target, driven)
    try:
        await settled(target, target.adapter(), driven.message, cancel=True)
    except Refused:
        if list(await made(reference)) != before:
            yield "it was refused after something had been called back"
        return
    once = list(await made(reference))
    if before and once == before and not is_gone:
        yield "it says that it was called back, and nothing was changed there"
    await settled(target, target.adapter(), driven.message, cancel=True)
    twice = list(await made(reference))
    if twice != once:
        yield f"called back again: {', '.join(twice[len(once) :])}"


async def _is_gone(target: AdapterTarget, driven: Driven) -> bool:
    """Whether what was done is not there any more: calling back a later operation may have taken it along."""
    adapter = target.adapter()
    if not does(target, f"lookup {driven.step.operation}") or not isinstance(adapter, OutcomeTeller):
        return False
    return await adapter.outcome_of(driven.message) is Known.ABSENT


def _differences(first: Report, second: Report) -> Iterator[str]:
    before, after = _said(first), _said(second)
    for key in before.keys() | after.keys():
        if key not in after:
            yield f"{key} is not said any more"
        elif key not in before:
            yield f"{key} is said, and was not before"
        elif before[key] != after[key]:
            yield f"{key} was {before[key]}, and is {after[key]}"
    ids, later = set(identities(first)), set(identities(second))
    if ids != later:
        yield f"the ids were {sorted(ids)}, and are {sorted(later)}"


def _said(report: Report) -> dict[str, list[str]]:
    said: dict[str, list[str]] = {}
    for fact in report.facts:
        said.setdefault(key_of(fact), []).append(str(measured(fact.value)))
    for refusal in report.refusals:
        said.setdefault(f"refusal of {refusal.subject}", []).append(refusal.legacy_code)
    for rate in report.rates:
        said.setdefault(f"rate {rate.id}", []).append(f"{rate.net} {rate.gross}")
    for bill in report.bills:
        said.setdefault(f"bill {bill.id}", []).append(f"{bill.net} {bill.gross} {bill.state}")
    return {key: sorted(values) for key, values in said.items()}


def _times(report: Report) -> dict[str, list[str]]:
    """Return when each thing was observed. What a measurement has verified is another thing with each evidence."""
    times: dict[str, list[str]] = {}
    for fact in report.facts:
        if fact.predicate in TIMED:
            measured_by = [str(one.ref) for one in fact.evidence] if fact.assurance is Assurance.VERIFIED else []
            key = " ".join([key_of(fact), f"({fact.source.system})", *measured_by])
            times.setdefault(key, []).append(fact.observed_at.isoformat())
    return times
