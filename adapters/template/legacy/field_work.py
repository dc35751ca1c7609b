"""How the stand-in does field work: crews book, visit, and bring back documents."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from adapters.template.legacy.system import No, Part, Row, System, now

__all__ = ["FieldWork"]

_MAKERS = {"ont": "ALCL", "stb": "STBX"}
_ENDED = frozenset({"DONE", "VOID"})


class FieldWork(Part):
    """Appointments, tickets and documents. A ticket goes from OPEN to WORK to DONE while nobody looks."""

    kinds: ClassVar[Mapping[str, str]] = {
        "appointment": "reference customerReference item site slot status created starts ends",
        "ticket": "reference customerReference item site work devices appointment status created shipped "
        "finished closed serial",
        "document": "ticket type ref sha256 value",
    }

    def take(self, system: System, kind: str, row: Row) -> None:
        """Open an appointment or a ticket."""
        row |= {"status": "OPEN", "created": now()}
        if kind == "appointment":
            starts = datetime.now(UTC) + timedelta(days=1)
            row |= {"starts": starts.isoformat(), "ends": (starts + timedelta(hours=4)).isoformat()}
        else:
            devices = str(row.get("devices") or "").split()
            shipped = [f"{_MAKERS.get(one, 'DEVX')}{system.new_id('box')[4:]}" for one in devices]
            row |= {"shipped": " ".join(shipped), "finished": "", "closed": "", "serial": ""}

    def turn(self, kind: str, row: Row, to: Mapping[str, str]) -> None:
        """Change a status; what is done or void stays so."""
        if row["status"] in _ENDED and to.get("status") != row["status"]:
            raise No("ENDED", f"{kind} {row['id']} is {row['status']}")
        row |= {**to, "closed": now()} if to.get("status") in _ENDED else dict(to)

    def work(self, system: System, kind: str, row: Row) -> None:
        """Let a crew do its next step, and bring back what it measured."""
        if kind != "ticket" or row["status"] in _ENDED:
            return
        if row["status"] == "OPEN":
            row["status"] = "WORK"
            return
        row |= {"status": "DONE", "closed": now()}
        if row.get("work") == "VISIT":
            row |= {"finished": row["closed"], "serial": str(row["shipped"]).split(" ")[0]}
            said = {"PIC": "", "LVL": "-18.2 dBm", "SER": row["serial"], "TST": "passed"}
            for code, value in said.items():
                ref = f"{row['id']}/{code.lower()}"
                system.of("document").append(
                    {"id": system.new_id("document"), "ticket": row["id"], "type": code, "ref": ref, "value": value}
                )
