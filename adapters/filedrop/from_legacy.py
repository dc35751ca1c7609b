"""From the host's rows to rates, bills and facts. Pure. Every method may raise Unreadable and UnknownCode."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from adapters.filedrop.words import Words
from adapters.sdk.facts import Speaker
from gateway.canonical.bill import AppliedRate, AppliedTax, Bill
from gateway.canonical.common import Characteristic, Party, Period, Ref
from gateway.canonical.fact import Fact
from gateway.canonical.lifecycle import LedgerEntry
from gateway.canonical.money import Money
from gateway.canonical.states import BillState

__all__ = ["Reader"]

_Row = Mapping[str, str]


class Reader:
    """Reads rows with the tables of one host."""

    def __init__(self, speaker: Speaker, words: Words) -> None:
        self._speaker, self._words = speaker, words

    def rate(self, row: _Row, order_id: str) -> AppliedRate:
        """Return a charge as an applied rate; its id is the host's own."""
        net, gross = self._words.money(row, "net"), self._words.money(row, "gross")
        start, end = self._words.day(row["from"]), self._words.until(row["until"])
        tax = Money(amount=gross.amount - net.amount, currency=net.currency)
        reduces = row["reduces"]
        return AppliedRate(
            id=row["charge"],
            name=row["text"],
            type=self._words.kinds.translate(row["kind"]),
            date=start,
            is_billed=bool(row["invoice"]),
            bill=Ref(id=row["invoice"]) if row["invoice"] else None,
            billing_account=Ref(id=row["account"]),
            product=Ref(id=row["product"]) if row["product"] else None,
            period_cover=Period(start=start, end=end) if end is not None else None,
            net=net,
            gross=gross,
            taxes=(AppliedTax(category="VAT", rate=self._words.rate(row["permille"]), amount=tax),),
            characteristics=(Characteristic(name="reducesRate", value=reduces, value_type="string"),)
            if reduces
            else (),
            order_id=order_id,
            item_id=row["item"],
        )

    def charge_facts(self, rows: Iterable[_Row], at: datetime) -> Iterator[Fact]:
        """Yield when each item's charges start, and by which rate; a reduction is no charge of its own."""
        seen: set[str] = set()
        speaker = self._speaker.reading(self._words.kinds, self._words.acknowledgements)
        for row in rows:
            if self._words.kinds.translate(row["kind"]) == "discount" or row["item"] in seen:
                continue
            seen.add(row["item"])
            subject = f"item:{row['item']}"
            started = {"date": self._words.day(row["from"]).isoformat(), "product": row["product"] or None}
            yield speaker.says("charge.started", subject, started, at=at, answer=dict(row))
            yield speaker.says("rate.created", subject, {"rate": row["charge"]}, at=at, answer=dict(row))

    def bill(self, row: _Row) -> Bill:
        """Return an invoice as a bill; its id is the host's own."""
        net, gross = self._words.money(row, "net"), self._words.money(row, "gross")
        made = self._words.day(row["date"])
        tax = Money(amount=gross.amount - net.amount, currency=net.currency)
        return Bill(
            id=row["invoice"],
            bill_no=row["number"],
            category="normal",
            run_type="offCycle",
            state=BillState(self._words.states.translate(row["state"])),
            bill_date=made,
            due_date=self._words.day(row["due"]),
            last_update=made,
            billing_period=self._period(row),
            billing_account=Ref(id=row["account"]),
            parties=(Party(id=row["customer"], role="customer"),) if row["customer"] else (),
            net=net,
            gross=gross,
            amount_due=gross,
            remaining=gross,
            taxes=(AppliedTax(category="VAT", rate=self._words.rate(row["permille"]), amount=tax),),
        )

    def bill_facts(self, row: _Row, bill: Bill, at: datetime) -> Iterator[Fact]:
        """Yield what a bill's totals say and, where the host says so, that it was sent and posted."""
        subject, answer = f"bill:{bill.id}", dict(row)
        assert bill.net is not None
        assert bill.gross is not None
        totals = {"taxExcludedAmount": _wire(bill.net), "taxIncludedAmount": _wire(bill.gross)}
        yield self._speaker.reading(self._words.currencies).says("bill.balanced", subject, totals, at=at, answer=answer)
        if bill.state is BillState.SENT:
            sent = {"account": row["account"], "channel": row["channel"] or None}
            yield self._speaker.reading(self._words.states).says("bill.sent", subject, sent, at=at, answer=answer)
        posted = self.posting(row)
        if posted is not None and posted.amount is not None:
            value = {"account": row["account"], "amount": _wire(posted.amount)}
            speaker = self._speaker.reading(self._words.currencies)
            yield speaker.says("ledger.posted", subject, value, at=at, answer=answer)

    def posting(self, row: _Row) -> LedgerEntry | None:
        """Return what the ledger has of an invoice; None where the host does not say that it has it."""
        if not row["posted"]:
            return None
        period = self._period(row)
        amount = self._words.money({**row, "gross": row["posted"]}, "gross")
        return LedgerEntry(
            bill=row["invoice"], account=row["account"], amount=amount, start=period.start, end=period.end
        )

    def _period(self, row: _Row) -> Period:
        return Period(start=self._words.day(row["from"]), end=self._words.until(row["until"]))


def _wire(money: Money) -> dict[str, Any]:
    return {"unit": money.currency, "value": float(money.amount)}
