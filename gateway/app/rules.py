"""`tmf-gateway rules …`."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson
from rich.console import Console
from rich.markdown import Markdown
from rich.progress import track
from rich.table import Table

from gateway.canonical.judgement import Judgement, Verdict
from gateway.faces.lifecycle.trace import TraceProblem, answer_of, trace_from_wire
from gateway.lifecycle.rule_sets.reading import load_rule_set
from gateway.rules.engine import Catalogue, judge_all
from gateway.rules.rule import Rule

__all__ = ["check_files", "explain_rule", "list_rules"]

_RANK = {Verdict.ADVANCE: 0, Verdict.HOLD: 1, Verdict.REJECT: 2}


def list_rules(*, as_json: bool, rule_set: Path | None = None) -> None:
    """Print every rule, with those of a rule set. Raises SetupError."""
    rules = _rules(rule_set)
    if as_json:
        said = [
            {
                "code": rule.code,
                "title": rule.title,
                "gate": rule.gate or "any",
                "severity": rule.severity,
                "level": f"L{rule.level}",
                "reads": list(rule.reads),
                "parameters": rule.params,
                "since": rule.since,
                "version": rule.version,
            }
            for rule in rules
        ]
        sys.stdout.write(orjson.dumps(said, option=orjson.OPT_INDENT_2).decode() + "\n")
        return
    table = Table("code", "gate", "severity", "what it refuses")
    for rule in rules:
        table.add_row(rule.code, rule.gate or "any", rule.severity, rule.title)
    Console().print(table)


def explain_rule(code: str, rule_set: Path | None = None) -> int:
    """Print a rule's page; return 1 where there is no such rule. Raises SetupError."""
    rule = next((rule for rule in _rules(rule_set) if rule.code == code.upper()), None)
    if rule is None:
        Console(stderr=True).print(f"no rule {code}; see tmf-gateway rules list")
        return 1
    Console().print(Markdown(rule.markdown()))
    return 0


def _rules(rule_set: Path | None) -> Sequence[Rule]:
    built_in = Catalogue.load()
    if rule_set is None:
        return built_in.rules
    site = load_rule_set(rule_set, built_in)[0].site_rules
    return (*built_in.rules, *(one.rule for one in site))


def check_files(files: Sequence[Path], *, as_json: bool, fail_on: str | None) -> int:
    """Judge every trace of the files; return 1 where a gate is as bad as `fail_on`, 2 where a file cannot be read."""
    if fail_on is not None and fail_on not in {"hold", "reject"}:
        Console(stderr=True).print("--fail-on takes hold or reject")
        return 2
    catalogue, worst = Catalogue.load(), 0
    try:
        documents = list(_documents(files))
    except OSError as error:
        Console(stderr=True).print(f"cannot read {error.filename}: {error.strerror}")
        return 2
    shown = documents if len(documents) < 100 else track(documents, "judging", console=Console(stderr=True))
    for name, text in shown:
        try:
            trace = trace_from_wire(orjson.loads(text))
            judgements = judge_all(trace, catalogue)
        except (TraceProblem, orjson.JSONDecodeError) as error:
            _print_problem(name, error, as_json=as_json)
            continue
        worst = max([worst, *(_RANK[judgement.verdict] for judgement in judgements)])
        if as_json:
            sys.stdout.write(orjson.dumps(answer_of(judgements, trace)).decode() + "\n")
        else:
            _print_findings(name, judgements)
    return int(fail_on is not None and worst >= _RANK[Verdict(fail_on)])


def _documents(files: Sequence[Path]) -> Iterator[tuple[str, bytes]]:
    for file in files:
        body = file.read_bytes()
        if file.suffix == ".jsonl":
            yield from ((f"{file.name}:{n}", line) for n, line in enumerate(body.splitlines(), 1) if line.strip())
        else:
            yield file.name, body


def _print_problem(name: str, error: Exception, *, as_json: bool) -> None:
    said: dict[str, Any] = {"error": {"code": "unreadableTrace", "reason": str(error)}}
    if as_json:
        sys.stdout.write(orjson.dumps(said).decode() + "\n")
    else:
        Console().print(f"{name}: cannot be read: {error}", markup=False)


def _print_findings(name: str, judgements: Sequence[Judgement]) -> None:
    console = Console()
    table = Table("gate", "verdict", "waits for", "finding", "path", "remedy", title=name)
    for judgement in judgements:
        waits = "\n".join(map(str, judgement.missing))
        table.add_row(judgement.gate, judgement.verdict, waits, "", "", "")
        for finding in judgement.findings:
            table.add_row("", finding.severity, "", f"{finding.code} {finding.reason}", finding.path, finding.fix)
    console.print(table)
