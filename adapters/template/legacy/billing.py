"""How the stand-in bills: charges stay open until an invoice is made of them; it is sent and posted a moment later."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import ClassVar

from adapters.template.legacy.system import No, Part, Row, System, now

__all__ = ["Billing"]

_CLOSED = frozenset({"BA-1099"})


class Billing(Part):
    """Charges, invoices and a ledger. Sums are whole cents, written as text."""

    kinds: ClassVar[Mapping[str, str]] = {
        "charge": "reference customerReference item account product kind text net tax gross quantity permille "
        "currency starts ends stopped reduces months share status invoice created",
        "invoice": "reference account scope number customer currency net tax gross starts ends due created sent "
        "channel status",
        "ledger": "reference invoice account currency amount starts ends created",
    }

    def take(self, system: System, kind: str, row: Row) -> None:
        """Start a charge, or make an invoice of an account's open charges."""
        if str(row.get("account")) in _CLOSED:
            raise No("CLOSED", f"account {row['account']} is closed")
        if kind == "charge":
            self._charge(system, row)
        elif kind == "invoice":
            self._invoice(system, row)

    def turn(self, kind: str, row: Row, to: Mapping[str, str]) -> None:
        """Stop a charge or take it back, unless it was invoiced."""
        if kind == "charge" and to.get("status") == "VOID" and row.get("invoice"):
            raise No("BILLED", f"charge {row['id']} was invoiced")
        row |= dict(to)

    def work(self, system: System, kind: str, row: Row) -> None:
        """Post and send what is a draft, and write the ledger."""
        if kind != "invoice" or row["status"] != "DRAFT":
            return
        row |= {"status": "SENT", "sent": now(), "channel": "e-mail", "number": f"R-{row['id'][4:]}"}
        entry = {name: row[name] for name in ("account", "currency", "starts", "ends", "reference")}
        entry |= {"id": system.new_id("ledger"), "invoice": row["id"], "amount": row["gross"], "created": row["sent"]}
        system.of("ledger").append(entry)

    def _charge(self, system: System, row: Row) -> None:
        if row.get("share"):
            parent = next(one for one in system.of("charge") if _reduces(row, one))
            row["net"] = str(-round(int(parent["net"]) * int(row["share"]) / 1000))
            net = int(row["net"])
        else:
            net = int(row["net"]) * int(row.get("quantity") or 1)
        tax = round(net * int(row["permille"]) / 1000)
        row |= {"net": str(net), "tax": str(tax), "gross": str(net + tax), "ends": "", "stopped": ""}
        row |= {"status": "OPEN", "invoice": "", "created": now()}
        if row["kind"] in {"MON", "OFF"}:
            row["ends"] = _month_after(date.fromisoformat(row["starts"])).isoformat()

    def _invoice(self, system: System, row: Row) -> None:
        rows = [one for one in system.of("charge") if one["account"] == row["account"] and one["status"] == "OPEN"]
        if row.get("scope") == "ORDER":
            rows = [one for one in rows if one["reference"] == row["reference"]]
        if not rows:
            raise No("NOTHING-OPEN", f"account {row['account']} has no open charge")
        for one in rows:
            one |= {"status": "BILLED", "invoice": row["id"]}
        sums = {name: str(sum(int(one[name]) for one in rows)) for name in ("net", "tax", "gross")}
        row |= {"status": "DRAFT", "created": now(), "currency": rows[0]["currency"], **sums}
        row |= {"starts": min(one["starts"] for one in rows), "ends": max(one["ends"] or one["starts"] for one in rows)}
        row["due"] = (datetime.now(UTC) + timedelta(days=14)).date().isoformat()


def _reduces(row: Row, one: Row) -> bool:
    return (one["reference"], one["item"], one["text"]) == (row["reference"], row["item"], row["reduces"])


def _month_after(day: date) -> date:
    year, month = divmod(day.year * 12 + day.month, 12)
    last = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))
