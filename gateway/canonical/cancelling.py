"""A cancellation on its way: what may be taken back and at what price, how far it has come, each step of it."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from pydantic import Field

from gateway.canonical.base import Model
from gateway.canonical.money import Money
from gateway.canonical.states import OrderState

__all__ = ["CancelStep", "CancellationFee", "CancellationTerms", "Past", "Point", "PointTerms", "StepState", "Undoing"]


class Point(StrEnum):
    """What an order passes on its way and what cannot be made undone for nothing, the furthest last."""

    FIELD_WORK = "fieldWork"  # a crew was there
    SERVICE = "service"  # an added service runs


class Past(StrEnum):
    """What a cancellation past a point meets."""

    REFUSE = "refuse"
    PRICE = "price"  # what can be undone is undone, and a fee is charged
    ALLOW = "allow"  # what can be undone is undone


class PointTerms(Model):
    """An operator's word on one point. `fee` is net and for each item; `tax_rate` a percentage."""

    past: Past = Past.REFUSE
    fee: Money | None = None
    tax_rate: Decimal | None = None


class CancellationTerms(Model):
    """An operator's words on all points; a point that is not named refuses."""

    points: Mapping[Point, PointTerms] = Field(default_factory=dict)

    def of(self, point: Point) -> PointTerms:
        """Return what a cancellation past a point meets."""
        return self.points.get(point, PointTerms())

    @property
    def leaves_field_work(self) -> bool:
        """Whether field work that is done may stay as it is while the rest is called back."""
        return self.of(Point.FIELD_WORK).past is not Past.REFUSE

    @property
    def may_cost(self) -> bool:
        """Whether a fee may be charged."""
        return any(one.past is Past.PRICE for one in self.points.values())


class CancellationFee(Model):
    """What the cancellation of one item costs, and why."""

    item: str
    net: Money
    tax_rate: Decimal
    reason: str


class StepState(StrEnum):
    """How one step of a cancellation stands."""

    ASKED = "asked"
    UNDONE = "undone"
    CHARGED = "charged"
    REFUSED = "refused"  # the system said no, and nothing had been undone: the order goes on
    STUCK = "stuck"  # it cannot go on, nor back: an operator has to act


class CancelStep(Model):
    """What was asked of one system, or what came of it."""

    operation: str
    role: str
    state: StepState
    at: datetime
    reason: str = ""

    def __str__(self) -> str:
        """As a timeline says it: `cancel build at field-work: undone`."""
        words = f"cancel {self.operation} at {self.role}: {self.state}"
        return f"{words} ({self.reason})" if self.reason else words


class Undoing(Model):
    """The cancellation that an order is in. It is kept with the order, so that any process can take the next step."""

    task: str
    target: str  # id of the order or service order to cancel
    items: tuple[str, ...] = ()  # product order items to take back; empty for the whole order
    back_to: Mapping[str, OrderState] = Field(default_factory=dict)  # by order: the state it had before
    left: tuple[str, ...] = ()  # operations still to be undone, the next one first
    undone: tuple[str, ...] = ()
