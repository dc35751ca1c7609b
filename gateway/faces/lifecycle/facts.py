"""Facts over HTTP: state them, list them as they were known at a moment, check their chain; decisions made again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from gateway.canonical.fact import Fact
from gateway.faces.answer import Answer, Call
from gateway.faces.lifecycle import wire
from gateway.faces.lifecycle.asking import Paging, aggregate_of, asked, known, paged
from gateway.faces.problems import problem
from gateway.faces.rows import read_instant
from gateway.lifecycle.rerun import check_chain, context_at, rerun
from gateway.lifecycle.rule_sets.book import Rules
from gateway.ports.repository import Repository

__all__ = ["Facts", "statements_of"]


class Facts:
    """What the face does with facts and with the decisions made on them."""

    def __init__(self, desk: Any, repository: Repository, rules: Rules, paging: Paging) -> None:
        self._desk, self._repository, self._rules, self._paging = desk, repository, rules, paging

    async def list(self, call: Call) -> Answer:
        """One page of the facts about one order; with knownAt and validAt those that were known and held then."""
        said = asked(call, ("order", "predicate", "subject", "knownAt", "validAt"))
        if not said.get("order"):
            raise problem("badParameter", reason="order is missing", fix="name one order: ?order=<id>", path="order")
        known_at, valid_at = _moment(said, "knownAt"), _moment(said, "validAt")
        offset, limit = self._paging.of(said)
        aggregate = await aggregate_of(self._repository, said["order"])
        found = [
            fact
            for fact in _as_of(aggregate.facts, known_at, valid_at)
            if said.get("predicate", fact.predicate) == fact.predicate
            and said.get("subject", fact.subject) == fact.subject
        ]
        page = [wire.fact_to_wire(fact) for fact in found[offset : offset + limit]]
        return paged(call, page, len(found), offset, limit)

    async def record(self, call: Call) -> Answer:
        """Store one statement about an order, or several."""
        order_id, facts = statements_of(call.body)
        stored = await self._desk.record_facts(order_id, facts)
        return Answer(
            201,
            {"order": order_id, "facts": [wire.fact_to_wire(fact) for fact in stored]},
            {"Location": f"{call.base}/facts?{urlencode({'order': order_id})}"},
        )

    async def context(self, call: Call) -> Answer:
        """The chain of an order's facts, walked from its first link."""
        aggregate = await aggregate_of(self._repository, call.parameters["id"])
        chain = check_chain(aggregate.facts, aggregate.lifecycle.context_hash)
        body: dict[str, Any] = {
            "order": aggregate.lifecycle.id,
            "contextHash": chain.context_hash,
            "facts": chain.length,
            "intact": chain.broken_at is None,
        }
        if chain.broken_at is not None:
            body["brokenAt"] = chain.broken_at
        return Answer(body=body)

    async def decision(self, call: Call) -> Answer:
        """One decision with the facts it read, and what the rules of today say of the same context."""
        order_id, decision_id = call.parameters["id"], call.parameters["decision"]
        events, decisions, _, stored = await self._repository.timeline(order_id)
        aggregate = known(order_id, stored)
        decision = next((one for one in decisions if one.id == decision_id), None)
        if decision is None:
            raise problem(
                "notFound", reason="the order has no such decision", fix="use an id that the order's timeline shows"
            )
        read = set(decision.judgement.facts)
        body = wire.decision_to_wire(decision)
        body["factsRead"] = [wire.fact_to_wire(fact) for fact in aggregate.facts if fact.id in read]
        body["context"] = [fact.id for fact in context_at(aggregate.facts, decision.context_hash)]
        inputs = await self._repository.judged_inputs(order_id, decision.inputs) if decision.inputs else None
        if inputs is not None:
            again = rerun(decision, inputs, aggregate.facts, events, self._rules.catalogue)
            body["rerun"] = {
                "verdict": again.now.verdict.value,
                "missing": [str(key) for key in again.now.missing],
                "findings": [wire.finding_to_wire(finding) for finding in again.now.findings],
                "same": again.is_same,
            }
        return Answer(body=body)


def statements_of(body: dict[str, Any]) -> tuple[str, list[Fact]]:
    """Return the order and the statements of a body that fits the schema `FactRequest`. Raises FaceError 400."""
    if "facts" in body:
        return body["order"], [wire.fact_from_wire(one, f"facts[{index}].") for index, one in enumerate(body["facts"])]
    return body["order"], [wire.fact_from_wire(body)]


def _as_of(facts: Sequence[Fact], known_at: datetime | None, valid_at: datetime | None) -> list[Fact]:
    """Return the facts that were recorded by one moment and, not superseded by then, held at the other."""
    known = [fact for fact in facts if known_at is None or fact.recorded_at is None or fact.recorded_at <= known_at]
    if valid_at is None:
        return known
    replaced = {fact.supersedes for fact in known if fact.supersedes}
    return [fact for fact in known if fact.id not in replaced and fact.held_at(valid_at)]


def _moment(said: dict[str, str], name: str) -> datetime | None:
    if name not in said:
        return None
    try:
        found = read_instant(said[name])
    except (ValueError, TypeError):
        found = None
    if found is None or found.tzinfo is None:
        raise problem(
            "badParameter", reason=f"{name} is no instant with an offset", fix="send 2026-03-01T09:00:00Z", path=name
        )
    return found
