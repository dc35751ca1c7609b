"""`tmf-gateway adapter list`: what is installed, which roles it plays, and what it declares to support."""

import json
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from gateway.app.plugins import find_plugins
from gateway.ports.adapter import AdapterPlugin, Role
from gateway.vocabulary.conformance import load_declaration

__all__ = ["list_adapters"]

_FILE = "conformance.yaml"
"""Where an adapter declares what it supports: beside its vocabularies."""


def list_adapters(*, as_json: bool) -> None:
    """Print a row for each role of each installed adapter. Raises SetupError for one that cannot be loaded or read."""
    rows = [_row(plugin, role) for plugin in find_plugins().values() for role in plugin.roles]
    if as_json:
        print(json.dumps(rows, indent=2))  # noqa: T201
        return
    table = Table("adapter", "role", "supports", "in part", "not", "todo")
    for row in rows:
        said: dict[str, str] = row["declares"]
        shown = [
            "\n".join(name for name, status in said.items() if status in wanted)
            for wanted in ({"full"}, {"partial"}, {"not-implemented", "impossible", "unknown"})
        ]
        table.add_row(escape(row["adapter"]), row["role"], *map(escape, shown), str(len(row["todo"])) if said else "?")
    Console().print(table)


def _row(plugin: AdapterPlugin, role: Role) -> dict[str, Any]:
    codes = plugin.vocabularies.get(role)
    file = codes.with_name(_FILE) if codes is not None else None
    if file is None or not file.is_file():
        return {"adapter": plugin.name, "role": role.value, "declares": {}, "todo": []}
    declaration = load_declaration(file)
    answers = {name: entry.status.value for name, entry in declaration.answers.items()}
    todo = [f"{one.where}: {one.what}" for one in declaration.todos]
    return {"adapter": plugin.name, "role": role.value, "declares": answers, "todo": todo}
