"""Level 6: what goes wrong is named for what happens next, sends nothing twice, hides nothing and shows no secret."""

import asyncio
from collections.abc import Iterator

from contract_tests.adapter.base import Checks
from contract_tests.checks import check, require
from contract_tests.drive import does, drive_to, needs, settled
from contract_tests.scenario import Run, Step
from contract_tests.target import SECRET, AdapterTarget, Fault
from gateway.ports.adapter import OPERATIONS, Adapter, Capability, Message, Operation
from gateway.ports.errors import (
    AdapterError,
    LeaseLost,
    NeedsOperator,
    OutcomeUnknown,
    Refused,
    TryLater,
    UnknownCode,
    Unreadable,
)
from gateway.ports.lease import Lease, under
from gateway.ports.outcome import Known, OutcomeTeller

__all__ = ["TroubleChecks"]

_ENDED = 0.0


class TroubleChecks(Checks):
    """Each fault that a legacy side can show, at each operation."""

    @check(
        "ERR-1", 6, "a request that got lost is OutcomeUnknown; looked up it is absent, and sent again it is done once"
    )
    async def test_a_lost_request(self, target: AdapterTarget, operation: Operation) -> None:
        """The connection broke and nothing was done there: nobody can know that yet."""
        rows = await self._lost(target, operation, Fault.LOST_REQUEST, Known.PRESENT)
        require(self.test_a_lost_request, rows)

    @check(
        "ERR-2",
        6,
        "an answer that got lost is OutcomeUnknown; looked up it is there, and sent again it is not made twice",
    )
    async def test_a_lost_answer(self, target: AdapterTarget, operation: Operation) -> None:
        """It was done there, and the connection broke before the answer."""
        rows = await self._lost(target, operation, Fault.LOST_ANSWER, Known.ABSENT)
        require(self.test_a_lost_answer, rows)

    @check(
        "ERR-3", 6, "an answer in no known dialect is Unreadable, never taken for a result, and quoted without secrets"
    )
    async def test_an_unreadable_answer(self, target: AdapterTarget, operation: Operation) -> None:
        """A page of an error in place of an answer, with a password in it."""
        needs(target, Fault.NONSENSE)
        run, step, message = await self._ready(target, operation)
        await target.legacy.misbehave(Fault.NONSENSE, message.reference_key)
        rows = await _raises(_where(run, step), target, message, Unreadable)
        require(self.test_an_unreadable_answer, rows)

    @check("ERR-4", 6, "a code that no table has is UnknownCode, with the table and the code; it is never guessed")
    async def test_an_unknown_code(self, target: AdapterTarget) -> None:
        """In at least one answer of the role the legacy side says a code that nobody knows."""
        needs(target, Fault.UNKNOWN_CODE)
        rows: list[str] = []
        for operation in OPERATIONS[self.role]:
            if not does(target, operation.value):
                continue
            run, step, message = await self._ready(target, operation)
            await target.legacy.misbehave(Fault.UNKNOWN_CODE, message.reference_key)
            try:
                report = await settled(target, target.adapter(), message)
            except UnknownCode as error:
                named = error.legacy_code and "@" in error.vocabulary
                row = f"{_where(run, step)}: the error names {error.vocabulary!r} and {error.legacy_code!r}"
                require(self.test_an_unknown_code, [] if named else [row])
                return
            except AdapterError as error:
                rows.append(f"{_where(run, step)}: {type(error).__name__} came instead: {error.reason}")
            else:
                said = ", ".join(str(fact.key) for fact in report.facts) or "nothing"
                rows.append(f"{_where(run, step)}: it was taken for something known; said: {said}")
            await target.legacy.heal()
        require(self.test_an_unknown_code, rows or ["no operation has met the unknown code"])

    @check("ERR-5", 6, "a system that is down is TryLater, nothing is sent, and later it is done")
    async def test_a_system_that_is_down(self, target: AdapterTarget, operation: Operation) -> None:
        """Busy or not reachable: nothing was sent, so it may be sent again."""
        needs(target, Fault.DOWN)
        run, step, message = await self._ready(target, operation)
        before = list(await target.legacy.made(message.reference_key))
        await target.legacy.misbehave(Fault.DOWN, message.reference_key)
        rows = await _raises(_where(run, step), target, message, TryLater)
        await target.legacy.heal()
        if list(await target.legacy.made(message.reference_key)) != before:
            rows.append(f"{_where(run, step)}: something was done while it was down")
        if not rows:
            await settled(target, target.adapter(), message)
        require(self.test_a_system_that_is_down, rows)

    @check("ERR-6", 6, "a system that lets nobody in is NeedsOperator, with what to do")
    async def test_a_system_that_lets_nobody_in(self, target: AdapterTarget, operation: Operation) -> None:
        """Wrong credentials are no reason to try again and again."""
        needs(target, Fault.BARRED)
        run, step, message = await self._ready(target, operation)
        await target.legacy.misbehave(Fault.BARRED, message.reference_key)
        require(
            self.test_a_system_that_lets_nobody_in,
            await _raises(_where(run, step), target, message, NeedsOperator),
        )

    @check("ERR-7", 6, "a no of the system is told with its code and of its subject, and is no fact")
    async def test_a_refusal(self, target: AdapterTarget) -> None:
        """A refusal of item 1 in the report, or Refused; nothing is stated of what was refused."""
        needs(target, Fault.REFUSED)
        rows = []
        for operation in OPERATIONS[self.role]:
            if not does(target, operation.value):
                continue
            run, step, message = await self._ready(target, operation)
            await target.legacy.misbehave(Fault.REFUSED, message.reference_key)
            told, wrong = await _refusal(_where(run, step), target, message)
            rows += wrong
            await target.legacy.heal()
            if told:
                require(self.test_a_refusal, rows)
                return
        require(self.test_a_refusal, [*rows, "the legacy side said no, and no operation has told so"])

    @check("ERR-8", 6, "whoever has lost the lease sends nothing")
    async def test_a_lease_that_has_ended(self, target: AdapterTarget, operation: Operation) -> None:
        """A process that froze must not change anything when it wakes: another does the work by now."""
        run, step, message = await self._ready(target, operation)
        before = list(await target.legacy.made(message.reference_key))
        rows = []
        with under(Lease("contract kit", _ENDED)):
            try:
                await target.adapter().submit(message)
                rows.append(f"{_where(run, step)}: a report came back, and not LeaseLost")
            except LeaseLost:
                pass
            except AdapterError as error:
                rows.append(f"{_where(run, step)}: {type(error).__name__} came back, and not LeaseLost")
        if list(await target.legacy.made(message.reference_key)) != before:
            rows.append(f"{_where(run, step)}: something was sent without a lease")
        require(self.test_a_lease_that_has_ended, rows)

    @check(
        "ERR-9",
        6,
        "an answer that never comes is OutcomeUnknown in time; looked up it is there, and sent again it is not made "
        "twice",
        since="0.2",
    )
    async def test_an_answer_that_never_comes(self, target: AdapterTarget, operation: Operation) -> None:
        """It was done there, and the connection stays open beyond the time that the adapter waits."""
        rows = await self._lost(target, operation, Fault.NO_ANSWER, Known.ABSENT)
        require(self.test_an_answer_that_never_comes, rows)

    async def _ready(self, target: AdapterTarget, operation: Operation) -> tuple[Run, Step, Message]:
        """Do what comes before an operation; return what to send next."""
        run, step = await drive_to(target, target.adapter(), self.all_scenarios().values(), operation)
        return run, step, run.message(step)

    async def _lost(self, target: AdapterTarget, operation: Operation, fault: Fault, not_known: Known) -> list[str]:
        needs(target, fault)
        _, _, message = await self._ready(target, operation)
        before = len(await target.legacy.made(message.reference_key))
        await settled(target, target.adapter(), message)
        usual = len(await target.legacy.made(message.reference_key)) - before
        run, step, message = await self._ready(target, operation)
        where, reference = _where(run, step), message.reference_key
        if usual == 0:
            return [f"{where}: nothing is changed there, so nothing can get lost; declare {fault.value} as exempt"]
        before = len(await target.legacy.made(reference))
        await target.legacy.misbehave(fault, reference)
        fails = _gives_up if fault is Fault.NO_ANSWER else _is_unknown
        rows = await fails(where, target, message)
        await target.legacy.heal()
        adapter = target.adapter()
        lookup = adapter.capabilities.get(f"lookup {operation}") in {Capability.FULL, Capability.PARTIAL}
        if lookup and isinstance(adapter, OutcomeTeller) and usual == 1:
            known = await adapter.outcome_of(message)
            if known is not_known:
                rows.append(f"{where}: looked up, it is {known.value}")
        await settled(target, adapter, message)
        made = list(await target.legacy.made(reference))[before:]
        if len(made) != usual:
            rows.append(f"{where}: {usual} things are made where all is well, and {len(made)} were: {', '.join(made)}")
        return rows


def _where(run: Run, step: Step) -> str:
    return f"{run.scenario.name}/{step.name}"


async def _is_unknown(where: str, target: AdapterTarget, message: Message) -> list[str]:
    """Return what is wrong where nobody knows what became of a request."""
    return await _raises(where, target, message, OutcomeUnknown)


async def _gives_up(where: str, target: AdapterTarget, message: Message) -> list[str]:
    """Return what is wrong where no answer comes: it has to be OutcomeUnknown, and before long.

    One in a hurry may give up at a look already, before anything was done there; then it tries again.
    """
    reference, limit = message.reference_key, asyncio.timeout(target.wait_seconds)
    before, rows = list(await target.legacy.made(reference)), list[str]()
    try:
        async with limit:
            while True:
                adapter = target.adapter(hurried=True)
                rows = await _raises(where, target, message, OutcomeUnknown, adapter)
                made = list(await target.legacy.made(reference))
                if not rows or made != before or not any(TryLater.__name__ in row for row in rows):
                    return rows
    except TimeoutError:
        if not limit.expired():
            raise
    hurry = "" if target.hurried else ", and the target names no adapter in a hurry (`hurried`)"
    return rows or [f"{where}: it still waits after {target.wait_seconds:g} s{hurry}; give its requests a time limit"]


async def _raises(
    where: str, target: AdapterTarget, message: Message, wanted: type[AdapterError], adapter: Adapter | None = None
) -> list[str]:
    """Return what is wrong where an error of that kind should come: of a submit, or of the looks after it."""
    try:
        report = await settled(target, adapter or target.adapter(), message)
    except wanted as error:
        return [f"{where}: {row}" for row in _shows_secret(error)]
    except Exception as error:  # noqa: BLE001 - any other exception is what the check is about
        rows = [f"{where}: {type(error).__name__} came, and not {wanted.__name__}: {str(error)[:200]}"]
        return rows + [f"{where}: {row}" for row in _shows_secret(error)]
    said = ", ".join(str(fact.key) for fact in report.facts) or "nothing"
    return [f"{where}: no {wanted.__name__} came; the report is {report.outcome} and states {said}"]


def _shows_secret(error: BaseException | None) -> Iterator[str]:
    while error is not None:
        if SECRET in f"{error} {error.args}":
            yield f"{type(error).__name__} shows a secret"
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


async def _refusal(where: str, target: AdapterTarget, message: Message) -> tuple[bool, list[str]]:
    try:
        report = await settled(target, target.adapter(), message)
    except Refused as error:
        return True, [f"{where}: {row}" for row in _shows_secret(error)]
    except AdapterError as error:
        return False, [f"{where}: {type(error).__name__} came, and not Refused"]
    refused = {one.subject for one in report.refusals}
    rows = [
        f"{where}: {fact.key} is stated, and {fact.subject} was refused"
        for fact in report.facts
        if fact.subject in refused
    ]
    rows += [f"{where}: a refusal of {one.subject} has no code" for one in report.refusals if not one.legacy_code]
    rows += [f"{where}: a refusal shows a secret" for one in report.refusals if SECRET in one.legacy_text]
    return bool(refused), rows
