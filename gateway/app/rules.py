"""`tmf-gateway rules …`."""

import sys
from collections.abc import Sequence
from pathlib import Path

import orjson
from rich.console import Console
from rich.markdown import Markdown
from rich.table import Table

from gateway.lifecycle.rule_sets.reading import load_rule_set
from gateway.rules.catalogue import Catalogue
from gateway.rules.rule import Rule

__all__ = ["explain_rule", "list_rules"]


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
