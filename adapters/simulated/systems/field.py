"""The simulated field-work system: appointments, shipments and visits as tickets, in the manner of a help desk.

JSON over REST. It never calls anybody: whoever wants to know asks again. Making anything takes about a second.
A status that it does not have, or a change that it does not allow, is answered with status 200 and a sentence.
So does calling it off. A ticket goes on by itself: NEW, DSP (dispatched), WIP (work in progress), CPD (completed).
"""

import hashlib
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import orjson
from starlette.requests import Request
from starlette.responses import Response

from adapters.simulated.systems.server import Endpoint, System, json_answer
from adapters.simulated.systems.store import Faults, Store, new_key

__all__ = ["FieldWork"]

_STATUSES = ("NEW", "DSP", "WIP", "JEP", "CPD", "CXL")
_MAKERS = {"ont": "ALCL", "stb": "STBX", "router": "RTRX"}
_WRONG_URL = "http://localhost:8000/REST/1.0/ticket"


def _stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class FieldWork(System):
    """Serves /REST/1.0. `crew_seconds` is how long a visit takes, before `pace`."""

    name: ClassVar[str] = "simulated-field"

    def __init__(self, store: Store, pace: float, crew_seconds: float = 1.0) -> None:
        super().__init__(store, pace)
        self._crew_seconds = crew_seconds * pace

    def routes(self) -> Sequence[tuple[str, str, Endpoint]]:
        """Return appointments and tickets: find, make, show, change."""
        return (
            ("GET", "/REST/1.0/appointments", self._find("appointment")),
            ("POST", "/REST/1.0/appointment", self._book),
            ("PUT", "/REST/1.0/appointment/{id}", self._change("appointment")),
            ("GET", "/REST/1.0/tickets", self._find("ticket")),
            ("POST", "/REST/1.0/ticket", self._open),
            ("GET", "/REST/1.0/ticket/{id}", self._show),
            ("PUT", "/REST/1.0/ticket/{id}", self._change("ticket")),
        )

    def _find(self, kind: str) -> Endpoint:
        async def find(request: Request) -> Response:
            reference = request.query_params.get("Reference", "")
            found = self.store.of_reference(kind, reference, request.query_params.get("Item"))
            faults = self.faults(request, reference, *(row["CustomerReference"] for row in found))
            shown = [self._now(row, faults) if kind == "ticket" else row for row in found]
            return json_answer({"count": len(shown), "items": shown})

        return find

    async def _book(self, request: Request) -> Response:
        body = orjson.loads(await request.body())
        faults = self.faults(request, body["Reference"], body.get("CustomerReference") or "")
        await self.delay(0.9)
        key, now = new_key("AP-"), time.time()
        starts = datetime.fromtimestamp(now, UTC)
        appointment = {
            "id": key,
            "Status": "NEW",
            "Item": str(body["Item"]),
            "Reference": body["Reference"],
            "Site": body.get("Site"),
            "Slot": body.get("Slot"),  # what the customer was promised elsewhere
            "CustomerReference": body.get("CustomerReference") or "",
            "Created": _stamp(now),
            "Starts": _stamp(now),
            "Due": _stamp((starts + timedelta(hours=4)).timestamp()),
        }
        if "unknown-code" in faults:
            appointment["Status"] = "XFR"
        self.made(request, "appointment", body["Reference"], appointment["CustomerReference"], str(body["Item"]))
        self.store.put("appointment", key, appointment, reference=body["Reference"], item=str(body["Item"]))
        return json_answer(appointment, 201)

    async def _open(self, request: Request) -> Response:
        body = orjson.loads(await request.body())
        faults = self.faults(request, body["Reference"], body.get("CustomerReference") or "")
        await self.delay(0.9)
        key, now = new_key("FW-"), time.time()
        shipped = [_MAKERS.get(kind, "DEVX") + new_key("")[:8] for kind in body.get("Devices", ())]
        ticket = {
            "id": key,
            "_url": f"{_WRONG_URL}/1",
            "WorkType": body.get("WorkType"),
            "Site": body.get("Site"),
            "Appointment": body.get("Appointment"),
            "Devices": body.get("Devices", []),
            "Shipped": _swapped(shipped, faults),
            "Created": _stamp(now),
            "Closed": None,
            "ends": now + self._crew_seconds * (0.5 if body.get("WorkType") == "SHIP" else 1.0),
            "begins": now,
            "Item": str(body["Item"]),
            "Reference": body["Reference"],
            "CustomerReference": body.get("CustomerReference") or "",
        }
        self.made(request, "ticket", body["Reference"], ticket["CustomerReference"], str(body["Item"]))
        self.store.put("ticket", key, ticket, reference=body["Reference"], item=str(body["Item"]))
        return json_answer({"id": key, "_url": ticket["_url"], "type": "ticket"}, 201)

    async def _show(self, request: Request) -> Response:
        ticket = self.store.get("ticket", request.path_params["id"])
        if ticket is None:
            return json_answer({"message": "Resource not found"}, 404)
        return json_answer(self._now(ticket, self.faults(request, ticket["Reference"], ticket["CustomerReference"])))

    def _change(self, kind: str) -> Endpoint:
        async def change(request: Request) -> Response:
            row = self.store.get(kind, request.path_params["id"])
            if row is None:
                return json_answer({"message": "Resource not found"}, 404)
            reference, customer = row.get("Reference") or "", row["CustomerReference"]
            faults = self.faults(request, reference, customer)
            wanted = orjson.loads(await request.body()).get("Status")
            await self.delay(0.9)
            row = self.store.get(kind, row["id"]) or row
            present = self._now(row, Faults(self.store, ()))["Status"] if kind == "ticket" else row["Status"]
            if wanted not in _STATUSES:
                return json_answer([f"Status '{wanted}' isn't a valid status for {kind}s"])
            if (present in {"CPD", "CXL"} and wanted != present) or "refuse-cancel" in faults:
                return json_answer([f"{kind.title()} {row['id']}: status {present} can not become {wanted}"])
            if wanted != present:
                self.store.put(kind, row["id"], row | {"Status": wanted, "Closed": _stamp(time.time())})
                self.made(request, f"{wanted} {kind}", reference, customer, row["Item"])
            return json_answer([f"{kind.title()} {row['id']}: Status changed from '{present}' to '{wanted}'"])

        return change

    def _now(self, ticket: dict[str, Any], faults: Faults) -> dict[str, Any]:
        """Return a ticket as it stands at this instant: crews work without being asked."""
        shown = {name: value for name, value in ticket.items() if name not in {"begins", "ends"}}
        if "Status" in ticket:  # somebody set it by hand
            return shown
        left = ticket["ends"] - time.time()
        whole = max(ticket["ends"] - ticket["begins"], 1e-6)
        if left > 0:
            status = ("WIP", "DSP", "NEW")[min(2, int(3 * left / whole))]
            return shown | {"Status": "ZZT" if "unknown-code" in faults else status}
        shown |= {"Status": "CPD", "Closed": _stamp(ticket["ends"])}
        if ticket["WorkType"] == "VISIT" and "no-visit" not in faults:
            shown["Visit"] = _visit(ticket, faults)
        return shown


def _swapped(shipped: list[str], faults: Faults) -> list[str]:
    same = faults.argument("same-serial")
    return [same, *shipped[1:]] if same and shipped else shipped


def _visit(ticket: dict[str, Any], faults: Faults) -> dict[str, Any]:
    finished = ticket["ends"] - (86_400 if "completed-before-start" in faults else 0)
    serial = ticket["Shipped"][0] if ticket["Shipped"] else None
    if "wrong-serial" in faults:
        serial = f"WRNG{ticket['id'][-8:]}"
    key = ticket["id"]
    documents = [
        {"Type": "PHOTO", "Ref": f"{key}/photo-1.jpg", "Sha256": hashlib.sha256(key.encode()).hexdigest()},
        {"Type": "OTDR", "Ref": f"{key}/otdr", "Value": "-18.2 dBm"},
        {"Type": "LABEL", "Ref": f"{key}/label", "Value": serial},
        {"Type": "SPEEDTEST", "Ref": f"{key}/speedtest", "Value": "passed"},
    ]
    return {
        "Started": _stamp(ticket["begins"]),
        "Finished": _stamp(finished),
        "Site": ticket["Site"],
        "Serial": serial,
        "Documents": [] if "no-evidence" in faults else documents,
    }
