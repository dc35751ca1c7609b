"""The door for rule sets: stage one, see what it would do, put it into force, follow what other processes put there."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import orjson

from gateway.canonical.ids import new_id
from gateway.canonical.judgement import Hold
from gateway.lifecycle.rule_sets.book import RuleBook
from gateway.lifecycle.rule_sets.looking import effects_to_data, on_open_orders, on_traffic, tried
from gateway.lifecycle.rule_sets.reading import rule_set_of_text
from gateway.lifecycle.terms import Terms
from gateway.ports.clock import Clock
from gateway.ports.errors import FaceError, LifecycleError, StaleVersion
from gateway.ports.repository import Change, Repository, Work
from gateway.ports.rule_sets import RuleSets, RuleSetStatus, StoredRuleSet
from gateway.rules.bindings.difference import Row, diff
from gateway.rules.bindings.projection import Projection
from gateway.rules.bindings.rule_set import RuleSet
from gateway.rules.engine import Catalogue

__all__ = ["RuleDesk", "projection_to_data", "row_to_data"]

_PAGE, _TRIES = 500, 4
_LANE = "lifecycle"


class RuleDesk:
    """Takes rule sets in, and puts them into force. `on_work` is told when orders are to be judged anew."""

    def __init__(  # noqa: PLR0913 - the wiring names each part once
        self,
        store: RuleSets,
        repository: Repository,
        *,
        terms: Terms,
        book: RuleBook,
        clock: Clock,
        on_work: Callable[[], None] = lambda: None,
    ) -> None:
        self.store, self.book = store, book
        self._repository, self._terms, self._clock = repository, terms, clock
        self.on_work = on_work
        self._turn = asyncio.Lock()  # what is in force here follows what is in force there, one after the other

    async def stage(self, document: str, who: str, *, origin: str = "api", name: str = "document") -> StoredRuleSet:
        """Store a rule set with what it would change. Raises SetupError with the line of what is wrong with it."""
        await self.refresh()
        rule_set = await asyncio.to_thread(rule_set_of_text, document, name, self.book.built_in)
        return await self.store.add(
            StoredRuleSet(
                name=rule_set.name,
                version=rule_set.version,
                document=document,
                digest=rule_set.digest,
                origin=origin,
                who=who,
                staged_at=self._clock.now(),
                check=await self.look(rule_set),
            )
        )

    async def activate(self, number: int, who: str, *, force: bool = False, reason: str = "") -> StoredRuleSet:
        """Put a stored rule set into force, here at once, elsewhere when it is next looked for.

        What it would do is looked at anew; once more where another one is put into force meanwhile. Raises
        LifecycleError where orders would be newly held and nobody says that they shall be, with a reason; FaceError 404
        for an unknown number; SetupError where it no longer reads.
        """
        for _ in range(_TRIES):
            with suppress(StaleVersion):
                return await self._activate(number, who, force=force, reason=reason)
        raise StaleVersion("the active rule set")

    async def _activate(self, number: int, who: str, *, force: bool, reason: str) -> StoredRuleSet:
        await self.refresh()
        stored = await self._stored(number)
        if stored.status is RuleSetStatus.ACTIVE:
            return stored
        rule_set = await self._read(stored)
        check = await self.look(rule_set)
        held = check["orders"]["newlyHeld"]
        if held and not force:
            raise LifecycleError(
                "wouldHold",
                f"rule set {number} would newly hold {held} of {check['orders']['checked']} open orders",
                "correct it, or activate it with force and a reason",
            )
        if force and not reason.strip():
            raise FaceError(
                400, "badRuleSet", "force needs a reason", "say why the orders shall be held", path="reason"
            )
        before = self.book.catalogue
        now, after = self._clock.now(), check["against"]
        why = reason.strip() or None
        async with self._turn:
            active = await self.store.activate(number, who=who, at=now, reason=why, check=check, after=after)
            if active is None:
                raise _unknown(number)
            self.book.use(rule_set, number)
        await self._judge_anew(number, _affected(before, self.book.catalogue))
        return active

    async def refresh(self) -> bool:
        """Put into force what is active in the store; whether that is another one than before. Raises SetupError."""
        async with self._turn:
            number = await self.store.active_number()
            if number is None or number == self.book.number:
                return False
            self.book.use(await self._read(await self._stored(number)), number)
            return True

    def bound(self, document: str) -> Catalogue:
        """Return the rules as a rule set's document would have them taken; nothing changes. Raises SetupError."""
        return self.book.bound(rule_set_of_text(document, "fix", self.book.built_in))

    async def adopt(self, document: str, *, who: str, reason: str) -> None:
        """Put a rule set into force whose effect was looked at before, durably. Raises SetupError."""
        stored = await self.stage(document, who, origin="fix", name="fix")
        assert stored.number is not None
        await self.activate(stored.number, who, force=True, reason=reason or "adopted as a fix")

    async def look(self, rule_set: RuleSet) -> Mapping[str, Any]:
        """Return what a rule set would change, as data: `diff`, `orders` and `projection`. Nothing is stored."""
        now, catalogue, against = self._clock.now(), self.book.bound(rule_set), self.book.number
        effects = await on_open_orders(self._repository, self._terms, self.book.catalogue, catalogue, now)
        trial = await on_traffic(self._repository, self._terms, catalogue, tried(catalogue), now)
        return {
            "against": against,
            "at": now.isoformat(),
            "diff": [row_to_data(row) for row in diff(self.book.rule_set, rule_set, self.book.built_in)],
            "orders": effects_to_data(effects),
            "projection": [projection_to_data(one) for one in trial],
        }

    async def _stored(self, number: int) -> StoredRuleSet:
        stored = await self.store.get(number)
        if stored is None:
            raise _unknown(number)
        return stored

    async def _read(self, stored: StoredRuleSet) -> RuleSet:
        name = f"rule set {stored.number}"
        return await asyncio.to_thread(rule_set_of_text, stored.document, name, self.book.built_in)

    async def _judge_anew(self, number: int, codes: frozenset[str]) -> None:
        """Have the orders judged again that wait for a rule which is taken differently now, or for any fact."""
        orders: dict[str, None] = {}
        offset, total = 0, 1
        while offset < total:  # all of them before the first is judged: what is released moves the pages
            holds, total = await self._repository.open_holds(offset=offset, limit=_PAGE)
            orders |= dict.fromkeys(hold.order_id for hold in holds if _concerns(hold, codes))
            offset += _PAGE
        waiting = tuple(orders)
        for start in range(0, len(waiting), _PAGE):
            some = waiting[start : start + _PAGE]
            await self._repository.save(Change(work=tuple(_again(order, number) for order in some)))
        self.on_work()


def _again(order: str, number: int) -> Work:
    payload = orjson.dumps({"order": order, "what": "rules"})
    return Work(_LANE, order, f"{order}:rules:{number}:{new_id()}", payload)


def row_to_data(row: Row) -> dict[str, str]:
    """Return a difference as it is stored and shown."""
    return {"effect": row.effect.value, "kind": row.kind, "about": row.about, "was": row.was, "now": row.now}


def projection_to_data(one: Projection) -> dict[str, Any]:
    """Return a projected hold rate as it is stored and shown."""
    low, high = one.interval
    return {
        "rule": one.rule,
        "orders": one.orders,
        "wouldHold": one.would_hold,
        "wouldReject": one.would_reject,
        "newly": one.newly,
        "rate": round(one.rate, 6),
        "interval": [round(low, 6), round(high, 6)],
    }


def _concerns(hold: Hold, codes: frozenset[str]) -> bool:
    return bool(codes) and (bool(hold.missing) or any(finding.code in codes for finding in hold.findings))


def _affected(old: Catalogue, new: Catalogue) -> frozenset[str]:
    """Return the codes of the rules that are other ones, or are taken otherwise."""
    codes = {rule.code for rule in (*old.rules, *new.rules)}
    was, now = (one.bound.treatments if one.bound is not None else {} for one in (old, new))
    tuned = {id(one.bound.overrides) for one in (old, new) if one.bound is not None and one.bound.overrides is not None}
    return frozenset(
        code
        for code in codes
        if old.rule(code) is not new.rule(code)
        or was.get(code) != now.get(code)
        or (tuned and (rule := new.rule(code)) is not None and rule.params)
    )


def _unknown(number: int) -> FaceError:
    return FaceError(404, "notFound", f"there is no rule set {number}", "use a number that GET rule-sets lists")
