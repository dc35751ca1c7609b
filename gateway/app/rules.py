"""`tmf-gateway rules …`."""

import sys

import orjson
from rich.console import Console
from rich.markdown import Markdown
from rich.table import Table

from gateway.rules.catalogue import Catalogue

__all__ = ["explain_rule", "list_rules"]


def list_rules(*, as_json: bool) -> None:
    """Print every rule."""
    rules = Catalogue.load().rules
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
            }
            for rule in rules
        ]
        sys.stdout.write(orjson.dumps(said, option=orjson.OPT_INDENT_2).decode() + "\n")
        return
    table = Table("code", "gate", "severity", "what it refuses")
    for rule in rules:
        table.add_row(rule.code, rule.gate or "any", rule.severity, rule.title)
    Console().print(table)


def explain_rule(code: str) -> int:
    """Print a rule's page; return 1 where there is no such rule."""
    rule = next((rule for rule in Catalogue.load().rules if rule.code == code.upper()), None)
    if rule is None:
        Console(stderr=True).print(f"no rule {code}; see tmf-gateway rules list")
        return 1
    Console().print(Markdown(rule.markdown()))
    return 0
