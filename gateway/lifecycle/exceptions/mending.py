"""Mending a group: stage a fix, play it through in the shadow, replay for real, close with proof."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any

import orjson
import structlog

from gateway.canonical.exceptions import Fix, Group, GroupEvent, GroupStatus, ReplayState
from gateway.canonical.ids import new_id
from gateway.lifecycle.desk import OrderDesk
from gateway.lifecycle.draft import Draft
from gateway.lifecycle.exceptions.causes import shared_only, sources_of
from gateway.lifecycle.exceptions.proposal import Changed, RuleSets, changed_terms, policy_changes
from gateway.lifecycle.exceptions.shadow import Shadows
from gateway.lifecycle.plan import STAGES
from gateway.ports.errors import FaceError, LifecycleError, SetupError, StoreUnavailable
from gateway.ports.exceptions import ExceptionStore, GroupView
from gateway.ports.repository import Work
from gateway.ports.workshop import Workshop
from gateway.rules.engine import Catalogue
from gateway.streams.message import Again, Job

__all__ = ["REPLAY_LANE", "Mender"]

_log = structlog.get_logger(__name__)

REPLAY_LANE = "replay"
"""The lane in which members are replayed. How many are on their way at once is the lane's concurrency."""

SAMPLE = 50
WAIT_SECONDS = 10.0
"""How long a request waits for a shadow replay before it is told to ask again."""

_LOOKS = (0.05, 0.05, 0.1, 0.1, 0.2, 0.2, 0.3, 0.5, 0.5)
"""Seconds between looks at an order whose systems were asked; after that it is looked at from time to time."""
_LATER_SECONDS = 1.0
_RESTORE_SECONDS = 3.0
_COMPARED = 20
"""How many members, and healthy orders, are compared for what only the members share."""

_CLEARS = ("owner", "suspected_cause", "note")


class Mender:
    """What is done about groups. Every method may raise FaceError 404 for a fingerprint that is not known."""

    def __init__(
        self, desk: OrderDesk, store: ExceptionStore, workshop: Workshop, rule_sets: RuleSets | None = None
    ) -> None:
        self.desk, self.store, self._workshop, self._rule_sets = desk, store, workshop, rule_sets
        self._shadows = Shadows(desk, store)
        self._playing: dict[str, asyncio.Task[Fix]] = {}
        self._promised: dict[str, datetime] = {}  # fix → when somebody was told to ask again for the result

    async def restore(self) -> None:
        """Take up the parameters that were adopted, here or in another process.

        Vocabularies are kept by the workshop, rule sets by whoever keeps these.
        """
        for fix in await self.store.adopted():
            self.desk.terms = changed_terms(self.desk.terms, policy_changes(fix.policy))

    async def run(self, stop: asyncio.Event) -> None:
        """Look for parameters that another process adopted, until `stop` is set."""
        while not stop.is_set():
            with suppress(StoreUnavailable):
                await self.restore()
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _RESTORE_SECONDS)
        for playing in list(self._playing.values()):
            playing.cancel()

    async def amend(self, fingerprint: str, changes: Mapping[str, Any], who: str) -> GroupView:
        """Change owner, suspected cause or note; None takes it away."""
        group = await self._group(fingerprint)
        said = {name: value for name, value in changes.items() if name in _CLEARS}
        await self.store.amend(group.fingerprint, said, self._event(group, "amended", who, **said))
        return await self._view(group.fingerprint)

    async def stage(  # noqa: PLR0913 - a fix in its parts
        self,
        fingerprint: str,
        *,
        vocabularies: Sequence[str] = (),
        rule_set: str | None = None,
        policy: Mapping[str, Any] | None = None,
        who: str = "",
        reason: str = "",
    ) -> Fix:
        """Keep a fix for a group, after checking that it can be used. Raises FaceError 422, LifecycleError 409."""
        group = await self._group(fingerprint)
        if not vocabularies and not policy and rule_set is None:
            fix = "send vocabularies, ruleSet or policy"
            raise FaceError(422, "badFix", "the fix changes nothing", fix, path="vocabularies")
        if group.status is GroupStatus.REPLAYING:
            raise LifecycleError("replaying", "the group is being replayed", "wait until the replay has ended")
        policy_changes(policy or {})
        self._bound(rule_set)
        await self._try(vocabularies)
        staged = Fix(
            id=new_id(),
            fingerprint=group.fingerprint,
            staged_at=self.desk.clock.now(),
            who=who,
            reason=reason,
            vocabularies=tuple(vocabularies),
            rule_set=rule_set,
            policy=dict(policy or {}),
        )
        event = self._event(group, "staged", who, fix=staged.id, reason=reason)
        await self.store.put_fix(staged, event, GroupStatus.FIX_STAGED)
        return staged

    async def shadow(
        self, fingerprint: str, *, sample: int = SAMPLE, seed: int | None = None, wait_seconds: float = WAIT_SECONDS
    ) -> Fix:
        """Play the staged fix through; return it with the result, or without one where that takes longer than this.

        Asked again meanwhile, the play that is under way is waited for. Raises LifecycleError 409, FaceError 422.
        """
        asked_at = self.desk.clock.now()
        group, fix = await self._staged(fingerprint)
        playing, promised = self._playing.get(fix.id), self._promised.pop(fix.id, None)
        if playing is None and promised is not None and fix.shadow is not None and fix.shadow.at >= promised:
            return fix  # it ended between two requests
        if playing is None:
            playing = self._playing[fix.id] = asyncio.create_task(self._play(group, fix, sample, seed))
            playing.add_done_callback(partial(self._played, fix.id))
        done, _ = await asyncio.wait({playing}, timeout=wait_seconds)
        if done:
            return playing.result()
        self._promised[fix.id] = asked_at
        return fix.model_copy(update={"shadow": None})

    async def _play(self, group: Group, fix: Fix, sample: int, seed: int | None) -> Fix:
        policy = policy_changes(fix.policy)
        changed = Changed(changed_terms(self.desk.terms, policy), self._bound(fix.rule_set), policy)
        drawn = int.from_bytes(orjson.dumps(fix.id)[-5:-1], "big") if seed is None else seed
        if fix.vocabularies:
            present = self._workshop.adapters()
            try:
                async with self._workshop.trial(fix.vocabularies) as trial:
                    found = await self._shadows.play(
                        fix, changed, present=present, trial=trial, sample=sample, seed=drawn
                    )
            except SetupError as error:
                raise _unsound(error) from None
        else:
            found = await self._shadows.play(fix, changed, present=None, trial=None, sample=sample, seed=drawn)
        played = (await self.store.fix(fix.id) or fix).model_copy(update={"shadow": found})
        figures = found.model_dump(mode="json", exclude={"lines", "at"})
        await self.store.put_fix(played, self._event(group, "shadowed", fix.who, fix=fix.id, **figures))
        return played

    def _played(self, fix_id: str, task: "asyncio.Task[Fix]") -> None:
        self._playing.pop(fix_id, None)
        if not task.cancelled() and task.exception() is not None:  # whoever waits for it is told as well
            _log.warning("exceptions.shadow", fix=fix_id, error=str(task.exception()))

    async def replay(self, fingerprint: str, *, who: str = "", force: str | None = None) -> tuple[Fix, int]:
        """Adopt the fix and enlist every member; return the fix and how many are enlisted.

        Asked again after a crash or while members still hold, it goes on with those that are left.
        Raises LifecycleError 409 where the shadow replay broke a healthy order, unless `force` says why.
        """
        group, fix = await self._staged(fingerprint)
        if fix.adopted_at is None:
            _refuse_unless_harmless(fix, force)
            await self._adopt(fix, who or fix.who)
            self.desk.terms = changed_terms(self.desk.terms, policy_changes(fix.policy))
            fix = fix.model_copy(update={"adopted_at": self.desk.clock.now(), "forced": force})
        members = await self.store.members(group.fingerprint)
        works = [
            Work(REPLAY_LANE, order_id, f"{fix.id}:{order_id}", orjson.dumps({"fix": fix.id, "order": order_id}))
            for order_id in members
        ]
        event = self._event(group, "replaying", who, fix=fix.id, members=len(members), forced=force)
        enlisted = await self.store.begin_replay(fix, works, event)
        self.desk.on_work()
        return fix, enlisted

    async def close(self, fingerprint: str, *, who: str = "", reason: str | None = None) -> GroupView:
        """Close a group with what proves it. Raises LifecycleError 409 where it still holds orders.

        A group that was not mended by a replay, because it went by itself, is closed with a reason.
        """
        view = await self._view(fingerprint)
        group = view.group
        if view.figures.open_orders:
            raise LifecycleError(
                "stillHeld",
                f"the group still holds {view.figures.open_orders} orders",
                "replay them, or mend them first",
            )
        if group.status is not GroupStatus.VERIFIED and not (reason or "").strip():
            raise LifecycleError(
                "notVerified", "no replay has proved that the group is mended", "say in `reason` why it is closed"
            )
        fix = await self.store.fix(group.fix) if group.fix else None
        proof: dict[str, Any] = {"orders": view.figures.orders, "cases": view.figures.cases, "reason": reason}
        if fix is not None:
            states = await self.store.progress(fix.id)
            proof |= {
                "fix": fix.id,
                "adoptedAt": fix.adopted_at.isoformat() if fix.adopted_at else None,
                "shadow": fix.shadow.model_dump(mode="json", exclude={"lines"}) if fix.shadow else None,
                "replay": {state.value: count for state, count in states.items()},
            }
        await self.store.amend(
            group.fingerprint, {"status": GroupStatus.CLOSED.value}, self._event(group, "closed", who, **proof)
        )
        return await self._view(group.fingerprint)

    async def shared(self, fingerprint: str) -> tuple[str, ...]:
        """Return the adapter and vocabulary versions that all members were read by, and no healthy order."""
        members = (await self.store.members(fingerprint))[:_COMPARED]
        healthy = (await self.store.healthy(_COMPARED)) if members else ()
        return shared_only(await self._sources(members), await self._sources(healthy))

    async def _sources(self, order_ids: Sequence[str]) -> list[frozenset[str]]:
        loaded = [await self.desk.repository.load(order_id) for order_id in order_ids]
        return [sources_of(aggregate.facts) for aggregate in loaded if aggregate is not None]

    # -- the lane ----------------------------------------------------------------------------------------------------

    async def carry(self, job: Job) -> Again | None:
        """Replay one member, once: ask its systems anew from the gate where it stands, and see what comes of it."""
        said = orjson.loads(job.payload)
        fix, order_id = await self.store.fix(said["fix"]), said["order"]
        found = await self.store.replay_state(said["fix"], order_id)
        if fix is None or found is None:
            return None
        if found[0] is ReplayState.PENDING and not await self._begin(fix, order_id):
            return None
        for seconds in _LOOKS:
            await asyncio.sleep(seconds)
            if await self._is_settled(fix, order_id):
                return None
        return Again(_LATER_SECONDS)

    async def _begin(self, fix: Fix, order_id: str) -> bool:
        """Ask the systems anew, and mark it in the same transaction; False where the order needs no replay."""
        aggregate = await self.desk.repository.load(order_id)
        prints = {print_ for hold in aggregate.holds for print_ in hold.fingerprints} if aggregate else set()
        if aggregate is None or aggregate.lifecycle.checkpoint not in STAGES or fix.fingerprint not in prints:
            await self.store.settle(fix, order_id, ReplayState.ENDED, self.desk.clock.now())
            return False
        policy = policy_changes(fix.policy)

        def before(draft: Draft) -> None:
            if policy:
                draft.move(policy=draft.lifecycle.policy.model_copy(update=policy))
            draft.mark_replayed(fix.id)

        await self.desk.recheck(order_id, before)
        return True

    async def _is_settled(self, fix: Fix, order_id: str) -> bool:
        found = await self.store.replay_state(fix.id, order_id)
        if found is None or found[0] is not ReplayState.ASKED:
            return True
        decided = await self.store.last_decided(order_id)  # first: what the order shows after it is not older
        aggregate = await self.desk.repository.load(order_id)
        prints = {print_ for hold in aggregate.holds for print_ in hold.fingerprints} if aggregate else set()
        if fix.fingerprint not in prints:
            state = ReplayState.RELEASED
        elif decided is not None and found[1] is not None and decided > found[1]:
            state = ReplayState.HELD
        else:
            return False
        await self.store.settle(fix, order_id, state, self.desk.clock.now())
        return True

    # -- inside ------------------------------------------------------------------------------------------------------

    async def _adopt(self, fix: Fix, who: str) -> None:
        """Put vocabularies and rule set in use. Adopting again what was adopted before a crash changes nothing."""
        reason = fix.forced or fix.reason or f"exception group {fix.fingerprint[:12]}"
        try:
            if fix.vocabularies:
                await self._workshop.adopt(fix.vocabularies, who=who, reason=reason)
        except SetupError as error:
            raise _unsound(error) from None
        if fix.rule_set is not None:
            self._bound(fix.rule_set)
            assert self._rule_sets is not None
            await self._rule_sets.adopt(fix.rule_set, who=who, reason=reason)

    def _bound(self, rule_set: str | None) -> Catalogue:
        """Return the rules as a rule set has them taken, or as they are. Raises FaceError 422."""
        if rule_set is None:
            return self.desk.catalogue
        if self._rule_sets is None:
            raise FaceError(422, "badFix", "rule sets are not kept here", "send vocabularies or policy", path="ruleSet")
        try:
            return self._rule_sets.bound(rule_set)
        except SetupError as error:
            raise FaceError(422, "badFix", error.reason, error.fix, path="ruleSet") from None

    async def _try(self, vocabularies: Sequence[str]) -> None:
        if not vocabularies:
            return
        try:
            async with self._workshop.trial(vocabularies):
                pass
        except SetupError as error:
            raise _unsound(error) from None

    async def _view(self, fingerprint: str) -> GroupView:
        found = await self.store.group(fingerprint, self.desk.clock.now())
        if found is None:
            raise FaceError(
                404,
                "notFound",
                f"no exception group {fingerprint[:64]!r} is known",
                "use one that GET exceptions lists",
            )
        return found

    async def _group(self, fingerprint: str) -> Group:
        return (await self._view(fingerprint)).group

    async def _staged(self, fingerprint: str) -> tuple[Group, Fix]:
        group = await self._group(fingerprint)
        fix = await self.store.fix(group.fix) if group.fix else None
        if fix is None:
            raise LifecycleError("noFix", "no fix is staged for the group", "stage one with POST exceptions/{…}/fix")
        return group, fix

    def _event(self, group: Group, what: str, who: str, **detail: Any) -> GroupEvent:
        now = self.desk.clock.now()
        return GroupEvent(fingerprint=group.fingerprint, at=now, what=what, who=who or None, detail=detail)


def _refuse_unless_harmless(fix: Fix, force: str | None) -> None:
    if (force or "").strip():
        return
    shadow = fix.shadow
    if shadow is None:
        raise LifecycleError("noShadow", "the fix was not played through", "POST exceptions/{…}/shadow first")
    if shadow.newly_broken:
        raise LifecycleError(
            "newlyBroken",
            f"the fix would break {shadow.newly_broken} orders that it should leave alone",
            "stage a better one, or force it with a reason",
        )


def _unsound(error: SetupError) -> FaceError:
    return FaceError(422, "badFix", error.reason, error.fix, path="vocabularies")
