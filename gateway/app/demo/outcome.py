"""What became of the orders of the day."""

from dataclasses import dataclass, field
from typing import Any

from gateway.app.demo.client import open_holds
from gateway.app.demo.day import Entry
from gateway.lifecycle.agreement import Agreement

__all__ = ["DayOutcome", "EntryOutcome", "Sighting"]


@dataclass(frozen=True, slots=True)
class Sighting:
    """Where a disagreement was seen: by which rule, at which gate, with what consequence."""

    code: str
    gate: str
    verdict: str  # refused | held
    reason: str
    waits_for: str


@dataclass(slots=True)
class EntryOutcome:
    """One order: what was answered, and what happened to it."""

    entry: Entry
    status: int = 0
    order_id: str | None = None
    error: dict[str, Any] | None = None
    schema_refusal: str | None = None
    timeline: dict[str, Any] = field(default_factory=dict)
    rates: list[dict[str, Any]] = field(default_factory=list)
    bills: list[dict[str, Any]] = field(default_factory=list)

    @property
    def state(self) -> str:
        """The order's state now, or `refused`."""
        if not self.order_id:
            return "refused"
        return str(self.timeline.get("state") or self.timeline["lifecycle"].get("state") or "")

    @property
    def checkpoint(self) -> str:
        """Where the order stands, or `refused`."""
        return str(self.timeline["lifecycle"]["checkpoint"]) if self.order_id else "refused"

    @property
    def sightings(self) -> list[Sighting]:
        """Every finding that refused or holds the order, first gate first."""
        if self.error is not None:
            found = self.error.get("finding", [])
            return [
                Sighting(one["code"], one["gate"], "refused", one["reason"], "")
                for one in found
                if one["severity"] != "warn"
            ]
        seen = []
        for hold in open_holds(self.timeline) if self.timeline else []:
            waits = ", ".join(_key(key) for key in hold.get("missing", []))
            findings = [one for one in hold.get("findings", []) if one["severity"] != "warn"]
            seen += [Sighting(one["code"], hold["gate"], "held", one["reason"], waits) for one in findings]
            if not findings:
                seen.append(Sighting("", hold["gate"], "held", "a fact is missing", waits))
        return seen

    @property
    def expected(self) -> Sighting | None:
        """The sighting that this disagreement was seeded for, or None where nobody saw it."""
        wanted = self.entry.expect
        if wanted is None:
            return None
        return next((one for one in self.sightings if (one.code, one.gate) == wanted), None)

    @property
    def is_as_it_should_be(self) -> bool:
        """Whether a healthy order came to its end, or a seeded disagreement was seen where its facts first were."""
        if self.entry.expect is not None:
            return self.expected is not None and self.schema_refusal is None
        return self.order_id is not None and self.checkpoint in {"closed", "ended"} and self.state == self.entry.ends_as


@dataclass(frozen=True, slots=True)
class DayOutcome:
    """The whole day. `refused_first` is the answer to the order that TM Forum's example stands for."""

    refused_first: dict[str, Any]
    first: EntryOutcome
    entries: tuple[EntryOutcome, ...]
    agreement: Agreement
    seconds: float
    simulated: bool = True

    @property
    def healthy(self) -> list[EntryOutcome]:
        """The orders in which nothing was wrong."""
        return [self.first, *(one for one in self.entries if one.entry.expect is None)]

    @property
    def seeded(self) -> list[EntryOutcome]:
        """The orders with a seeded disagreement."""
        return [one for one in self.entries if one.entry.expect is not None]

    @property
    def is_as_it_should_be(self) -> bool:
        """Whether everything was seen, and nothing healthy stopped."""
        return self.refused_first["status"] == 422 and all(
            one.is_as_it_should_be for one in (self.first, *self.entries)
        )

    def as_data(self) -> dict[str, Any]:
        """Return the day as plain data; amounts in minor units."""
        return {
            "simulated": self.simulated,
            "seconds": round(self.seconds, 1),
            "asItShouldBe": self.is_as_it_should_be,
            "firstContact": {"refused": self.refused_first, "mended": _entry_data(self.first)},
            "orders": [_entry_data(one) for one in self.entries],
            "agreement": {
                "totals": self.agreement.totals,
                "orders": [one.model_dump(mode="json") | {"agrees": one.agrees} for one in self.agreement.orders],
            },
            "disagreements": [
                {
                    "order": one.entry.name,
                    "what": one.entry.title,
                    "seenBySchema": one.schema_refusal,
                    "seenByGateway": one.expected.code if one.expected else None,
                    "gate": one.expected.gate if one.expected else None,
                    "verdict": one.expected.verdict if one.expected else None,
                }
                for one in self.seeded
            ],
        }


def _entry_data(one: EntryOutcome) -> dict[str, Any]:
    return {
        "name": one.entry.name,
        "title": one.entry.title,
        "id": one.order_id,
        "status": one.status,
        "state": one.state,
        "checkpoint": one.checkpoint,
        "asItShouldBe": one.is_as_it_should_be,
        "findings": [
            {"code": s.code, "gate": s.gate, "verdict": s.verdict, "reason": s.reason, "waitsFor": s.waits_for}
            for s in one.sightings
        ],
        "timeline": one.timeline.get("timeline", []),
        "rates": one.rates,
        "bills": one.bills,
    }


def _key(key: Any) -> str:
    return key if isinstance(key, str) else f"{key['predicate']} {key['subject']}"
