"""From the billing system's rows to rates, bills and facts. Pure."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from adapters.sdk.facts import Speaker
from adapters.sdk.fields import Fields
from adapters.sdk.redact import redact
from gateway.canonical.bill import AppliedRate, AppliedTax, Bill
from gateway.canonical.common import Characteristic, Party, Period, Ref
from gateway.canonical.fact import Fact
from gateway.canonical.lifecycle import LedgerEntry
from gateway.canonical.money import Money
from gateway.canonical.states import BillState
from gateway.ports.errors import Unreadable
from gateway.vocabulary.fields.sum import TaxedMoney
from gateway.vocabulary.table import Vocabulary

__all__ = ["BillingReader"]

_SYSTEM = "simulated-billing"


class BillingReader:
    """Reads rows with the tables of one system. Every method may raise Unreadable and UnknownCode."""

    def __init__(
        self, speaker: Speaker, kinds: Vocabulary, states: Vocabulary, currencies: Vocabulary, fields: Fields
    ) -> None:
        self._speaker, self._kinds, self._states, self._currencies = speaker, kinds, states, currencies
        self._fields = fields

    def rate(self, row: dict[str, Any], order_id: str) -> AppliedRate:
        """Return a charge as an applied rate; its id and the bill's are the system's own."""
        try:
            kind = self._kinds.translate(row["kind"])
            start = self._day("from", row["from"])
            tax = self._money(row["tax"], row)
            reduces = row["reduces"]
            return AppliedRate(
                id=row["id"],
                name=row["text"],
                type=kind,
                date=start,
                is_billed=row["invoice"] is not None,
                bill=Ref(id=row["invoice"]) if row["invoice"] else None,
                billing_account=Ref(id=row["account"]),
                product=Ref(id=row["product"]) if row["product"] else None,
                period_cover=Period(start=start, end=self._day("to", row["to"])) if row["to"] else None,
                net=self._sum("net", row),
                gross=self._sum("gross", row),
                taxes=(AppliedTax(category="VAT", rate=self._fields.read("permille", row["permille"]), amount=tax),),
                characteristics=(Characteristic(name="reducesRate", value=reduces, value_type="string"),)
                if reduces
                else (),
                order_id=order_id,
                item_id=row["item"],
            )
        except (KeyError, ValueError, TypeError) as error:
            raise _broken("charge", row) from error

    def charge_facts(self, rows: Sequence[dict[str, Any]], at: datetime) -> Iterator[Fact]:
        """Yield when each item's charges start, and by which rate; a reduction is no charge of its own."""
        seen: set[str] = set()
        for row in rows:
            if self._kinds.translate(row["kind"]) == "discount" or row["item"] in seen:
                continue
            seen.add(row["item"])
            subject = f"item:{row['item']}"
            started = {"date": self._day("from", row["from"]).isoformat(), "product": row["product"]}
            speaker = self._speaker.reading(self._kinds)
            yield speaker.says("charge.started", subject, started, at=at, answer=row)
            yield speaker.says("rate.created", subject, {"rate": row["id"]}, at=at, answer=row)

    def bill(self, row: dict[str, Any]) -> Bill:
        """Return an invoice as a bill; its id is the system's own."""
        try:
            net, gross = self._sum("net", row), self._sum("gross", row)
            return Bill(
                id=row["id"],
                bill_no=row["number"],
                category="normal",
                run_type="offCycle",
                state=BillState(self._states.translate(row["state"])),
                bill_date=datetime.fromisoformat(row["date"]),
                due_date=self._day("from", row["due"]),
                last_update=datetime.fromisoformat(row["sent"] or row["date"]),
                billing_period=Period(start=self._day("from", row["from"]), end=self._day("to", row["to"])),
                billing_account=Ref(id=row["account"]),
                parties=(Party(id=row["customer"], role="customer"),) if row["customer"] else (),
                net=net,
                gross=gross,
                amount_due=gross,
                remaining=gross,
                taxes=tuple(
                    AppliedTax(
                        category="VAT",
                        rate=self._fields.read("permille", tax["permille"]),
                        amount=self._money(tax["minor"], row),
                    )
                    for tax in row["taxes"]
                ),
            )
        except (KeyError, ValueError, TypeError) as error:
            raise _broken("invoice", row) from error

    def bill_facts(self, row: dict[str, Any], bill: Bill) -> Iterator[Fact]:
        """Yield that a bill was sent, and what its totals say."""
        assert bill.net is not None
        assert bill.gross is not None
        subject, at = f"bill:{bill.id}", bill.last_update or bill.bill_date
        assert at is not None
        totals = {"taxExcludedAmount": _wire(bill.net), "taxIncludedAmount": _wire(bill.gross)}
        yield self._speaker.reading(self._currencies).says("bill.balanced", subject, totals, at=at, answer=row)
        sent = {"account": row["account"], "channel": row.get("channel")}
        yield self._speaker.reading(self._states).says("bill.sent", subject, sent, at=at, answer=row)

    def posting(self, entry: Sequence[str], row: dict[str, Any], bill: Bill) -> tuple[LedgerEntry, Fact]:
        """Return a ledger entry (number, account, currency, minor units, from, to) as posting and fact."""
        try:
            _, account, currency, minor, start, end = entry
            amount = Money.of_minor(int(minor), self._currencies.translate(currency))
        except (KeyError, ValueError) as error:
            raise _broken("ledger entry", entry) from error
        posted = LedgerEntry(
            bill=bill.id, account=account, amount=amount, start=self._day("from", start), end=self._day("to", end)
        )
        at = bill.bill_date
        assert at is not None
        value = {"account": account, "amount": _wire(amount)}
        speaker, subject = self._speaker.reading(self._currencies), f"bill:{bill.id}"
        fact = speaker.says("ledger.posted", subject, value, at=at, answer=[*entry, row["id"]])
        return posted, fact

    def _sum(self, name: str, row: dict[str, Any]) -> Money:
        said: TaxedMoney = self._fields.read(name, row[name], currency=self._currencies.translate(row["currency"]))
        return said.plain

    def _money(self, minor: int, row: dict[str, Any]) -> Money:
        return Money.of_minor(int(minor), self._currencies.translate(row["currency"]))

    def _day(self, name: str, text: str) -> datetime:
        """Return local midnight of a day."""
        moment: datetime = self._fields.read(name, text)
        return moment


def _wire(money: Money) -> dict[str, Any]:
    return {"unit": money.currency, "value": float(money.amount)}


def _broken(what: str, row: object) -> Unreadable:
    return Unreadable(f"{_SYSTEM} gave a {what} that cannot be read", redact(str(row)))
