"""Keeping the map of identities: what a report names is entered, ended, or contested."""

from collections.abc import Iterable
from typing import Any

from gateway.canonical.fact import Source
from gateway.canonical.identity import RESOURCE_KINDS, Identity, IdentityKind, LegacyKey
from gateway.canonical.judgement import Finding, Gate, Severity
from gateway.canonical.lifecycle import Checkpoint, ResourceKind
from gateway.canonical.service_order import Service, ServiceOrderItem
from gateway.canonical.states import ItemAction
from gateway.lifecycle.draft import Draft
from gateway.lifecycle.naming import Claim, endings, named_in, scheme_of
from gateway.lifecycle.plan import STAGES
from gateway.ports.adapter import Report
from gateway.ports.repository import Aggregate, Repository

__all__ = ["Registrar"]

_FIX = "find out in the system to which of the two the id belongs, correct it there, then have the order rechecked"


class Registrar:
    """Enters what reports say of identities, in the transaction of the report itself."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    async def enter(
        self, draft: Draft, system: str, message: str, report: Report
    ) -> tuple[Report, tuple[Finding, ...]]:
        """Put the report's identities into the draft; return the report without what is contested, and findings.

        What is another of our objects already is not taken for a second one: the finding names both.
        """
        adapter = next((fact.source.adapter for fact in report.facts), None)
        said = Source(system=system, adapter=adapter or system, message=message)
        claims = tuple({(one.identity.key, one.identity.our_id): one for one in named_in(draft, said, report)}.values())
        ends = tuple(endings(draft, report))
        if not claims and not ends:
            return report, ()
        names = {**draft.lifecycle.legacy_ids, **report.legacy_ids} if ends else {}
        keys = [LegacyKey(system, scheme_of(name)[0], system, legacy_id) for name, legacy_id in names.items()]
        keys += [one.identity.key for one in claims]
        found = await self._repository.identities_named(keys, [end.holder for end in ends])
        known = {one.id: one for one in found}
        contested = [(one, held) for one in claims if (held := await self._enter(draft, one, known)) is not None]
        for one in known.values():
            over = next((end.at for end in ends if end.ends(one)), None)
            if over is not None:
                draft.identify(one.model_copy(update={"valid_to": max(over, one.valid_from)}))
        if not contested:
            return report, ()
        findings = tuple(_finding(draft, claim.identity, held) for claim, held in contested)
        return _without(report, {claim.identity.legacy_id for claim, _ in contested}), findings

    async def _enter(self, draft: Draft, claim: Claim, known: dict[str, Identity]) -> Identity | None:
        """Put one claim into the draft; return what contradicts it, or None."""
        said = claim.identity
        others = [one for one in known.values() if one.key == said.key]
        if any(one.is_same(said) for one in others):
            return None
        held = [one for one in others if one.overlaps(said)]
        if held and _take_over(draft, claim, held[0]):
            return None
        for one in held:
            if not await self._gives_way(draft, one):
                return one
        over = [one for one in held if one.kind not in RESOURCE_KINDS]
        known |= {one.id: one.model_copy(update={"valid_to": max(draft.now, one.valid_from)}) for one in over}
        known[said.id] = said
        for one in over:
            draft.identify(known[one.id])
        draft.identify(said)
        return None

    async def _gives_way(self, draft: Draft, held: Identity) -> bool:
        """Whether the other order was called back; or whether it is a resource that one customer may use twice."""
        is_resource = held.kind in RESOURCE_KINDS
        if held.order_id == draft.lifecycle.id:
            return is_resource  # the rules judge what the items of one order may share
        other = await self._repository.load(held.order_id)
        if other is None or other.lifecycle.checkpoint is Checkpoint.ENDED:
            return True
        mine, theirs = _customer(draft), _customer(other)
        return is_resource and mine is not None and mine == theirs


def _customer(one: Draft | Aggregate) -> str | None:
    party = one.product_order.party("customer") if one.product_order else None
    return party.id if party else None


def _take_over(draft: Draft, claim: Claim, held: Identity) -> bool:
    """Give the item that changes a service the id by which that service is known; False where it adds one."""
    if claim.service is None or held.kind is not IdentityKind.SERVICE:
        return False
    order, changed = claim.service
    if changed.action is ItemAction.ADD:
        return False
    draft.change(ResourceKind.SERVICE_ORDER, order.id, items=_named(order.items, changed.id, held.our_id))
    return True


def _named(items: Iterable[ServiceOrderItem], item_id: str, ours: str) -> tuple[ServiceOrderItem, ...]:
    def named(item: ServiceOrderItem) -> ServiceOrderItem:
        update: dict[str, Any] = {"items": _named(item.items, item_id, ours)} if item.items else {}
        if item.id == item_id:
            update["service"] = (item.service or Service()).model_copy(update={"id": ours})
        return item.model_copy(update=update) if update else item

    return tuple(named(item) for item in items)


def _finding(draft: Draft, said: Identity, held: Identity) -> Finding:
    stage = STAGES.get(draft.lifecycle.checkpoint)
    return Finding(
        code="IDN-003" if said.kind in RESOURCE_KINDS else "IDN-005",
        severity=Severity.HOLD,
        gate=stage.gate if stage is not None else Gate.BUILD_TO_ACTIVATION,
        path=said.system,
        reason=f"{said.system} names {said.scheme} {said.legacy_id} for {said.kind} {said.our_id} of this order, "
        f"but it is {held.kind} {held.our_id} of order {held.order_id} since {held.valid_from.isoformat()}",
        fix=_FIX,
        related=(f"order {held.order_id}",),
    )


def _without(report: Report, contested: set[str]) -> Report:
    """Return a report without the objects that are somebody else's."""
    return report.model_copy(
        update={
            "legacy_ids": {name: one for name, one in report.legacy_ids.items() if one not in contested},
            "rates": tuple(one for one in report.rates if one.id not in contested),
            "bills": tuple(one for one in report.bills if one.id not in contested),
            "facts": tuple(one for one in report.facts if one.value.get("rate") not in contested),
        }
    )
