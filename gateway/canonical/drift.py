"""Drift: what the systems say after delivery that the order does not; and the runs that read them back."""

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from gateway.canonical.base import Model
from gateway.canonical.identity import LegacyKey
from gateway.canonical.judgement import Severity

__all__ = ["AgreementRun", "Drift", "OrderReadBack", "PredicateScore", "ProductInUse", "RunCause", "RunState"]


class RunState(StrEnum):
    """How far a run has come."""

    RUNNING = "running"
    DONE = "done"


class RunCause(StrEnum):
    """Why a run began."""

    SCHEDULE = "schedule"
    DEMAND = "demand"


class ProductInUse(Model):
    """A product that the gateway delivered, and the order that last settled it.

    `changing` is the order that changes it at this moment: until that one is over, nobody can say what is right.
    `ended` is when it was given up; it is looked at for a while longer, since charges may go on.
    """

    id: str
    order_id: str = ""
    item_id: str = ""
    changing: str | None = None
    ended: datetime | None = None


class PredicateScore(Model):
    """How far two sides agree on one predicate: agreeing of comparable statements, and comparable of all."""

    predicate: str
    statements: int = 0
    comparable: int = 0
    agreeing: int = 0

    @property
    def score(self) -> float | None:
        """Agreeing ÷ comparable; None where nothing can be compared."""
        return self.agreeing / self.comparable if self.comparable else None

    @property
    def coverage(self) -> float:
        """Comparable ÷ all."""
        return self.comparable / self.statements if self.statements else 0.0

    def plus(self, other: "PredicateScore") -> "PredicateScore":
        """Return both together."""
        return PredicateScore(
            predicate=self.predicate,
            statements=self.statements + other.statements,
            comparable=self.comparable + other.comparable,
            agreeing=self.agreeing + other.agreeing,
        )


class Drift(Model):
    """One disagreement between what was delivered and what a system says now. It changes no state of an order.

    `order_id` is empty for what belongs to no order; `legacy` then names what was found. `also` are further rules that
    the same difference breaks. `money` is what is at stake, in minor units by currency.
    """

    id: str = ""
    code: str
    severity: Severity
    system: str
    aspect: str  # delivery, charge, inventory, count
    subject: str
    reason: str
    fix: str
    order_id: str = ""
    path: str = ""
    also: tuple[str, ...] = ()
    money: dict[str, int] = Field(default_factory=dict)
    legacy: LegacyKey | None = None
    opened_at: datetime
    seen_at: datetime
    closed_at: datetime | None = None
    run: str = ""  # the one that saw it last, or saw it gone

    @property
    def key(self) -> tuple[str, str, str, str, str]:
        """What makes two sightings one drift."""
        return self.order_id, self.system, self.aspect, self.subject, self.code


class OrderReadBack(Model):
    """What the systems last said of one order: sums of what runs and of what is charged, in minor units by currency.

    `unread` says, by aspect, why a system was not read: the aspect is then unknown, not in agreement.
    """

    order_id: str
    at: datetime
    run: str
    delivered: dict[str, int] | None = None
    billed: dict[str, int] | None = None
    drifts: tuple[str, ...] = ()  # codes
    unread: dict[str, str] = Field(default_factory=dict)
    scores: tuple[PredicateScore, ...] = ()

    @property
    def agrees(self) -> bool | None:
        """Whether nothing differs; None where a system was not read back."""
        return False if self.drifts else None if self.unread else True


class AgreementRun(Model):
    """One round of reading back: which orders, how far, and what was found."""

    id: str
    cause: RunCause
    state: RunState = RunState.RUNNING
    started_at: datetime
    ended_at: datetime | None = None
    most: int  # products that it looks at
    orders: tuple[str, ...] = ()  # only these; empty: whatever was not looked at for longest
    products: int = 0
    read: int = 0  # orders
    agreeing: int = 0
    opened: int = 0
    closed: int = 0
    after: int = 0  # how far an inventory has been walked, or the list of orders
    swept: tuple[str, ...] = ()  # inventories that were walked to their end
    unread: dict[str, str] = Field(default_factory=dict)  # system → why it was not read back
    scores: dict[str, PredicateScore] = Field(default_factory=dict)

    @property
    def worst(self) -> PredicateScore | None:
        """The predicate on which both sides agree least, of those that could be compared."""
        known = [one for one in self.scores.values() if one.score is not None]
        return min(known, key=lambda one: (one.score or 0.0, one.predicate), default=None)
