"""How the stand-in provisions: it reserves at once, and brings a change into force a moment later."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from adapters.template.legacy.system import No, Part, Row, System, now

__all__ = ["Activation"]

_MEMBERS = ("serial", "site", "port", "number", "iccid", "ip", "down", "up", "rateUnit", "parameters")


class Activation(Part):
    """Reservations, services, and the sessions that an access server sees."""

    kinds: ClassVar[Mapping[str, str]] = {
        "reservation": "reference customerReference item kind value status at validUntil",
        "service": "reference customerReference item type product offer customer marks status changed "
        + " ".join(_MEMBERS),
        "session": "service reference status since " + " ".join(_MEMBERS),
    }

    def take(self, system: System, kind: str, row: Row) -> None:
        """Reserve something, or write a service that is not in force yet."""
        if kind == "service":
            row |= {"status": "WAIT", "_next": "ON", "changed": now()}
            return
        number = int(system.new_id("res")[4:])
        free = {
            "PORT": f"OLT-01/1/1/{number}",
            "NUM": f"4930{55500000 + number}",
            "SIM": f"894920{number:013}",
            "IP": f"100.64.{number // 256}.{number % 256}",
        }
        until = (datetime.now(UTC) + timedelta(days=14)).isoformat()
        row |= {"value": row.get("value") or free[row["kind"]], "status": "HELD", "at": now(), "validUntil": until}

    def turn(self, kind: str, row: Row, to: Mapping[str, str]) -> None:
        """Free a reservation at once; let a service wait for its new state."""
        if kind == "service":
            if row["status"] == "END":
                raise No("ENDED", f"service {row['id']} has ended")
            row |= {**to, "status": "WAIT", "_next": to.get("status") or row["_next"]}
        else:
            row |= {**to, "at": now()}

    def work(self, system: System, kind: str, row: Row) -> None:
        """Bring what waits into force; the access server sees it too."""
        if kind != "service" or row["status"] != "WAIT":
            return
        row |= {"status": row["_next"], "changed": now()}
        seen = {name: row.get(name) or "" for name in _MEMBERS}
        state = "UP" if row["status"] == "ON" else "DOWN"
        session = {"id": system.new_id("session"), "service": row["id"], "status": state, "since": row["changed"]}
        system.of("session").append({**session, "reference": row["reference"], **seen})
