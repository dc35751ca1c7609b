"""What the gateway knows of its rules and errors: as data, and as small pages for people."""

from collections.abc import Iterable
from html import escape
from typing import Any

from gateway.faces.problems import Problem
from gateway.rules.bindings.modes import Mode
from gateway.rules.rule import SECTIONS, Rule

__all__ = ["error_page", "error_to_wire", "rule_page", "rule_to_wire", "rules_page"]

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b}"
    "h1{font-size:1.5rem}h2{font-size:1.05rem;margin-bottom:.2rem}table{border-collapse:collapse}"
    "td,th{text-align:left;padding:.2rem 1rem .2rem 0;vertical-align:top}a{color:#0b57d0}"
)


def rule_to_wire(rule: Rule, mode: Mode = Mode.ENFORCE) -> dict[str, Any]:
    """Return a rule with how it is taken and the sections of its explanation."""
    return {
        "code": rule.code,
        "name": rule.name.replace("_", "-"),
        "title": rule.title,
        "gate": rule.gate.value if rule.gate else "any",
        "severity": rule.severity.value,
        "mode": mode.value,
        "level": f"L{rule.level}",
        "reads": list(rule.reads),
        "parameters": list(rule.params),
        "blockedBy": rule.blocked_by.value,
        "since": rule.since,
        "version": rule.version,
        "sections": [{"title": name, "text": rule.doc[name]} for name in SECTIONS],
    }


def rule_page(rule: Rule, mode: Mode = Mode.ENFORCE) -> str:
    """Return the page of one rule."""
    said = rule_to_wire(rule, mode)
    names = ("gate", "severity", "mode", "level", "blockedBy", "since")
    rows = [(name, said[name]) for name in names]
    rows += [(name, ", ".join(said[name])) for name in ("reads", "parameters") if said[name]]
    rows.append(("version", str(rule.version)))
    table = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in rows)
    sections = "".join(f"<h2>{escape(one['title'])}</h2><p>{escape(one['text'])}</p>" for one in said["sections"])
    return _page(f"{rule.code} {said['name']}", f"<p>{escape(rule.title)}</p><table>{table}</table>{sections}")


def rules_page(rules: Iterable[Rule], address: str) -> str:
    """Return the page that lists the rules; `address` is that of the list."""
    rows = "".join(
        f'<tr><td><a href="{escape(address)}/{escape(rule.code)}">{escape(rule.code)}</a></td>'
        f"<td>{escape(rule.gate.value if rule.gate else 'any')}</td><td>{rule.severity.value}</td>"
        f"<td>{escape(rule.title)}</td></tr>"
        for rule in rules
    )
    head = "<tr><th>code</th><th>gate</th><th>severity</th><th>what it asks for</th></tr>"
    return _page("Rules", f"<table>{head}{rows}</table>")


def error_to_wire(code: str, row: Problem) -> dict[str, Any]:
    """Return an error code with what it means and what to do about it."""
    return {"code": code, "status": row.status, "meaning": row.meaning, "fix": row.fix}


def error_page(code: str, row: Problem) -> str:
    """Return the page of one error code."""
    return _page(f"{code} ({row.status})", f"<p>{escape(row.meaning)}</p><h2>What to do</h2><p>{escape(row.fix)}</p>")


def _page(title: str, content: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>'
        f"<body><h1>{escape(title)}</h1>{content}</body></html>"
    )
