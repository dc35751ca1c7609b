"""Bills, applied rates, billing cycles and bills on demand, version-free."""

from datetime import datetime
from decimal import Decimal

from gateway.canonical.base import Extended
from gateway.canonical.common import Characteristic, Party, Period, Ref
from gateway.canonical.money import Money
from gateway.canonical.states import BillState, OnDemandState

__all__ = ["AppliedRate", "AppliedTax", "Bill", "BillCycle", "OnDemandBill"]


class AppliedTax(Extended):
    """Tax on one line or one bill; `rate` is a percentage."""

    category: str | None = None
    rate: Decimal | None = None
    amount: Money | None = None


class AppliedRate(Extended):
    """One line that a bill has or will have. `type` is `recurring`, `nonRecurring`, `discount`, `credit` or `fee`."""

    id: str = ""
    name: str | None = None
    description: str | None = None
    type: str | None = None
    date: datetime | None = None
    is_billed: bool | None = None
    bill: Ref | None = None
    billing_account: Ref | None = None
    product: Ref | None = None
    period_cover: Period | None = None
    net: Money | None = None
    gross: Money | None = None
    taxes: tuple[AppliedTax, ...] = ()
    characteristics: tuple[Characteristic, ...] = ()
    order_id: str | None = None
    item_id: str | None = None  # the product order item it charges
    revision: int = 0


class Bill(Extended):
    """A bill of one account. `amount_due` is its gross; `remaining` the gross less payments."""

    id: str = ""
    bill_no: str | None = None
    category: str | None = None
    run_type: str | None = None  # onCycle | offCycle
    state: BillState | None = None
    bill_date: datetime | None = None
    due_date: datetime | None = None
    next_bill_date: datetime | None = None
    last_update: datetime | None = None
    billing_period: Period | None = None
    billing_account: Ref | None = None
    financial_account: Ref | None = None
    parties: tuple[Party, ...] = ()
    net: Money | None = None
    gross: Money | None = None
    amount_due: Money | None = None
    remaining: Money | None = None
    taxes: tuple[AppliedTax, ...] = ()
    order_id: str | None = None
    revision: int = 0


class OnDemandBill(Extended):
    """A request for a bill outside its cycle."""

    id: str = ""
    name: str | None = None
    description: str | None = None
    state: OnDemandState | None = None
    last_update: datetime | None = None
    billing_account: Ref | None = None
    party: Party | None = None
    bill: Ref | None = None
    revision: int = 0


class BillCycle(Extended):
    """A round of billing; `billing_period` says how long its bills cover, in the billing system's words."""

    id: str = ""
    name: str | None = None
    description: str | None = None
    billing_date: datetime | None = None
    billing_period: str | None = None
    charge_date: datetime | None = None
    credit_date: datetime | None = None
    mailing_date: datetime | None = None
    due_date: datetime | None = None
    specification: Ref | None = None
    valid_for: Period | None = None
    revision: int = 0
