"""Telling what happened: the tables at the end of the demonstration."""

from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from gateway.app.demo.outcome import DayOutcome
from gateway.canonical.judgement import Gate
from gateway.canonical.money import CURRENCY_EXPONENTS

__all__ = ["print_billing", "print_day", "print_findings", "print_timeline", "wide_console"]


_GATES = [gate.value for gate in Gate]


def wide_console(*, stderr: bool = False) -> Console:
    """Return a console; where nobody knows the width (a file, a pipe) one that does not break the tables."""
    console = Console(stderr=stderr, highlight=False)
    return console if console.is_terminal else Console(stderr=stderr, highlight=False, width=150)


def print_day(console: Console, day: DayOutcome) -> None:
    """Print the whole day."""
    console.rule("An order as TM Forum's own example has it: valid by its schema, and refused")
    print_findings(console, day.refused_first["error"])
    console.rule("The same order with just that corrected: the way to its bill")
    print_timeline(console, day.first.timeline)
    print_billing(console, day.first.rates, day.first.bills)
    console.rule(f"The orders of the day{' (all results simulated)' if day.simulated else ''}")
    _print_orders(console, day)
    console.rule("Held or refused: by which rule, at which gate, waiting for what")
    _print_stopped(console, day)
    console.rule("Ordered = delivered = billed (net first charges)")
    _print_agreement(console, day)
    console.rule("Seeded disagreements: who saw them?")
    _print_disagreements(console, day)
    healthy = sum(one.is_as_it_should_be for one in day.healthy)
    seen = sum(one.is_as_it_should_be for one in day.seeded)
    by_schema = sum(one.schema_refusal is not None for one in day.seeded)
    console.print(
        f"\n{healthy} of {len(day.healthy)} healthy orders at their end, {seen} of {len(day.seeded)} disagreements "
        f"seen by the gateway, {by_schema} by the schema; {day.seconds:.0f} s"
    )


def print_findings(console: Console, error: dict[str, Any]) -> None:
    """Print every finding of a refusal: rule, path, what is wrong, remedy."""
    table = Table("rule", Column("path", overflow="fold"), "what is wrong", "remedy")
    for one in error.get("finding") or [error]:
        severity = "" if one.get("severity") in {None, "reject"} else f" ({one['severity']})"
        table.add_row(
            str(one.get("code", "")) + severity,
            escape(str(one.get("path", ""))),
            escape(str(one.get("reason", ""))),
            escape(str(one.get("message") or one.get("fix") or "")),
        )
    console.print(table)


def print_timeline(console: Console, timeline: dict[str, Any]) -> None:
    """Print the timeline of one order: each fact with its source, each gate with its verdict."""
    table = Table("time", "gate", "what", "about", "source", "assurance / verdict")
    for one in timeline.get("timeline", []):
        row = _timeline_row(one)
        if row is not None:
            table.add_row(*row)
    console.print(table)


def _timeline_row(one: dict[str, Any]) -> tuple[str, ...] | None:
    at = str(one.get("at", ""))[11:23]
    kind = one.get("kind")
    if kind == "fact":
        said = (str(one.get("predicate")), str(one.get("subject")), str(one.get("source")), str(one.get("assurance")))
        return (at, "", *said)
    if kind == "decision":
        verdict = str(one.get("verdict"))
        colour = {"advance": "green", "hold": "yellow", "reject": "red"}.get(verdict, "white")
        return (
            at,
            f"[bold]{one.get('gate')}[/bold]",
            "gate judged",
            "",
            "tmf-gateway",
            f"[{colour}]{verdict}[/{colour}]",
        )
    if kind == "hold":
        return (
            at,
            str(one.get("gate")),
            "hold",
            "",
            "tmf-gateway",
            escape(str(one.get("cause") or one.get("state") or "")),
        )
    if one.get("type") == "stateChange":
        return (at, "", "state", str(one.get("resourceKind", "")), "tmf-gateway", str(one.get("state")))
    return None


def print_billing(console: Console, rates: list[dict[str, Any]], bills: list[dict[str, Any]]) -> None:
    """Print the charges of an order and its bills."""
    if not rates and not bills:
        return
    table = Table("charge", "type", "net", "gross", "bill")
    for rate in rates:
        net, gross = rate.get("taxExcludedAmount", {}), rate.get("taxIncludedAmount", {})
        table.add_row(
            str(rate.get("name", rate["id"])),
            str(rate.get("type", "")),
            f"{net.get('value', 0):.2f} {net.get('unit', '')}",
            f"{gross.get('value', 0):.2f} {gross.get('unit', '')}",
            str(rate.get("bill", {}).get("id", "")),
        )
    console.print(table)
    for bill in bills:
        due = bill.get("taxIncludedAmount", {})
        console.print(
            f"bill {bill.get('billNo', bill['id'])} ({bill.get('state')}): {due.get('value')} {due.get('unit')}"
        )


def _print_orders(console: Console, day: DayOutcome) -> None:
    table = Table("order", "what", "state", "stands at", "")
    for one in day.healthy[1:]:
        mark = "[green]ok[/green]" if one.is_as_it_should_be else "[red]NOT as it should be[/red]"
        table.add_row(one.entry.name, one.entry.title, one.state, one.checkpoint, mark)
    console.print(table)


def _print_stopped(console: Console, day: DayOutcome) -> None:
    table = Table("rule", "gate", "", "order", "what is wrong", "waits for")
    rows = [(s, one) for one in (day.first, *day.entries) for s in one.sightings]
    shown: set[tuple[str, str, str]] = set()
    for sighting, one in sorted(rows, key=lambda row: (_GATES.index(row[0].gate), row[0].code)):
        if (sighting.code, sighting.gate, one.entry.name) in shown:
            continue
        shown.add((sighting.code, sighting.gate, one.entry.name))
        reason = escape(sighting.reason)
        table.add_row(sighting.code, sighting.gate, sighting.verdict, one.entry.name, reason, sighting.waits_for)
    console.print(table)


def _print_agreement(console: Console, day: DayOutcome) -> None:
    table = Table("orders", "ordered", "delivered", "billed", "discounts", "agree")
    healthy = {one.order_id for one in day.healthy}
    for label, wanted in (("healthy", True), ("with a seeded disagreement", False)):
        rows = [one for one in day.agreement.orders if (one.order in healthy) is wanted and one.state != "cancelled"]
        sums = [_total(rows, name) for name in ("ordered", "delivered", "billed", "reduced")]
        agree = f"{sum(row.agrees for row in rows)} of {len(rows)}"
        table.add_row(label, *sums, agree)
    console.print(table)


def _total(rows: list[Any], name: str) -> str:
    totals: dict[str, int] = {}
    for row in rows:
        for currency, minor in getattr(row, name).items():
            totals[currency] = totals.get(currency, 0) + minor
    return ", ".join(f"{Decimal(m).scaleb(-CURRENCY_EXPONENTS.get(c, 2))} {c}" for c, m in totals.items()) or "0"


def _print_disagreements(console: Console, day: DayOutcome) -> None:
    table = Table("disagreement", "seen by the schema?", "seen by the gateway?", "at gate", "")
    for one in day.seeded:
        seen = one.expected
        table.add_row(
            one.entry.title,
            "no" if one.schema_refusal is None else f"[red]yes: {escape(one.schema_refusal)}[/red]",
            f"[green]{seen.code}[/green]" if seen else f"[red]NO, expected {one.entry.expect}[/red]",
            seen.gate if seen else "",
            seen.verdict if seen else f"stands at {one.checkpoint}",
        )
    console.print(table)
