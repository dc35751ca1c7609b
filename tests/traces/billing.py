"""The charges, bills and ledger of a story, in v4 wire, and the facts that billing gives."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tests.traces.prices import charged_net, money, tax_of
from tests.traces.story import OFFERS, Story

__all__ = ["Billing", "billing_of"]


@dataclass(frozen=True)
class Line:
    """One charge: what for, how much without tax, in which unit and rate, from and to."""

    id: str
    item: str
    product: str
    net: Decimal
    unit: str
    rate: Any
    start: date | None
    end: date | None
    kind: str
    corrects: str | None = None

    @property
    def tax(self) -> Decimal:
        return tax_of(self.net, self.rate, self.unit) if self.net >= 0 else -tax_of(-self.net, self.rate, self.unit)


def _spans(story: Story, item: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], date | None, date | None]]:
    clock, do = story.clock, item["do"]
    day, price = clock.day(story.days["active"]), OFFERS[item["offer"]]["price"]
    if price["type"] != "recurring":
        yield price, None, None
    elif do == "add":
        charge = story.data.get("charge", {})
        yield price, clock.day(charge["day"]) if charge else day, clock.end
    elif do == "resume":
        yield price, day, clock.end
    elif do in {"suspend", "delete"}:
        yield price, clock.first, day
    elif OFFERS[item["from"]]["price"] == price:
        yield price, clock.first, clock.end
    else:
        yield OFFERS[item["from"]]["price"], clock.first, day
        yield price, day, clock.end


def _lines(story: Story) -> list[Line]:
    lines: list[Line] = []
    if story.ends == "cancelled-compensated":
        return [Line("R-1", "1", "PR-1", Decimal(40), "EUR", 20, None, None, "cancellationFee")]
    if story.is_stopped:
        return []
    for item in story.items():
        if "price" not in story.offer(item) or not item.get("charged", True) or item.get("ends") == "failed":
            continue
        for price, start, end in _spans(story, item):
            start_, end_ = start or story.clock.first, end or story.clock.end
            net = charged_net(
                price, item.get("quantity", 1), start_, end_, story.clock, story.proration, item.get("less", 0)
            )
            rate = 0 if story.data.get("exempt") else price["taxRate"]
            kind = "recurringCharge" if price["type"] == "recurring" else "oneTimeCharge"
            unit = price["net"]["unit"]
            lines.append(Line(f"R-{len(lines) + 1}", item["id"], item["product"], net, unit, rate, start, end, kind))
    for credit in story.data.get("credits", ()):
        of = next(line for line in lines if line.id == credit["of"])
        net = -Decimal(str(credit["net"]))
        lines.append(
            Line(f"R-{len(lines) + 1}", of.item, of.product, net, of.unit, of.rate, None, None, "credit", of.id)
        )
    return lines


@dataclass(frozen=True)
class Billing:
    rates: list[dict[str, Any]]
    bills: list[dict[str, Any]]
    ledger: list[dict[str, Any]]
    facts: list[dict[str, Any]]


def _rate(story: Story, line: Line, *, is_billed: bool) -> dict[str, Any]:
    clock = story.clock
    said: dict[str, Any] = {
        "id": line.id,
        "name": "Credit" if line.corrects else "Fee",
        "type": line.kind if line.kind in {"credit", "cancellationFee"} else story.says("kind", line.kind),
        "date": clock.at(clock.end, 1),
        "isBilled": is_billed,
        "product": {"id": line.product},
        "taxExcludedAmount": money(line.net, line.unit),
        "taxIncludedAmount": money(line.net + line.tax, line.unit),
        "appliedTax": [{"taxCategory": "VAT", "taxRate": line.rate, "taxAmount": money(line.tax, line.unit)}],
    }
    if said["type"] is None:
        del said["type"]
    if is_billed:
        said["bill"] = {"id": "B-1"}
    if not is_billed or story.says("both", default=False):
        said["billingAccount"] = {"id": story.account}
    if line.start and line.end:
        said["periodCoverage"] = {
            "startDateTime": clock.midnight(line.start),
            "endDateTime": clock.midnight(line.end),
        }
    if line.corrects:
        said["characteristic"] = [{"name": "correctsRate", "value": line.corrects}]
    return said


def _totals(story: Story, lines: list[Line]) -> tuple[Decimal, Decimal, list[dict[str, Any]]]:
    net = sum((line.net for line in lines), Decimal(0))
    items, tax = [], Decimal(0)
    for rate in sorted({str(line.rate) for line in lines}):
        of = [line for line in lines if str(line.rate) == rate]
        by_line = sum((line.tax for line in of), Decimal(0))
        by_bill = tax_of(sum((line.net for line in of), Decimal(0)), of[0].rate, of[0].unit)
        due = by_line if story.says("tax", "line") == "line" else by_bill
        items.append({"taxCategory": "VAT", "taxRate": of[0].rate, "taxAmount": money(due, of[0].unit)})
        tax += due
    return net, net + tax, items


def billing_of(story: Story, stage: str) -> Billing:
    """Return what billing knows at the stage."""
    lines, is_billed = _lines(story), stage in {"billed", "closed"}
    rates = [_rate(story, line, is_billed=is_billed) for line in lines]
    clock = story.clock
    charged = _created(story, lines)
    if not is_billed or not lines:
        return Billing(rates, [], [], charged)
    net, gross, items = _totals(story, lines)
    unit, is_paid = lines[0].unit, stage == "closed"
    payer = {"id": "P-9", "role": "payer", "@referredType": "Organization"}
    who = payer if "payer" in story.data else {"id": "C-1", "role": "customer", "@referredType": "Individual"}
    bill: dict[str, Any] = {
        "id": "B-1",
        "billNo": "2026-000017",
        "billDate": clock.at(clock.end, 6),
        "runType": "onCycle",
        "nextBillDate": clock.at((clock.end + timedelta(days=32)).replace(day=1), 6),
        "paymentDueDate": clock.at(clock.end + timedelta(days=14), 0),
        "billingPeriod": {"startDateTime": clock.midnight(clock.first), "endDateTime": clock.midnight(clock.end)},
        "billingAccount": {"id": story.account},
        "relatedParty": [who],
        "state": "settled" if is_paid else "sent",
        "taxExcludedAmount": money(net, unit),
        "taxIncludedAmount": money(gross, unit),
        "taxItem": items,
        "amountDue": money(gross, unit),
        "remainingAmount": money(Decimal(0) if is_paid else gross, unit),
    }
    if is_paid and gross:
        bill["appliedPayment"] = [{"appliedAmount": money(gross, unit), "payment": {"id": "PAY-1"}}]
    period = {"start": clock.first.isoformat(), "end": clock.end.isoformat()}
    posting = {"bill": "B-1", "account": story.account, "amount": money(gross, unit), "period": period}
    totals = {"taxExcludedAmount": money(net, unit), "taxIncludedAmount": money(gross, unit)}
    told = [
        ("bill.balanced", totals, 6),
        ("bill.sent", {"account": story.account, "channel": "email"}, 8),
        ("ledger.posted", {"account": story.account, "amount": money(gross, unit)}, 12),
    ]
    facts = [_fact(story, predicate, "bill:B-1", value, hour) for predicate, value, hour in told]
    return Billing(rates, [bill], [posting], charged + facts)


def _created(story: Story, lines: list[Line]) -> list[dict[str, Any]]:
    if story.is_stopped:
        return []
    firsts: dict[str, str] = {}
    for line in lines:
        if line.kind != "credit":
            firsts[line.item] = line.id
    return [_fact(story, "rate.created", f"item:{item}", {"rate": rate}, 1) for item, rate in firsts.items()]


def _fact(story: Story, predicate: str, subject: str, value: dict[str, Any], hour: int) -> dict[str, Any]:
    at = story.clock.at(story.clock.end, hour)
    system = "erp" if predicate == "ledger.posted" else "billing"
    return {
        "predicate": predicate,
        "subject": subject,
        "value": value,
        "observedAt": at,
        "recordedAt": at,
        "source": {"system": system},
    }
