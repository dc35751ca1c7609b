"""Sums as the simulated billing system makes them: whole minor units, tax in per mille, one half-up rounding a line."""

from calendar import monthrange
from datetime import date
from typing import Any

from adapters.simulated.systems.store import Faults, new_key

__all__ = ["charge_rows", "month_after", "totals"]


def month_after(day: date) -> date:
    """Return the same day of the next month, or its last."""
    year, month = (day.year, day.month + 1) if day.month < 12 else (day.year + 1, 1)
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def charge_rows(contract: dict[str, Any], line: dict[str, Any], day: date, faults: Faults) -> list[dict[str, Any]]:
    """Return what one line of a contract costs from a day on: its charge, and each reduction as a row of its own."""
    recurring = line["kind"] == "W"
    amount = line["minor"] * line["quantity"]
    charge = _row(contract, line, line["kind"], amount, line["text"], faults) | {
        "from": day.isoformat(),
        "to": month_after(day).isoformat() if recurring else None,
    }
    rows = [charge]
    for reduction in line["reductions"]:
        off = reduction.get("minor")
        off = -_half_up(amount * int(reduction["permille"]), 1000) if off is None else -abs(int(off))
        rows.append(
            _row(contract, line, "R", off, reduction["text"], faults)
            | {"from": charge["from"], "to": charge["to"], "reduces": charge["id"], "months": reduction.get("months")}
        )
    if recurring and "double-charge" in faults:
        rows.append(charge | {"id": new_key("CH")})
    return rows


def totals(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return net, tax by rate and gross of charges."""
    by_rate: dict[int, int] = {}
    for row in rows:
        by_rate[row["permille"]] = by_rate.get(row["permille"], 0) + row["tax"]
    taxes = [{"permille": rate, "minor": minor} for rate, minor in sorted(by_rate.items())]
    return {"net": sum(r["net"] for r in rows), "taxes": taxes, "gross": sum(r["gross"] for r in rows)}


def _row(  # noqa: PLR0913, PLR0917 - one charge in its parts
    contract: dict[str, Any], line: dict[str, Any], kind: str, minor: int, text: str, faults: Faults
) -> dict[str, Any]:
    tax = _half_up(minor * line["permille"], 1000)
    net, gross = minor, minor + tax
    if "net-gross-swapped" in faults:
        net, gross = gross, net
    return {
        "id": new_key("CH"),
        "contract": contract["id"],
        "account": faults.argument("wrong-account") or contract["account"],
        "item": line["item"],
        "product": line["product"],
        "kind": kind,
        "text": text,
        "net": net,
        "tax": tax,
        "gross": gross,
        "permille": line["permille"],
        "currency": line["currency"],
        "state": "OPEN",
        "invoice": None,
        "reduces": None,
        "months": None,
    }


def _half_up(value: int, divisor: int) -> int:
    sign = -1 if value < 0 else 1
    return sign * ((2 * abs(value) + divisor) // (2 * divisor))
