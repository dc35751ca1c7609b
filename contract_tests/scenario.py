"""Scenarios: small orders as data, the messages that come of them, and the facts that the reference adapters give.

A scenario names its orders and its steps. `{run}` in a text is new for each run, so that nothing is found again.
`{made NAME}` is what the legacy system called a thing that an earlier step made, by its name among `legacy_ids`.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from contract_tests.target import AdapterTarget
from gateway.canonical.fact import Fact
from gateway.canonical.ids import new_id
from gateway.canonical.order import ProductOrder
from gateway.canonical.reference import Offering, Reference
from gateway.canonical.service_order import PRODUCT_ITEM
from gateway.ports.adapter import Message, Operation, Role
from gateway.vocabulary.catalogue import load_catalogue
from gateway.vocabulary.document import read_document

__all__ = ["Names", "Run", "Scenario", "Step", "scenarios_of"]

_HERE = Path(__file__).with_name("scenarios")
_SYSTEM = "contract-kit"
_MADE = re.compile(r"\{made ([^}]+)\}")


@dataclass(frozen=True, slots=True)
class Step:
    """One message of a scenario, and what it comes to: facts, rates, bills and records, as `agreement` reads them."""

    name: str
    operation: Operation
    data: Mapping[str, Any]

    @property
    def expected(self) -> Mapping[str, Any]:
        """What the reference adapter says, under `facts`, `rates`, `bills`, `ledger` and `knows`."""
        found: Mapping[str, Any] = self.data.get("says") or {}
        return found


@dataclass(frozen=True, slots=True)
class Scenario:
    """A file of `scenarios/<role>`."""

    name: str
    title: str
    role: Role
    orders: Mapping[str, Any]
    steps: Sequence[Step]
    cancels: bool = True  # whether what it does can be called back at the end, by each operation that declares that
    since: str = "0.1"


@dataclass(frozen=True, slots=True)
class Names:
    """Names of a scenario and what the target calls them."""

    theirs: Mapping[str, str]

    def there(self, value: Any) -> Any:
        """Return data with each name in the target's words."""
        return _renamed(value, self.theirs)

    def here(self, value: Any) -> Any:
        """Return data with the target's words as the scenario has them."""
        return _renamed(value, {theirs: ours for ours, theirs in self.theirs.items()})


@dataclass
class Run:
    """A scenario under way against one target: its messages carry the facts of the steps before."""

    scenario: Scenario
    target: AdapterTarget
    run: str = field(default_factory=lambda: new_id().replace("-", "")[-12:])
    order_ids: dict[str, str] = field(default_factory=dict)
    facts: dict[str, tuple[Fact, ...]] = field(default_factory=dict)
    legacy_ids: dict[str, dict[str, str]] = field(default_factory=dict)

    def reference(self, step: Step) -> str:
        """Return the id of a step's order, under which everything is kept in the legacy system."""
        name = step.data.get("order", "first")
        return self.order_ids.setdefault(name, new_id())

    def message(self, step: Step, *, reverse: bool = False) -> Message:
        """Return a step's message. `reverse` puts the items of the order in the other order."""
        reference, data = self.reference(step), self._said(step.data)
        order = self._said(self.scenario.orders[step.data.get("order", "first")])
        items = [_item(one) for one in order["items"]]
        services = [_service(one) for one in data.get("services") or ()]
        if reverse:
            items, services = items[::-1], services[::-1]
        product_order = {
            "id": reference,
            "external_ids": [{"value": f"EXT-{self.run}"}],
            "parties": [{"id": party, "role": role} for role, party in (order.get("parties") or {}).items()],
            "items": items,
        }
        about = tuple(str(one) for one in data.get("items") or (item.id for item in _all_items(product_order)))
        return Message.model_validate(
            {
                "id": f"{reference}:{step.operation}:1",
                "role": self.scenario.role,
                "operation": step.operation,
                "order": product_order,
                "service_orders": [{"id": f"SO-{self.run}", "items": services}] if services else [],
                "items": about[::-1] if reverse else about,
                "facts": [*map(_context, data.get("context") or ()), *self.facts.get(reference, ())],
                "reference": Reference(
                    offerings=self._offerings(),
                    products=data.get("products") or None,
                ),
                "fees": data.get("fees") or (),
                "legacy_ids": self.legacy_ids.get(reference, {}),
            }
        )

    def learned(self, step: Step, facts: Sequence[Fact], legacy_ids: Mapping[str, str]) -> None:
        """Keep what a step has said, for the steps after it."""
        reference = self.reference(step)
        self.facts[reference] = (*self.facts.get(reference, ()), *facts)
        self.legacy_ids.setdefault(reference, {}).update(legacy_ids)

    def expected(self, step: Step) -> Mapping[str, Any]:
        """Return what a step comes to, in the target's words."""
        found: Mapping[str, Any] = self._said(step.expected)
        return found

    def _said(self, data: Any) -> Any:
        known = {name: one for ids in self.legacy_ids.values() for name, one in ids.items()}

        def said(text: str) -> str:
            return _MADE.sub(lambda found: known.get(found[1], found[0]), text.replace("{run}", self.run))

        return Names(self.target.names).there(_filled(data, said))

    def _offerings(self) -> Sequence[Offering]:
        if self.target.offerings is not None:
            return self.target.offerings
        names = Names(self.target.names)
        return tuple(Offering.model_validate(names.there(one.model_dump())) for one in _catalogue())


@cache
def scenarios_of(role: Role, further: tuple[Path, ...] = ()) -> Mapping[str, Scenario]:
    """Return the scenarios of a role by name: those of the kit and those of further files. Raises SetupError."""
    files = [*sorted((_HERE / role.value).glob("*.yaml")), *further]
    found = (_scenario(path, role) for path in files)
    return {one.name: one for one in found}


@cache
def _catalogue() -> tuple[Offering, ...]:
    return load_catalogue(_HERE / "catalogue.yaml")


def _scenario(path: Path, role: Role) -> Scenario:
    document = read_document(path)
    data = document.data
    for member in ("title", "orders", "steps"):
        if not data.get(member):
            raise document.wrong(f"{member} is missing", f"say {member}: as the scenarios of the kit do")
    steps = [Step(str(one.get("name") or one["do"]), Operation(one["do"]), one) for one in data["steps"]]
    return Scenario(
        path.stem, data["title"], role, data["orders"], steps, data.get("cancels", True), str(data.get("since", "0.1"))
    )


def _filled(data: Any, said: Callable[[str], str]) -> Any:
    if isinstance(data, str):
        return said(data)
    if isinstance(data, Mapping):
        return {_filled(key, said): _filled(value, said) for key, value in data.items()}
    return [_filled(one, said) for one in data] if isinstance(data, list | tuple) else data


def _renamed(data: Any, names: Mapping[str, str]) -> Any:
    if isinstance(data, str):
        return names.get(data, data)
    if isinstance(data, Mapping):
        return {_renamed(key, names): _renamed(value, names) for key, value in data.items()}
    return [_renamed(one, names) for one in data] if isinstance(data, list | tuple) else data


def _item(said: Mapping[str, Any]) -> dict[str, Any]:
    places = [{"id": said["place"], "role": "installation"}] if said.get("place") else []
    return {
        "id": str(said["id"]),
        "action": said["action"],
        "quantity": 1,
        "offering": {"id": said["offering"]} if said.get("offering") else None,
        "billing_account": {"id": said["account"]} if said.get("account") else None,
        "product": {
            "id": said.get("product"),
            "status": said.get("status"),
            "characteristics": _characteristics(said),
            "places": places,
        },
        "prices": [_price(one) for one in said.get("prices") or ()],
    }


def _price(said: Mapping[str, Any]) -> dict[str, Any]:
    alterations = [
        {"name": "Discount", "percentage": one["percentage"], "duration": one["duration"]}
        for one in said.get("discounts") or ()
    ]
    return {
        "name": said.get("name", "Fee"),
        "price_type": said["type"],
        "net": _money(said["net"]) if "net" in said else None,
        "gross": _money(said["gross"]) if "gross" in said else None,
        "tax_rate": said.get("tax"),
        "alterations": alterations,
    }


def _service(said: Mapping[str, Any]) -> dict[str, Any]:
    serves = {"name": PRODUCT_ITEM, "value": str(said["item"])}
    return {
        "id": str(said["id"]),
        "action": said["action"],
        "service": {
            "id": said.get("service"),
            "state": said["state"],
            "specification": {"id": said["specification"]},
            "characteristics": [serves, *_characteristics(said)],
        },
    }


def _characteristics(said: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"name": name, "value": value} for name, value in (said.get("values") or {}).items()]


def _money(text: str) -> dict[str, Any]:
    amount, currency = text.split()
    return {"amount": Decimal(amount), "currency": currency}


def _context(said: Mapping[str, Any]) -> dict[str, Any]:
    predicate, subject = said["fact"].split(" ", 1)
    return {
        "predicate": predicate,
        "subject": subject,
        "value": said.get("value") or {},
        "observed_at": datetime.now(UTC),
        "source": {"system": _SYSTEM},
    }


def _all_items(order: Mapping[str, Any]) -> Iterator[Any]:
    return (item for _, item in ProductOrder.model_validate(order).all_items())
