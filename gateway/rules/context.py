"""What a rule may look at: a frozen view on one trace, with the one accessor through which facts are read."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Any, TypeVar

from gateway.canonical.common import Characteristic, Party, Ref
from gateway.canonical.fact import Fact, FactKey, Source
from gateway.canonical.lifecycle import Trace
from gateway.canonical.order import ProductOrder, ProductOrderItem
from gateway.canonical.reference import CharacteristicSpec, Offering, PlaceRecord, Policy, ProductRecord, Reference
from gateway.canonical.states import ItemAction, OrderState
from gateway.rules.derive import derived
from gateway.rules.facts import FactIndex, Statement
from gateway.rules.identifiers import Identifier, identifiers, identifiers_in
from gateway.rules.lazy import Lazy
from gateway.rules.lines import Line, ServiceLine, lines_of, linker, service_lines_of
from gateway.rules.times import day_of, zone_of

if TYPE_CHECKING:
    from gateway.rules.bindings.overrides import Overrides
    from gateway.rules.charges import Charge

__all__ = ["DEAD_STATES", "Context", "Line", "ServiceLine"]

T = TypeVar("T")

DEAD_STATES = frozenset({OrderState.CANCELLED, OrderState.REJECTED, OrderState.FAILED})
"""An item in one of these needs nothing further."""

_BUNDLES = frozenset({"bundles", "bundle", "hascomponent", "contains"})
_FEW = 8
_WIRE = Source(system="wire")  # who says what wire and reference prove
_by_id_of: dict[int, tuple[tuple[Offering, ...], dict[str, Offering]]] = {}


class Context:
    """One trace as the rules of one judgement see it. Nothing is built before it is asked for."""

    def __init__(self, trace: Trace, not_yet: frozenset[str]) -> None:
        self.trace = trace
        self.not_yet = not_yet
        self._offering_by_item: dict[int, Offering | None] = {}
        self._specs_by_offering: dict[str, dict[str, CharacteristicSpec]] = {}
        self.order: ProductOrder | None = trace.product_order
        self.policy: Policy = trace.policy
        self.reference: Reference = trace.reference
        self.now: datetime = trace.now
        self.unknown: list[FactKey] = []
        self.read: dict[str, None] = {}
        self._memos: dict[str, Any] = {}
        self.answers: dict[tuple[object, int], tuple[object, Any]] = {}  # what `kept` keeps
        self.charges: tuple[Charge, ...] | None = None  # what `charges` made
        self._identifiers: dict[str, tuple[Identifier, ...]] = {}
        self._places: dict[str, PlaceRecord | None] = {}
        self._sorted: tuple[int, tuple[str, ...]] | None = None
        self._days: dict[int, tuple[datetime, date]] = {}
        self.overrides: Overrides | None = None  # of a bound catalogue that sets parameters; None in any other
        self.asked = ""  # the code of the rule that is being asked, where there are overrides

    # -- facts ---------------------------------------------------------------------------------------------------

    def fact(self, predicate: str, subject: str) -> Fact | None:
        """Return the best standing statement, or what wire and reference prove, or None: then the verdict is unknown.

        The gate holds for exactly that key, unless the predicate cannot be there yet (`not_yet`).
        """
        found = self.seen(predicate, subject)
        if found is None:
            value = derived(self, predicate, subject)
            if value is not None:
                return Fact.model_construct(
                    predicate=predicate, subject=subject, value=value, observed_at=self.now, source=_WIRE
                )
            if predicate not in self.not_yet:
                self.unknown.append(FactKey(predicate, subject))
        return found

    def seen(self, predicate: str, subject: str) -> Fact | None:
        """Return the best standing statement, or None; nothing is held for it."""
        found = self.index.by_key.get((predicate, subject))
        if found is None:
            return None
        fact = found[0].fact
        self.read[fact.id] = None
        return fact

    def statements(self, predicate: str, subject: str) -> Sequence[Statement]:
        """Return every standing statement about one key with its path, best first."""
        found = self.index.by_key.get((predicate, subject), ())
        for statement in found:
            self.read[statement.fact.id] = None
        return found

    def facts_of(self, predicate: str) -> Sequence[Statement]:
        """Return every standing statement of one predicate with its path, best first."""
        found = self.index.by_predicate.get(predicate, ())
        for statement in found:
            self.read[statement.fact.id] = None
        return found

    def identifiers_of(self, statement: Statement) -> tuple[Identifier, ...]:
        """Return the identifiers among the members of a statement; read once, since many rules compare them."""
        found = self._identifiers.get(statement.path)
        if found is None:
            found = self._identifiers[statement.path] = tuple(identifiers_in(statement.fact.value, statement.path))
        return found

    def identifiers_among(self, characteristics: tuple[Characteristic, ...], path: str) -> tuple[Identifier, ...]:
        """Return the identifiers among characteristics that stand at a path; read once."""
        found = self._identifiers.get(path)
        if found is None:
            found = self._identifiers[path] = tuple(identifiers(characteristics, path))
        return found

    def facts_read(self) -> tuple[str, ...]:
        """Return the ids of the facts that were read so far, sorted; the same tuple while no more are read."""
        if self._sorted is None or self._sorted[0] != len(self.read):
            self._sorted = len(self.read), tuple(sorted(filter(None, self.read)))
        return self._sorted[1]

    @Lazy
    def members(self) -> dict[str, list[tuple[int, Fact]]]:
        """The facts, superseded or not, by the names of the members of their values, each with its number."""
        found: dict[str, list[tuple[int, Fact]]] = {}
        for numbered in enumerate(self.trace.facts):
            for name in numbered[1].value:
                if name in found:
                    found[name].append(numbered)
                else:
                    found[name] = [numbered]
        return found

    @Lazy
    def corrections(self) -> tuple[tuple[int, Fact], ...]:
        """The facts that supersede others, each with its number."""
        return tuple(numbered for numbered in enumerate(self.trace.facts) if numbered[1].supersedes)

    @Lazy
    def index(self) -> FactIndex:
        """The facts, found by what they are about."""
        return FactIndex(self.trace.facts, self.zone)

    # -- parameters ----------------------------------------------------------------------------------------------

    def policy_for(self, line: Line | None) -> Policy:
        """Return the parameters that the rule being asked obeys for an item; None means the order as a whole."""
        return self.policy if self.overrides is None else self.overrides.policy(self, line)

    def grace_for(self, line: Line | None) -> timedelta:
        """Return how far stamps may be apart, as the rule being asked obeys it for an item."""
        return self.grace if self.overrides is None else timedelta(minutes=self.policy_for(line).grace_minutes)

    # -- time ----------------------------------------------------------------------------------------------------

    @Lazy
    def zone(self) -> tzinfo:
        """The trace's zone, in which days begin and bills are cut."""
        return zone_of(self.trace.zone)

    @Lazy
    def grace(self) -> timedelta:
        """How far stamps of different systems may be apart."""
        return timedelta(minutes=self.policy.grace_minutes)

    def instant(self, moment: datetime) -> datetime:
        """Return a moment with an offset."""
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=self.zone)

    def day(self, moment: datetime) -> date:
        """Return the calendar day of a moment in the trace's zone."""
        known = self._days.get(id(moment))  # a moment that is kept keeps its id
        if known is None or known[0] is not moment:
            known = self._days[id(moment)] = moment, day_of(moment, self.zone)
        return known[1]

    # -- the product order ---------------------------------------------------------------------------------------

    @Lazy
    def lines(self) -> tuple[Line, ...]:
        """Every product order item, nested ones included."""
        return tuple(lines_of(self.order.items, "product_order.items", None)) if self.order else ()

    @Lazy
    def live(self) -> tuple[Line, ...]:
        """The items that still want something: neither cancelled, rejected nor failed."""
        if self.order is None or self.order.state in DEAD_STATES:
            return ()
        return tuple(line for line in self.lines if line.item.state not in DEAD_STATES)

    @Lazy
    def wanted(self) -> tuple[Line, ...]:
        """The items that were not refused; what they ask for has to make sense, even if they failed later."""
        if self.order is None or self.order.state is OrderState.REJECTED:
            return ()
        return tuple(line for line in self.lines if line.item.state is not OrderState.REJECTED)

    @Lazy
    def by_id(self) -> dict[str, Line]:
        """Items by their ids; the first of that id."""
        found: dict[str, Line] = {}
        for line in self.lines:
            found.setdefault(line.item.id, line)
        return found

    def line_of(self, subject: str) -> Line | None:
        """Return the item that a subject such as `item:1` names, or None."""
        return self.by_id.get(subject.removeprefix("item:")) if subject.startswith("item:") else None

    @Lazy
    def customer(self) -> Party | None:
        """The order's customer, where it names one."""
        return self.order.party("customer") if self.order else None

    @Lazy
    def bundles(self) -> frozenset[str]:
        """Ids of items that only hold others together: nested items, `bundles` links, a bundle of the catalogue."""
        return frozenset(line.item.id for line in self.lines if self._is_bundle(line.item))

    def _is_bundle(self, item: ProductOrderItem) -> bool:
        if item.items or (item.product is not None and item.product.is_bundle):
            return True
        if any((link.type or "").lower() in _BUNDLES and link.id in self.by_id for link in item.relationships):
            return True
        offering = self.offering(item)
        return offering is not None and bool(offering.components)

    def account(self, line: Line) -> Ref | None:
        """Return the billing account agreed for an item: its own, the enclosing item's, or the order's."""
        if line.item.billing_account is not None:
            return line.item.billing_account
        if line.parent is not None and line.parent.id in self.by_id:
            return self.account(self.by_id[line.parent.id])
        return self.order.billing_account if self.order else None

    def product(self, item: ProductOrderItem) -> ProductRecord | None:
        """Return what the inventory had of the item's product before the order, or None."""
        return self.reference.product(item.product.id) if item.product and item.product.id else None

    def offering(self, item: ProductOrderItem) -> Offering | None:
        """Return the catalogue's entry for an item; for a change without an offering, that of the changed product."""
        known = self._offering_by_item
        key = id(item)  # ids of items may repeat; the items themselves live as long as the trace
        if key not in known:
            known[key] = self._find_offering(item)
        return known[key]

    def _find_offering(self, item: ProductOrderItem) -> Offering | None:
        if item.offering is not None:
            return self.offering_of(item.offering.id)
        if item.action is ItemAction.ADD:
            return None
        record = self.product(item)
        return self.offering_of(record.offering) if record else None

    def offering_of(self, offering_id: str | None) -> Offering | None:
        """Return the catalogue's entry of that id, or None."""
        known = self.reference.offerings
        if not known or offering_id is None:
            return None
        if len(known) <= _FEW:
            return self.reference.offering(offering_id)
        return _offerings(known).get(offering_id)

    def spec(self, item: ProductOrderItem, name: str) -> CharacteristicSpec | None:
        """Return what the catalogue says of an item's characteristic, or None. Names compare without case."""
        offering = self.offering(item)
        if offering is None:
            return None
        return self.specs(offering).get(name.lower())

    def specs(self, offering: Offering) -> dict[str, CharacteristicSpec]:
        """Return what the catalogue says of an offering's characteristics, by name in small letters."""
        known = self._specs_by_offering
        if offering.id not in known:
            known[offering.id] = {spec.name.lower(): spec for spec in reversed(offering.characteristics)}
        return known[offering.id]

    # -- the service orders --------------------------------------------------------------------------------------

    @Lazy
    def services(self) -> tuple[ServiceLine, ...]:
        """Every service order item; a nested one serves the product item of the one around it."""
        return tuple(
            line
            for number, order in enumerate(self.trace.service_orders or ())
            for line in service_lines_of(
                order.items, f"service_orders[{number}].items", order, None, linker(order, self.by_id)
            )
        )

    @Lazy
    def live_services(self) -> tuple[ServiceLine, ...]:
        """Service order items that are, or will be, in force."""
        return tuple(
            line
            for line in self.services
            if line.state not in DEAD_STATES and line.order.state not in {OrderState.CANCELLED, OrderState.REJECTED}
        )

    @Lazy
    def _services_by_item(self) -> dict[str, list[ServiceLine]]:
        found: dict[str, list[ServiceLine]] = {}
        for line in self.services:
            if line.product_item is not None:
                found.setdefault(line.product_item, []).append(line)
        return found

    def services_of(self, item_id: str) -> Sequence[ServiceLine]:
        """Return the service order items that serve one product order item."""
        return self._services_by_item.get(item_id, ())

    @Lazy
    def outside(self) -> tuple[ServiceLine, ...]:
        """The live service order items of an order that came from outside, without a product order."""
        return self.live_services if self.order is None else ()

    # -- places --------------------------------------------------------------------------------------------------

    def location(self, place_id: str) -> str:
        """Return what a place resolves to, or the place's own id where nothing is known of it."""
        record = self.place(place_id)
        return record.location if record is not None and record.location else place_id

    def place(self, place_id: str) -> PlaceRecord | None:
        """Return what is known of a place, or None."""
        if place_id not in self._places:
            self._places[place_id] = self.reference.place(place_id)
        return self._places[place_id]

    def memo(self, name: str, make: Callable[["Context"], T]) -> T:
        """Return what `make` works out of this context; worked out once under each name."""
        if name not in self._memos:
            self._memos[name] = make(self)
        made: T = self._memos[name]
        return made


def _offerings(known: tuple[Offering, ...]) -> dict[str, Offering]:
    # A landscape keeps one tuple for all its orders, so its index is worth keeping while that tuple lives.
    entry = _by_id_of.get(id(known))
    if entry is None or entry[0] is not known:
        if len(_by_id_of) >= _FEW:
            _by_id_of.clear()
        entry = _by_id_of[id(known)] = (known, {offering.id: offering for offering in known})
    return entry[1]
