"""Agreement on the gateway's own face: the sums, the runs that read the systems back, and what drifted."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Protocol
from urllib.parse import quote

from gateway.canonical.drift import AgreementRun, Drift, OrderReadBack, PredicateScore, RunCause
from gateway.canonical.lifecycle import ResourceKind
from gateway.faces.answer import Answer, Call, Handler
from gateway.faces.lifecycle.asking import Paging, among, asked, day, paged
from gateway.faces.lifecycle.paths import wire_path
from gateway.faces.problems import problem
from gateway.faces.rows import instant_text
from gateway.faces.settings import FaceSettings
from gateway.lifecycle.agreement import Agreement, OrderAgreement, agreement_of
from gateway.lifecycle.daily import DayCounts, day_counts, day_span
from gateway.lifecycle.runs import begin_run
from gateway.lifecycle.terms import Terms
from gateway.ports.agreement import DriftQuery
from gateway.ports.clock import SystemClock
from gateway.ports.repository import Aggregate, Repository

__all__ = ["MOST_AGREEMENTS", "agreement_handlers"]

MOST_AGREEMENTS = 1000
"""How many orders one answer about agreement covers."""

_MOST_DRIFTS = 10_000
_DEFAULT_PRODUCTS = 500


class _Desk(Protocol):
    @property
    def terms(self) -> Terms: ...


def agreement_handlers(desk: _Desk, repository: Repository, settings: FaceSettings) -> dict[str, Handler]:
    """Return the operations about agreement."""
    one = _Agreement(desk, repository, settings)
    return {
        "retrieveAgreement": one.retrieve,
        "beginAgreementRun": one.begin,
        "retrieveAgreementRun": one.run,
        "listDrift": one.drift,
    }


class _Agreement:
    """What the face does about agreement."""

    def __init__(self, desk: _Desk, repository: Repository, settings: FaceSettings) -> None:
        self._desk, self._repository, self._settings = desk, repository, settings

    async def retrieve(self, call: Call) -> Answer:
        """How far ordered, delivered and billed agree: by the record, and by what the systems said last."""
        said = asked(call, ("order", "day"))
        terms, wanted = self._desk.terms, day(said, "day")
        named = list(dict.fromkeys(value for name, value in call.query if name == "order"))
        if named and wanted is not None:
            reason, fix = "orders and a day cannot be asked for together", "name orders, or a day"
            raise problem("badParameter", reason=reason, fix=fix, path="day")
        counts: DayCounts | None = None
        if named:
            ids, total = named[:MOST_AGREEMENTS], len(named)
        elif wanted is not None:
            span = day_span(wanted, terms.zone)
            ids, total = await self._repository.product_orders_between(*span, MOST_AGREEMENTS)
            counts = day_counts(wanted, await self._repository.orders_by_state(*span))
        else:
            found = await self._repository.summaries(limit=MOST_AGREEMENTS)
            ids = [one.id for one in found.items if one.root is ResourceKind.PRODUCT_ORDER]
            total = found.total
        aggregates = [await self._load(order_id) for order_id in ids]
        agreement = agreement_of(aggregates, terms)
        backs = await self._repository.read_backs(ids)
        body = _agreement_to_wire(agreement, backs)
        if counts is not None:
            body["day"] = _day_to_wire(counts)
        body["readBack"] = await self._read_back(set(ids) if named or wanted else None) | _sums(backs)
        headers = {"X-Total-Count": str(total), "X-Result-Count": str(len(aggregates))}
        return Answer(body=body, headers=headers)

    async def begin(self, call: Call) -> Answer:
        """Begin to read the systems back."""
        orders = list(dict.fromkeys(call.body.get("orders", ())))
        for number, order_id in enumerate(orders):
            if await self._repository.owner(ResourceKind.PRODUCT_ORDER, order_id) is None:
                reason = f"product order {order_id!r} is not known"
                fix = "name orders that GET orders lists"
                raise problem("badParameter", reason=reason, fix=fix, path=f"orders[{number}]")
        most = call.body.get("mostProducts", _DEFAULT_PRODUCTS)
        run = await begin_run(self._repository, SystemClock().now(), RunCause.DEMAND, orders, most)
        address = f"{call.base}/agreement/runs/{quote(run.id, safe='')}"
        return Answer(202, _run_to_wire(run, address), {"Location": address})

    async def run(self, call: Call) -> Answer:
        """One run."""
        run = await self._repository.run(call.parameters["id"])
        if run is None:
            raise problem("notFound", reason="there is no run of that id", fix="begin one with POST agreement/runs")
        return Answer(body=_run_to_wire(run, call.address))

    async def drift(self, call: Call) -> Answer:
        """One page of what drifted."""
        said = asked(call, ("order", "code", "system", "state"))
        among(said, "state", ("open", "closed"))
        offset, limit = Paging(self._settings).of(said)
        is_open = said["state"] == "open" if "state" in said else None
        query = DriftQuery(said.get("order"), said.get("code"), said.get("system"), is_open, offset, limit)
        found, total = await self._repository.find_drifts(query)
        return paged(call, [_drift_to_wire(one) for one in found], total, offset, limit)

    async def _load(self, order_id: str) -> Aggregate:
        aggregate = await self._repository.load(order_id)
        if aggregate is None:
            raise problem("notFound", reason=f"order {order_id!r} is not known", fix="use an id that GET orders lists")
        return aggregate

    async def _read_back(self, ids: set[str] | None) -> dict[str, Any]:
        """What the last finished run said, and what is open; `ids` narrows the latter to some orders."""
        run = await self._repository.last_run()
        drifts, _ = await self._repository.find_drifts(DriftQuery(is_open=True, limit=_MOST_DRIFTS))
        mine = [one for one in drifts if ids is None or one.order_id in ids]
        said: dict[str, Any] = {"openDrifts": len(mine), "moneyAtStake": _money(mine), "state": "not read back"}
        if run is not None:
            said |= {"state": "read back", "run": run.id, "at": instant_text(run.ended_at or run.started_at)}
            said |= _figures(run)
        return said


def _sums(backs: Mapping[str, OrderReadBack]) -> dict[str, Any]:
    """Return what the systems said of all orders of the answer together."""
    said: dict[str, Any] = {"orders": len(backs), "agreeing": sum(one.agrees is True for one in backs.values())}
    for name in ("delivered", "billed"):
        total: dict[str, int] = {}
        for one in backs.values():
            for currency, minor in (getattr(one, name) or {}).items():
                total[currency] = total.get(currency, 0) + minor
        said[name] = total
    return said


def _money(drifts: list[Drift]) -> dict[str, int]:
    """Sum what is at stake, the most of each item once: two drifts of one item do not cost it twice."""
    by_item: dict[tuple[str, str, str], int] = {}
    for one in drifts:
        for currency, minor in one.money.items():
            key = (one.order_id or one.system, one.subject, currency)
            by_item[key] = max(minor, by_item.get(key, 0))
    total: dict[str, int] = {}
    for (_, _, currency), minor in by_item.items():
        total[currency] = total.get(currency, 0) + minor
    return total


def _figures(run: AgreementRun) -> dict[str, Any]:
    said: dict[str, Any] = {
        "notReadBack": dict(run.unread),
        "scores": [_score_to_wire(run.scores[name]) for name in sorted(run.scores)],
    }
    if run.worst is not None:
        said["worst"] = _score_to_wire(run.worst)
    return said


def _score_to_wire(one: PredicateScore) -> dict[str, Any]:
    said = {
        "predicate": one.predicate,
        "statements": one.statements,
        "comparable": one.comparable,
        "agreeing": one.agreeing,
        "coverage": round(one.coverage, 4),
    }
    return said if one.score is None else said | {"score": round(one.score, 4)}


def _run_to_wire(run: AgreementRun, address: str) -> dict[str, Any]:
    said: dict[str, Any] = {
        "id": run.id,
        "href": address,
        "cause": run.cause.value,
        "state": run.state.value,
        "startedAt": instant_text(run.started_at),
        "mostProducts": run.most,
        "products": run.products,
        "orders": run.read,
        "agreeing": run.agreeing,
        "opened": run.opened,
        "closed": run.closed,
        **_figures(run),
    }
    return said if run.ended_at is None else said | {"endedAt": instant_text(run.ended_at)}


def _drift_to_wire(one: Drift) -> dict[str, Any]:
    said = {
        "id": one.id,
        "code": one.code,
        "severity": one.severity.value,
        "order": one.order_id or None,
        "system": one.system,
        "aspect": one.aspect,
        "subject": one.subject,
        "path": wire_path(one.path) if one.path else None,
        "reason": one.reason,
        "fix": one.fix,
        "also": list(one.also),
        "moneyAtStake": dict(one.money),
        "openedAt": instant_text(one.opened_at),
        "seenAt": instant_text(one.seen_at),
        "closedAt": None if one.closed_at is None else instant_text(one.closed_at),
        "run": one.run,
        "legacy": None
        if one.legacy is None
        else {
            "system": one.legacy.system,
            "scheme": one.legacy.scheme,
            "issuer": one.legacy.issuer,
            "legacyId": one.legacy.legacy_id,
        },
    }
    return {name: value for name, value in said.items() if value is not None}


def _read_back_to_wire(one: OrderReadBack) -> dict[str, Any]:
    said = {
        "at": instant_text(one.at),
        "run": one.run,
        "delivered": one.delivered,
        "billed": one.billed,
        "drifts": list(one.drifts),
        "notReadBack": dict(one.unread),
        "agrees": one.agrees,
        "scores": [_score_to_wire(score) for score in one.scores],
    }
    return {name: value for name, value in said.items() if value is not None}


def _day_to_wire(counts: DayCounts) -> dict[str, Any]:
    said: dict[str, Any] = {
        "day": _iso(counts.day),
        "ordered": counts.ordered,
        "delivered": counts.delivered,
        "inFlight": counts.in_flight,
        "failed": counts.failed,
        "charged": counts.charged,
        "agrees": not counts.difference,
    }
    return said | {"difference": counts.difference} if counts.difference else said


def _iso(one: date) -> str:
    return one.isoformat()


def _agreement_to_wire(agreement: Agreement, backs: Mapping[str, OrderReadBack]) -> dict[str, Any]:
    return {
        "orders": [_order_agreement_to_wire(one, backs.get(one.order)) for one in agreement.orders],
        "totals": agreement.totals,
        "agreeing": sum(one.agrees for one in agreement.orders),
    }


def _order_agreement_to_wire(one: OrderAgreement, back: OrderReadBack | None) -> dict[str, Any]:
    said = {
        "order": one.order,
        "state": str(one.state) if one.state is not None else None,
        "externalId": one.external_id,
        "itemsOrdered": one.items_ordered,
        "itemsDelivered": one.items_delivered,
        "itemsCharged": one.items_charged,
        "ordered": one.ordered,
        "delivered": one.delivered,
        "billed": one.billed,
        "reduced": one.reduced,
        "agrees": one.agrees,
        "readBack": _read_back_to_wire(back) if back is not None else None,
    }
    return {name: value for name, value in said.items() if value is not None}
