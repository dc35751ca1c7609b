"""Writing the reports: `contract.json` for machines and `contract.html`, one page that needs nothing beside it."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import orjson
from jinja2 import Environment, PackageLoader, select_autoescape

from contract_tests.report.collect import Kept
from contract_tests.report.levels import Verdict, verdicts

__all__ = ["page_of", "write_reports"]

NOT_CHECKED = {
    "adapter": (
        "Whether the real system behaves as the stub or recording does: run the same checks against its test system.",
        "Speed, behaviour under the load of a real day, and whether the time limits that are set there are sensible.",
        "Whether the vocabulary means what the operator's people mean: someone who knows the system must read it.",
        "Credentials, encryption and rights in the operator's network.",
    ),
    "address": (
        "Whether the orders are carried out: only what the server says of them.",
        "Members that are optional and that the samples do not use.",
        "Speed, availability, and rights of different users.",
        "Other Open APIs than the face that was named.",
    ),
}
"""What a reader must not take from a good report."""


def write_reports(kept: Kept, folder: Path, pinned: str) -> None:
    """Write both reports into a folder, which is made where it is absent."""
    found = verdicts(kept, pinned)
    folder.mkdir(parents=True, exist_ok=True)
    body = {
        "version": pinned,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "targets": [_machine(one) for one in found],
    }
    (folder / "contract.json").write_bytes(orjson.dumps(body, option=orjson.OPT_INDENT_2, default=str))
    (folder / "contract.html").write_text(page_of(found, pinned), encoding="utf-8")


def page_of(found: Sequence[Verdict], pinned: str) -> str:
    """Return the page."""
    environment = Environment(
        loader=PackageLoader("contract_tests", "report"), autoescape=select_autoescape(("j2",)), trim_blocks=True
    )
    at = datetime.now(UTC).strftime("%d %B %Y, %H:%M UTC")
    return environment.get_template("page.html.j2").render(
        verdicts=found, pinned=pinned, at=at, not_checked=NOT_CHECKED
    )


def _machine(one: Verdict) -> dict[str, object]:
    return {
        "target": one.target,
        "kind": one.kind,
        "levelReached": one.reached,
        "levels": [asdict(level) for level in one.levels],
        "checks": [
            {name: value for name, value in asdict(record).items() if name != "figures"} for record in one.records
        ],
        "figures": one.figures,
        "notChecked": NOT_CHECKED[one.kind],
        "newerThanPinned": list(one.newer),
    }
