"""`tmf-gateway adapter list`: what is installed, which roles it plays, and what it declares to support."""

import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from gateway.app.plugins import find_plugins
from gateway.ports.adapter import OPERATIONS, AdapterPlugin, Role
from gateway.vocabulary.document import read_document

__all__ = ["list_adapters"]

_FILE = "conformance.yaml"
"""Where an adapter declares what it supports: beside its vocabularies."""


def list_adapters(*, as_json: bool) -> None:
    """Print a row for each role of each installed adapter. Raises SetupError for one that does not load."""
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
        table.add_row(escape(row["adapter"]), row["role"], *map(escape, shown), str(row["todo"]) if said else "?")
    Console().print(table)


def _row(plugin: AdapterPlugin, role: Role) -> dict[str, Any]:
    codes = plugin.vocabularies.get(role)
    file = codes.with_name(_FILE) if codes is not None else Path(_FILE)
    data = read_document(file).data if codes is not None and file.is_file() else {}
    declares, todo = _declared(data, role)
    return {"adapter": plugin.name, "role": role.value, "declares": declares, "todo": todo}


def _declared(data: dict[str, Any], role: Role) -> tuple[dict[str, str], int]:
    names = [operation.value for operation in OPERATIONS[role]]
    groups = {f"cancel {name}": (data.get("cancel") or {}).get(name) for name in names}
    entries = {name: data.get(name) for name in (*names, "observe", "inventory")} | groups
    found = {name: str(entry.get("status")) for name, entry in entries.items() if isinstance(entry, dict)}
    left = sum(1 for entry in entries.values() if isinstance(entry, dict) and entry.get("todo"))
    return found, left + len(data.get("todo") or ())
