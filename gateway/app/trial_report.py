"""How a trial of an adapter is shown: to a person step by step, or as data."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson
import yaml
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Column, Table

from gateway.app.trial import TrialStep
from gateway.canonical.order import ProductOrder
from gateway.ports.adapter import Adapter, Message, Outcome, Report
from gateway.ports.exchange import Exchange
from gateway.ports.loss import Fate

__all__ = ["as_data", "print_end", "print_start", "print_step", "trial_console"]

_SHOWN = 1200
"""Characters of a request or an answer that are shown to a person; as data all of it is."""


def trial_console() -> Console:
    """Return a console that shows texts as they are, and does not break tables where nobody knows the width."""
    known = Console(highlight=False, emoji=False, soft_wrap=True)
    return known if known.is_terminal else Console(highlight=False, emoji=False, soft_wrap=True, width=150)


def print_start(console: Console, adapter: Adapter, order: ProductOrder) -> None:
    """Print which adapter is tried, and with what."""
    offers = ", ".join(item.offering.id for _, item in order.all_items() if item.offering)
    console.print(f"[bold]{escape(adapter.name)}[/bold] plays {adapter.role}; the order is for {escape(offers)}")


def print_step(console: Console, step: TrialStep) -> None:
    """Print one operation: the canonical message, each exchange, the report, its facts, the gate, the losses."""
    console.rule(f"[bold]{step.message.operation}[/bold]", align="left")
    console.print("canonical message", style="cyan")
    console.print(escape(_shown(_message(step.message))))
    for number, one in enumerate(step.exchanges, 1):
        _print_exchange(console, number, one)
    if step.error is not None:
        title = f"{type(step.error).__name__} ({step.error.code})"
        console.print(Panel(escape(f"{step.error.reason}\nFix: {step.error.fix}"), title=title, style="red"))
    if step.report is not None:
        _print_report(console, step, step.report)
    _print_judgement(console, step)
    _print_losses(console, step)


def print_end(console: Console, steps: Sequence[TrialStep]) -> None:
    """Print whether it worked."""
    console.rule(align="left")
    bad = [step.message.operation.value for step in steps if not step.is_well]
    if not bad:
        console.print(f"[green]all went well[/green]: {', '.join(step.message.operation for step in steps)}")
    else:
        console.print(f"[red]not well[/red]: {', '.join(bad)}")


def as_data(step: TrialStep) -> dict[str, Any]:
    """Return a step as JSON has it."""
    judgement, losses, error = step.judgement, step.losses, step.error
    return {
        "operation": step.message.operation.value,
        "message": _message(step.message),
        "exchanges": [
            {"call": one.call, "request": one.request, "answer": one.answer, "error": one.error}
            for one in step.exchanges
        ],
        "looks": step.looks,
        "report": step.report.model_dump(mode="json", exclude_defaults=True) if step.report else None,
        "error": {"class": type(error).__name__, "code": error.code, "reason": error.reason, "fix": error.fix}
        if error
        else None,
        "gate": {
            "gate": judgement.gate.value,
            "verdict": judgement.verdict.value,
            "waitsFor": [str(key) for key in judgement.missing],
            "findings": [
                {
                    "code": one.code,
                    "severity": one.severity.value,
                    "path": one.path,
                    "reason": one.reason,
                    "fix": one.fix,
                }
                for one in judgement.findings
            ],
        }
        if judgement
        else None,
        "losses": [
            {"direction": one.direction.value, "member": one.member, "fate": one.fate.value, "note": one.note}
            for one in losses.members
        ]
        if losses
        else None,
        "isWell": step.is_well,
    }


def _print_exchange(console: Console, number: int, one: Exchange) -> None:
    console.print(f"request {number}: {escape(one.call)}", style="cyan")
    if one.request is not None:
        console.print(escape(_shown(_plain(one.request))))
    console.print(f"answer {number} after {one.seconds * 1000:.0f} ms", style="cyan")
    console.print(escape(one.error if one.error is not None else _shown(_plain(one.answer))))


def _print_report(console: Console, step: TrialStep, report: Report) -> None:
    looks = f" after {step.looks} looks" if step.looks else ""
    ended = "done" if report.outcome is Outcome.DONE else "still at work: give it more --seconds"
    ids = ", ".join(f"{name} is {one}" for name, one in report.legacy_ids.items())
    console.print(f"report: {ended}{looks}" + (f"; {escape(ids)}" if ids else ""), style="cyan")
    if report.facts:
        table = Table("fact", Column("value", overflow="fold"), "observed at", "source", "evidence")
        for fact in report.facts:
            evidence = ", ".join(one.kind for one in fact.evidence)
            source = f"{fact.source.system} {fact.source.vocabulary or ''}".strip()
            value = orjson.dumps(fact.value, default=str).decode()
            row = (str(fact.key), value, fact.observed_at.isoformat(timespec="seconds"), source, evidence)
            table.add_row(*map(escape, row))
        console.print(table)
    for line in _sums(report):
        console.print(escape(line))
    for refusal in report.refusals:
        console.print(f"[red]refused[/red] {escape(f'{refusal.subject}: {refusal.legacy_code} {refusal.legacy_text}')}")


def _sums(report: Report) -> Iterator[str]:
    for rate in report.rates:
        yield f"rate {rate.id} of item {rate.item_id}: {rate.type}, net {_money(rate.net)}, gross {_money(rate.gross)}"
    for bill in report.bills:
        yield f"bill {bill.id}: {bill.state}, net {_money(bill.net)}, gross {_money(bill.gross)}"
    for entry in report.ledger:
        yield f"ledger entry of {entry.bill}: {_money(entry.amount)} to {entry.account}"


def _money(sum_: Any) -> str:
    return "not said" if sum_ is None else f"{sum_.amount} {sum_.currency}"


def _print_judgement(console: Console, step: TrialStep) -> None:
    judgement = step.judgement
    if judgement is None:
        return
    console.print(f"gate {judgement.gate}: {judgement.verdict}", style="cyan")
    for one in judgement.findings:
        console.print(f"[red]{one.severity} {one.code}[/red] {escape(f'{one.path}: {one.reason}. Fix: {one.fix}')}")
    if judgement.findings and step.is_alone:
        console.print("who comes before it is silent here, so the gate cannot know enough: its findings do not count")
    if judgement.missing:
        console.print(f"it waits for {escape(', '.join(map(str, judgement.missing)))}, from whoever says so")


def _print_losses(console: Console, step: TrialStep) -> None:
    if step.losses is None:
        return
    counts = ", ".join(f"{number} {fate}" for fate, number in step.losses.counts.items() if number)
    console.print(f"members: {counts or 'none'}", style="cyan")
    for one in step.losses.members:
        if one.fate is Fate.UNMAPPED:
            console.print(f"[red]finding[/red] {escape(str(one))}")
        elif one.fate in {Fate.COERCED, Fate.DEFAULTED}:
            console.print(escape(str(one)))


def _message(message: Message) -> dict[str, Any]:
    """Return what is asked for: the order, and its service orders where the operation is about services."""
    said = message.model_dump(
        mode="json", exclude_defaults=True, exclude={"reference", "facts", "rates", "attempt", "legacy_ids"}
    )
    if message.operation.value != "activate":
        said.pop("service_orders", None)
    return {**said, "context": [str(fact.key) for fact in message.facts]} if message.facts else said


def _plain(said: Any) -> Any:
    """Return what a recording holds without what HTTP adds to it."""
    if isinstance(said, Mapping) and "body" in said:
        kept = {name: one for name, one in said.items() if name in {"status", "query"} and one}
        body = said["body"]
        text = body.get("json", body.get("text", body)) if isinstance(body, Mapping) else body
        return {**kept, "body": text} if text is not None else kept
    return said


def _shown(value: Any) -> str:
    """Return a value as a person reads it: YAML, short things on one line."""
    if isinstance(value, str):
        text = value
    else:
        text = yaml.safe_dump(value, sort_keys=False, allow_unicode=True, default_flow_style=None, width=140).rstrip()
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(text)} characters)"
