"""Shadow replay: what a fix would do to the members of its group and to healthy orders. Nothing is stored or sent."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple

import orjson

from gateway.canonical.exceptions import Fix, Shadow, ShadowLine, ShadowOutcome
from gateway.canonical.judgement import Hold, Judgement, Severity
from gateway.canonical.lifecycle import ResourceKind
from gateway.lifecycle.advance import advance, message_id
from gateway.lifecycle.desk import OrderDesk
from gateway.lifecycle.draft import Draft
from gateway.lifecycle.exceptions.classes import FAULTS
from gateway.lifecycle.exceptions.proposal import Changed
from gateway.lifecycle.exceptions.recording import normal_path
from gateway.lifecycle.gates import trace_of
from gateway.lifecycle.messages import ROLE_OF, message_of
from gateway.lifecycle.neighbours import Neighbours
from gateway.lifecycle.plan import STAGES
from gateway.lifecycle.reports import hold_for_fault, take_in
from gateway.ports.adapter import Adapter, Operation, Outcome, Role
from gateway.ports.errors import AdapterError, OutcomeUnknown, TryLater
from gateway.ports.exceptions import ExceptionStore
from gateway.ports.repository import Aggregate
from gateway.rules.engine import judge_all

__all__ = ["MOST_LINES", "Shadows"]

MOST_LINES = 200
"""How many orders the result tells of one by one."""

AT_ONCE = 8
"""How many orders are looked at side by side, so that the systems are not flooded."""

_FIRST = (ShadowOutcome.NEWLY_BROKEN, ShadowOutcome.UNANSWERED, ShadowOutcome.STILL_HELD)
_NEWEST = 20_000

Adapters = Mapping[Role, Adapter]
_Finding = tuple[str, str]


class Shadows:
    """Plays a fix through on drafts that are thrown away."""

    def __init__(self, desk: OrderDesk, store: ExceptionStore) -> None:
        self._desk, self._store = desk, store
        self._neighbours = Neighbours(desk.repository, desk.terms)

    async def play(  # noqa: PLR0913 - one play in its parts
        self,
        fix: Fix,
        changed: Changed,
        *,
        present: Adapters | None,
        trial: Adapters | None,
        sample: int,
        seed: int,
    ) -> Shadow:
        """Return what the fix would do to all members and to a random sample of healthy orders.

        `trial` are adapters made with the fix, `present` those in use: both are asked to look, and nothing else.
        Without them the stored context is judged. The same seed draws the same sample from the same orders.
        """
        members = await self._store.members(fix.fingerprint)
        healthy = await self._store.healthy(_NEWEST)
        drawn = random.Random(seed).sample(healthy, min(sample, len(healthy)))  # noqa: S311 - a sample, no secret

        async def of_member(order_id: str) -> ShadowLine:
            return await self._member(order_id, fix.fingerprint, changed, trial)

        async def of_healthy(order_id: str) -> ShadowLine:
            return await self._healthy(order_id, changed, present, trial)

        lines = [*await _all(of_member, members), *await _all(of_healthy, drawn)]
        counts = Counter(line.outcome for line in lines)
        lines.sort(key=lambda line: _FIRST.index(line.outcome) if line.outcome in _FIRST else len(_FIRST))
        return Shadow(
            at=self._desk.clock.now(),
            seed=seed,
            members=len(members),
            control=len(drawn),
            would_release=counts[ShadowOutcome.WOULD_RELEASE],
            still_held=counts[ShadowOutcome.STILL_HELD],
            newly_broken=counts[ShadowOutcome.NEWLY_BROKEN],
            unanswered=counts[ShadowOutcome.UNANSWERED],
            lines=tuple(lines[:MOST_LINES]),
        )

    # -- members -----------------------------------------------------------------------------------------------------

    async def _member(self, order_id: str, fingerprint: str, changed: Changed, trial: Adapters | None) -> ShadowLine:
        aggregate = await self._desk.repository.load(order_id)
        if aggregate is None or aggregate.lifecycle.checkpoint not in STAGES:
            return _line(order_id, ShadowOutcome.WOULD_RELEASE, "it stands at no gate any more")
        draft = self._draft(aggregate, changed)
        before = {print_ for hold in draft.holds for print_ in hold.fingerprints}
        here = draft.lifecycle.checkpoint
        if trial is None:
            draft.move(awaiting=(), submitted=())
        else:
            was_fault = any(fingerprint in hold.fingerprints and _is_fault(hold) for hold in draft.holds)
            self._desk.ask_anew(draft)
            seen = await self._asked(draft, aggregate, trial)
            if seen.unsaid and was_fault and not seen.faults:
                # A fault kept it from being done: that the fault is gone is the answer.
                return _line(order_id, ShadowOutcome.WOULD_RELEASE, seen.unsaid)
            if seen.unsaid or seen.unreached:
                return _line(order_id, ShadowOutcome.UNANSWERED, seen.unsaid or seen.unreached)
        if not draft.lifecycle.awaiting:
            others = await self._neighbours.of(draft)
            advance(draft, changed.terms, changed.catalogue, others, cause="shadow replay")
        after = {print_ for hold in draft.holds for print_ in hold.fingerprints}
        words = "; ".join(dict.fromkeys(_words(draft)))
        if draft.lifecycle.checkpoint is not here and fingerprint not in after:
            return _line(order_id, ShadowOutcome.WOULD_RELEASE, words)
        if after - before:
            return _line(order_id, ShadowOutcome.NEWLY_BROKEN, words)
        return _line(order_id, ShadowOutcome.STILL_HELD, words)

    async def _asked(self, draft: Draft, aggregate: Aggregate, adapters: Adapters) -> "_Seen":
        """Take in what the systems of the stage show."""
        faults, unsaid = 0, ""
        for work in draft.finish().work:
            said = orjson.loads(work.payload)
            if work.lane not in adapters or said.get("mode") != "submit":
                continue
            operation, name = Operation(said["operation"]), said["message"]
            adapter = adapters[Role(work.lane)]
            message = message_of(aggregate, self._desk.terms, name, operation, draft.now)
            try:
                report = await adapter.fetch(message)
            except (TryLater, OutcomeUnknown) as error:
                return _Seen(faults, "", f"{adapter.name}: {error.reason}")
            except AdapterError as error:
                hold_for_fault(draft, adapter.name, error)
                faults += 1
                continue
            if report.outcome is Outcome.WORKING:
                unsaid = f"{adapter.name} has not done {operation} yet"
            else:
                take_in(draft, name, operation, report)
        return _Seen(faults, "" if faults else unsaid, "")

    # -- healthy orders ----------------------------------------------------------------------------------------------

    async def _healthy(
        self, order_id: str, changed: Changed, present: Adapters | None, trial: Adapters | None
    ) -> ShadowLine:
        aggregate = await self._desk.repository.load(order_id)
        if aggregate is None or aggregate.lifecycle.root is not ResourceKind.PRODUCT_ORDER:
            return _line(order_id, ShadowOutcome.UNCHANGED)
        as_it_is = Changed(self._desk.terms, self._desk.catalogue, {})
        try:
            old = await self._found(aggregate, as_it_is, present)
            new = await self._found(aggregate, changed, trial)
        except (TryLater, OutcomeUnknown) as error:
            return _line(order_id, ShadowOutcome.UNANSWERED, error.reason)
        broken = sorted({code for code, _ in new - old})
        if broken:
            return _line(order_id, ShadowOutcome.NEWLY_BROKEN, ", ".join(broken))
        return _line(order_id, ShadowOutcome.UNCHANGED)

    async def _found(self, aggregate: Aggregate, changed: Changed, adapters: Adapters | None) -> set[_Finding]:
        """Return what all gates say of an order once its systems are read (anew)."""
        draft = self._draft(aggregate, changed)
        found: set[_Finding] = set()
        if adapters is not None:
            draft.move(generation=draft.lifecycle.generation + 1)  # what a system says anew replaces what it said
            for word in aggregate.lifecycle.sent:
                operation = Operation(word)
                name = message_id(aggregate.lifecycle.id, operation, draft.lifecycle.generation)
                message = message_of(aggregate, self._desk.terms, name, operation, draft.now)
                try:
                    report = await adapters[ROLE_OF[operation]].fetch(message)
                except (TryLater, OutcomeUnknown):
                    raise
                except AdapterError as error:
                    found.add((error.code, f"{operation}: {error.reason}"))
                    continue
                take_in(draft, name, operation, report)
        trace = trace_of(draft, changed.terms, await self._neighbours.of(draft))
        for judgement in judge_all(trace, changed.catalogue):
            found.update(_said(judgement))
        return found

    def _draft(self, aggregate: Aggregate, changed: Changed) -> Draft:
        draft = Draft(aggregate, self._desk.clock.now(), changed.terms)
        if changed.policy:
            draft.move(policy=draft.lifecycle.policy.model_copy(update=dict(changed.policy)))
        return draft


class _Seen(NamedTuple):
    """How systems answered: with how many faults, what is not done yet, which could not be reached."""

    faults: int
    unsaid: str
    unreached: str


def _is_fault(hold: Hold) -> bool:
    return any(finding.code in FAULTS for finding in hold.findings)


async def _all(look: Callable[[str], Awaitable[ShadowLine]], order_ids: Sequence[str]) -> list[ShadowLine]:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(order_id: str) -> ShadowLine:
        async with gate:
            return await look(order_id)

    return list(await asyncio.gather(*(one(order_id) for order_id in order_ids)))


def _said(judgement: Judgement) -> set[_Finding]:
    told = {
        (one.code, f"{one.subject or ''} {normal_path(one.path)}")
        for one in judgement.findings
        if one.severity is not Severity.WARN
    }
    return told | {(f"missing {key.predicate}", key.subject) for key in judgement.missing}


def _words(draft: Draft) -> list[str]:
    return [
        *(f"{finding.code} {finding.reason}" for hold in draft.holds for finding in hold.findings),
        *(f"{key} is missing" for hold in draft.holds for key in hold.missing),
    ]


def _line(order_id: str, outcome: ShadowOutcome, detail: str = "") -> ShadowLine:
    return ShadowLine(order_id=order_id, outcome=outcome, detail=detail[:500])
