"""What the lifecycle must know of the landscape: its catalogue, its policy, its clock zone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from gateway.canonical.cancelling import CancellationTerms
from gateway.canonical.order import ProductOrder, ProductOrderItem
from gateway.canonical.profile import STRICT, Profile
from gateway.canonical.reference import Offering, Policy, Reference
from gateway.canonical.service_order import ServiceOrderItem

__all__ = ["Terms"]


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of one landscape. `offerings` is by offering id.

    `authority` says of a predicate which systems may state it; of one that it does not have, anybody may.
    """

    offerings: Mapping[str, Offering] = field(default_factory=dict)
    policy: Policy = field(default_factory=Policy)
    zone: str = "UTC"
    authority: Mapping[str, frozenset[str]] = field(default_factory=dict)
    cancellation: CancellationTerms = field(default_factory=CancellationTerms)
    tenant: str = ""
    profile: Profile = STRICT

    def offering_of(self, item: ProductOrderItem, reference: Reference) -> Offering | None:
        """Return the offering that an item is about: named by itself, or by the product that it changes."""
        if item.offering is not None:
            return self.offerings.get(item.offering.id)
        product = reference.product(item.product.id) if item.product else None
        return self.offerings.get(product.offering or "") if product else None

    def offering_of_service(self, item: ServiceOrderItem) -> Offering | None:
        """Return the offering that has a service of this item's specification, or None."""
        spec = item.service.specification.id if item.service and item.service.specification else None
        return next((o for o in self.offerings.values() if any(s.specification == spec for s in o.services)), None)

    def reference_for(self, order: ProductOrder | None, gathered: Reference = Reference()) -> Reference:  # noqa: B008
        """Return what is known besides the order: what the systems said, and the offerings that it may touch."""
        if order is None:
            return gathered
        named = [item.offering.id for _, item in order.all_items() if item.offering]
        held = [product.offering for product in gathered.products or () if product.offering]
        return gathered.model_copy(update={"offerings": tuple(self._with_components([*named, *held]))})

    def _with_components(self, wanted: Iterable[str]) -> Iterable[Offering]:
        seen: dict[str, Offering] = {}
        queue = list(wanted)
        while queue:
            offering = self.offerings.get(queue.pop(0))
            if offering is not None and offering.id not in seen:
                seen[offering.id] = offering
                queue.extend(offering.components)
        return seen.values()
