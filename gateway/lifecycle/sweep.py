"""Walking whole inventories: services that run and that nobody sold. And the count of each day's orders."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta

from gateway.canonical.drift import AgreementRun, Drift
from gateway.canonical.identity import LegacyKey
from gateway.canonical.judgement import Severity
from gateway.lifecycle.agreement import minor_sums
from gateway.lifecycle.daily import day_counts, day_span, local_day
from gateway.lifecycle.drifts import settle
from gateway.lifecycle.terms import Terms
from gateway.ports.adapter import Adapter, Role
from gateway.ports.agreement import DriftQuery, RunStep
from gateway.ports.errors import AdapterError, NotSupported, StoreUnavailable
from gateway.ports.readback import INVENTORY, InventoryItem, reader_of
from gateway.ports.repository import Repository

__all__ = ["Sweeper"]

_INVENTORY, _COUNT = "inventory", "count"
_PAGE = 500
_MOST_OPEN = 10_000
_DAYS = 14
"""How many days back the counts are looked at, beyond the days that billing may take."""


class Sweeper:
    """Looks for what belongs to no order."""

    def __init__(self, repository: Repository, adapters: Mapping[Role, Adapter], terms: Terms) -> None:
        self._repository, self._adapters, self._terms = repository, adapters, terms
        self._charged: tuple[str, frozenset[str]] | None = None  # of the run named first

    async def step(self, run: AgreementRun, now: datetime) -> RunStep | None:
        """Walk the next stretch of the network's inventory; None where it was walked to its end."""
        adapter = self._adapters.get(Role.ACTIVATION)
        if adapter is None or adapter.name in run.swept:
            return None
        done = {"swept": (*run.swept, adapter.name), "after": 0}
        try:
            items = [item async for item in _first(reader_of(adapter, INVENTORY).inventory(run.after), _PAGE)]
            ghosts = await self._ghosts(run, adapter.name, items, now)
        except StoreUnavailable:
            raise
        except AdapterError as error:
            reason = "no inventory" if error.code == "notSupported" else error.reason
            return RunStep(
                run=run.model_copy(update=done | {"unread": {**run.unread, f"{adapter.name} inventory": reason}})
            )
        is_last = len(items) < _PAGE
        query = DriftQuery(order_id="", system=adapter.name, is_open=True, limit=_MOST_OPEN)
        present = [one for one in (await self._repository.find_drifts(query))[0] if one.aspect == _INVENTORY]
        # Only at the end of the walk is it known what is no longer there: all that this run has not seen.
        gone = [one for one in present if is_last and one.run != run.id]
        here = {one.key for one in ghosts}
        sightings = settle([one for one in present if one.key in here or one in gone], ghosts, (_INVENTORY,), now)
        update = done if is_last else {"after": run.after + len(items)}
        counts = {"opened": run.opened + sightings.opened, "closed": run.closed + sightings.closed}
        return RunStep(run=run.model_copy(update=update | counts), drifts=sightings.drifts)

    async def days(self, run: AgreementRun, now: datetime) -> RunStep | None:
        """Count each day's orders; where some were delivered and nobody charged them in time, that is a drift."""
        zone = self._terms.zone
        last = local_day(now, zone) - timedelta(days=self._terms.policy.bill_lag_days + 1)
        found: list[Drift] = []
        for back in range(_DAYS):
            day = last - timedelta(days=back)
            counts = day_counts(day, await self._repository.orders_by_state(*day_span(day, zone)))
            if counts.difference:
                found.append(
                    Drift(
                        code="AGR-002",
                        severity=Severity.WARN,
                        system="tmf-gateway",
                        aspect=_COUNT,
                        subject=f"day:{day.isoformat()}",
                        reason=counts.difference,
                        fix="look at the open holds of that day's orders",
                        opened_at=now,
                        seen_at=now,
                        run=run.id,
                    )
                )
        query = DriftQuery(order_id="", system="tmf-gateway", is_open=True, limit=_MOST_OPEN)
        present = [one for one in (await self._repository.find_drifts(query))[0] if one.aspect == _COUNT]
        sightings = settle(present, found, (_COUNT,), now)
        if not sightings.drifts:
            return None
        counted = {"opened": run.opened + sightings.opened, "closed": run.closed + sightings.closed}
        return RunStep(run=run.model_copy(update=counted), drifts=sightings.drifts)

    async def _ghosts(self, run: AgreementRun, system: str, items: list[InventoryItem], now: datetime) -> list[Drift]:
        """Return services that run for a product that the gateway never delivered and that nobody charges."""
        running = [item for item in items if item.runs]
        keys = {item.legacy_id: LegacyKey(system, item.scheme, system, item.legacy_id) for item in running}
        named = {one.legacy_id for one in await self._repository.identities_named(list(keys.values()))}
        known = await self._repository.known_products([item.product for item in running if item.product])
        unknown = [item for item in running if item.legacy_id not in named and item.product not in known]
        if not unknown:
            return []
        charged = await self._charged_products(run)
        ghosts = [item for item in unknown if item.product not in charged]
        return [_ghost(run, item, keys[item.legacy_id], self._price(item), now) for item in ghosts]

    def _price(self, item: InventoryItem) -> dict[str, int]:
        """Return what the service would cost, as far as its offering is known."""
        offering = self._terms.offerings.get(item.offering or "")
        net = offering.price.net if offering is not None and offering.price is not None else None
        return minor_sums([net]) if net is not None else {}

    async def _charged_products(self, run: AgreementRun) -> frozenset[str]:
        """Return the products that billing charges, whoever sold them; asked for once a run."""
        if self._charged is None or self._charged[0] != run.id:
            adapter = self._adapters.get(Role.BILLING)
            if adapter is None:
                raise NotSupported(Role.BILLING, INVENTORY)
            reader = reader_of(adapter, INVENTORY)
            found = frozenset([item.product async for item in reader.inventory() if item.runs and item.product])
            self._charged = run.id, found
        return self._charged[1]


async def _first(items: AsyncIterator[InventoryItem], count: int) -> AsyncIterator[InventoryItem]:
    left = count
    async for item in items:
        yield item
        left -= 1
        if not left:
            return


def _ghost(run: AgreementRun, item: InventoryItem, key: LegacyKey, money: dict[str, int], now: datetime) -> Drift:
    what = f"product {item.product}" if item.product else "no product"
    since = f" since {item.since.astimezone(UTC).isoformat()}" if item.since else ""
    return Drift(
        code="ACT-011",
        severity=Severity.WARN,
        system=key.system,
        aspect=_INVENTORY,
        subject=f"{item.scheme}:{item.legacy_id}",
        reason=f"{key.system}: {item.scheme} {item.legacy_id} runs{since} for {what}, which nobody ordered or charges",
        fix="cease the service, or send the order for it",
        money=money,
        legacy=key,
        opened_at=now,
        seen_at=now,
        run=run.id,
    )
