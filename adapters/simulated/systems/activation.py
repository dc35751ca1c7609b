"""The simulated activation system: provisioning in SOAP-like XML, and beside it an access server that can be probed.

A fault comes with HTTP status 500 and is no failure of the server. There is no key against inserting twice: a retried
insert makes a second row. Rates are in its own units (`B` bit/s, `K` kbit/s, `M` Mbit/s) or profile codes; numbers have
no plus; times are milliseconds since 1970. A change is pending (`PND`) for a moment before it is in force.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any, ClassVar
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element

from starlette.requests import Request
from starlette.responses import Response

from adapters.sdk.xml import SOAP, element, envelope
from adapters.simulated.systems.network import PROFILES, TYPES, delivered, next_resource, session_of
from adapters.simulated.systems.server import Endpoint, System
from adapters.simulated.systems.store import Faults, Store, new_key

__all__ = ["Activation", "Refusal"]

_SETTLE_SECONDS = 0.2


class Refusal(Exception):
    """What the system answers as a SOAP fault."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(code, text)
        self.code, self.text = code, text


class Activation(System):
    """Serves /soap (provisioning) and /aaa (the access server)."""

    name: ClassVar[str] = "simulated-activation"

    def __init__(self, store: Store, pace: float, seed: dict[str, Any]) -> None:
        super().__init__(store, pace)
        for row in seed["services"]:
            at = 1_700_000_000_000
            store.seed("service", row["id"], {**_BLANK, **row, "at": at, "settles": 0, "orders": []})
        self._operations: dict[str, Callable[[Element, Faults, Request], Element]] = {
            "FindReservations": self._find_reservations,
            "ReserveResource": self._reserve,
            "ReleaseResource": self._release,
            "FindServices": self._find_services,
            "ListServices": self._list_services,
            "InsertService": self._insert,
            "ChangeService": self._change,
            "SuspendService": self._switch("SUS"),
            "ResumeService": self._switch("ACT"),
            "CeaseService": self._switch("TRM"),
        }

    def routes(self) -> Sequence[tuple[str, str, Endpoint]]:
        """Return the two interfaces."""
        return (("POST", "/soap", self._soap), ("GET", "/aaa/session/{id}", self._probe))

    def product(self, product_id: str) -> dict[str, Any] | None:
        """Return what the network knows of a product, in the customer system's words, or None."""
        rows = self.store.where("service", "product", product_id)
        if not rows:
            return None
        row = rows[0]
        status = {"SUS": "GSP", "TRM": "END"}.get(row["state"], "AKT")
        known = {"KDNR": row["customer"], "ANGEBOT": row["offer"], "ANR": row["site"]}
        return {"STATUS": status, **{name: value for name, value in known.items() if value}}

    async def _soap(self, request: Request) -> Response:
        body = ET.fromstring(await request.body()).find(f"{{{SOAP}}}Body")  # noqa: S314 - our own adapter's XML
        asked = next(iter(body)) if body is not None and len(body) else element("Nothing")
        faults = self._faults_of(request, asked)
        await self.delay(0.02)
        try:
            answer = self._operations.get(asked.tag, _unknown)(asked, faults, request)
        except Refusal as refusal:
            parts = element("faultcode", refusal.code), element("faultstring", refusal.text)
            fault = element(f"{{{SOAP}}}Fault", None, None, *parts)
            return Response(envelope(fault), 500, media_type="text/xml")
        return Response(envelope(answer), media_type="text/xml")

    def _faults_of(self, request: Request, asked: Element) -> Faults:
        references = [asked.findtext("orderRef") or "", asked.findtext("custRef") or ""]
        row = self.store.get("service", asked.findtext("serviceId") or "")
        made = [*([row] if row else []), *self._made_for(references[0])]
        return self.faults(request, *references, *(thing["custRef"] for thing in made))

    def _made_for(self, reference: str) -> list[dict[str, Any]]:
        if not reference:
            return []
        return [*self.store.of_reference("service", reference), *self.store.of_reference("reservation", reference)]

    # -- resources -----------------------------------------------------------------------------------------------

    def _find_reservations(self, asked: Element, _: Faults, __: Request) -> Element:
        found = self.store.of_reference("reservation", asked.findtext("orderRef") or "", asked.findtext("itemRef"))
        return element("FindReservationsResponse", None, None, *(_reservation(row) for row in found))

    def _reserve(self, asked: Element, _: Faults, request: Request) -> Element:
        kind, wanted = asked.findtext("kind") or "", asked.findtext("wanted")
        key, now = new_key("RSV-"), int(time.time() * 1000)
        row: dict[str, Any] = {
            "id": key,
            "kind": kind,
            "value": wanted or next_resource(self.store, kind),
            "state": "RSV",
            "at": now,
            "until": now + 14 * 86_400_000,
            "custRef": asked.findtext("custRef") or "",
        }
        reference, item = asked.findtext("orderRef") or "", asked.findtext("itemRef") or ""
        self.made(request, f"reserve {kind}", reference, row["custRef"], item)
        self.store.put("reservation", key, row, reference=reference, item=item)
        return element("ReserveResourceResponse", None, None, _reservation(row))

    def _release(self, asked: Element, faults: Faults, request: Request) -> Element:
        row = self.store.get("reservation", asked.findtext("reservationId") or "")
        if row is None:
            raise Refusal("Client.NoReservation", "no such reservation")
        if "refuse-release" in faults:
            raise Refusal("Server.RSV-17", f"reservation {row['id']} is locked by the element manager")
        row |= {"state": "FRE", "at": int(time.time() * 1000)}
        self.store.put("reservation", row["id"], row)
        self.made(request, f"release {row['id']}", asked.findtext("orderRef") or "", row["custRef"])
        return element("ReleaseResourceResponse", None, None, _reservation(row))

    # -- services ------------------------------------------------------------------------------------------------

    def _find_services(self, asked: Element, faults: Faults, _: Request) -> Element:
        reference, item = asked.findtext("orderRef"), asked.findtext("itemRef")
        if asked.findtext("serviceId"):
            row = self.store.get("service", asked.findtext("serviceId") or "")
            found = [row] if row else []
        elif asked.findtext("product"):
            found = self.store.where("service", "product", asked.findtext("product") or "")
        else:
            found = self.store.of_reference("service", reference or "", item)
        return element("FindServicesResponse", None, None, *(self._service(row, faults) for row in found))

    def _list_services(self, asked: Element, _: Faults, __: Request) -> Element:
        rows = self.store.page_of("service", int(asked.findtext("after") or 0), int(asked.findtext("count") or 100))
        shown = [self._service(row, self.store.faults(*_references(row))) for row in rows]
        return element("ListServicesResponse", None, None, *shown)

    def _insert(self, asked: Element, faults: Faults, request: Request) -> Element:
        reference, item = asked.findtext("orderRef") or "", asked.findtext("itemRef") or ""
        row = {**_BLANK, **_read(asked), "id": new_key("SVC-"), "state": "ACT", "orders": [f"{reference}/{item}"]}
        self._settle(row)
        self.made(request, "insert", reference, row["custRef"], item)
        refused = self._refused(row, faults, item)
        if refused:
            # The row stays behind, in state ERR.
            self.store.put(
                "service", row["id"], row | {"state": "ERR", "reason": refused}, reference=reference, item=item
            )
            raise Refusal("Server.SVC-4711", refused)
        self.store.put("service", row["id"], row, reference=reference, item=item)
        return element("InsertServiceResponse", None, None, self._service(row, faults))

    def _refused(self, row: dict[str, Any], faults: Faults, item: str) -> str | None:
        sold_item = row["soldItem"] or item
        if {sold_item, item} & faults.arguments("refuse-item"):
            return f"element manager rejects item {sold_item}"
        if row["type"] not in TYPES:
            return f"service type {row['type']} is not provisionable"
        if row["profile"] and row["profile"] not in PROFILES:
            return f"profile {row['profile']} is not loaded"
        return None

    def _change(self, asked: Element, faults: Faults, request: Request) -> Element:
        row, mark = self._changeable(asked)
        read = _read(asked)
        params = {**row["params"], **read.pop("params")}
        changed = {name: value for name, value in read.items() if value and name in _CHANGEABLE}
        if "profile" in changed or "rates" in changed:
            changed = {"profile": "", "rates": {}} | changed
        row |= changed | {"params": params, "state": "ACT"}
        return self._changed(row, mark, asked, request, faults, "change")

    def _switch(self, state: str) -> Callable[[Element, Faults, Request], Element]:
        def switch(asked: Element, faults: Faults, request: Request) -> Element:
            row, mark = self._changeable(asked)
            row["state"] = state
            return self._changed(row, mark, asked, request, faults, f"switch {state}")

        return switch

    def _changeable(self, asked: Element) -> tuple[dict[str, Any], str]:
        row = self.store.get("service", asked.findtext("serviceId") or "")
        if row is None:
            raise Refusal("Client.NoService", "no such service")
        if row["state"] == "TRM":
            raise Refusal("Client.Terminated", f"service {row['id']} is terminated")
        return row, f"{asked.findtext('orderRef')}/{asked.findtext('itemRef')}"

    def _changed(  # noqa: PLR0913, PLR0917 - one change in its parts
        self, row: dict[str, Any], mark: str, asked: Element, request: Request, faults: Faults, operation: str
    ) -> Element:
        item = asked.findtext("itemRef") or ""
        if {item, asked.findtext("soldItem") or ""} & faults.arguments("refuse-item"):
            raise Refusal("Server.SVC-4711", f"element manager rejects item {asked.findtext('soldItem') or item}")
        row["orders"] = [*row["orders"], mark]
        row["custRef"] = asked.findtext("custRef") or row["custRef"]
        self._settle(row)
        self.made(request, operation, asked.findtext("orderRef") or "", row["custRef"], item)
        self.store.put("service", row["id"], row)
        return element(f"{asked.tag}Response", None, None, self._service(row, faults))

    def _settle(self, row: dict[str, Any]) -> None:
        settles = int((time.time() + _SETTLE_SECONDS * self.pace) * 1000)
        row |= {"at": settles, "settles": settles}

    def _service(self, row: dict[str, Any], faults: Faults) -> Element:
        shown = delivered(row, faults)
        pending = row["settles"] > time.time() * 1000 and row["state"] != "ERR"
        shown.set("state", "PND" if pending else "Z9" if "unknown-code" in faults else row["state"])
        return shown

    # -- the access server ---------------------------------------------------------------------------------------

    async def _probe(self, request: Request) -> Response:
        row = self.store.get("service", request.path_params["id"])
        faults = self.faults(request, *_references(row)) if row else None
        if row is None or faults is None or "no-probe" in faults or row["settles"] > time.time() * 1000:
            return Response("<session/>", media_type="text/xml")
        answer: bytes = ET.tostring(session_of(row, faults), encoding="utf-8")
        return Response(answer, media_type="text/xml")


_BLANK: dict[str, Any] = {
    **dict.fromkeys(("custRef", "soldItem", "product", "customer", "offer", "type", "site"), ""),
    **dict.fromkeys(("serial", "profile", "port", "msisdn", "iccid", "ip", "reason"), ""),
    "rates": {},
    "params": {},
}
_CHANGEABLE = frozenset({"profile", "rates", "site", "serial", "port", "msisdn", "iccid", "ip"})


def _references(row: dict[str, Any]) -> list[str]:
    return [*(mark.partition("/")[0] for mark in row["orders"]), row["custRef"]]


def _unknown(asked: Element, _: Faults, __: Request) -> Element:
    raise Refusal("Client.UnknownOperation", f"no operation {asked.tag}")


def _read(asked: Element) -> dict[str, Any]:
    read: dict[str, Any] = {
        name: asked.findtext(name) or "" for name, blank in _BLANK.items() if blank == "" and name != "reason"
    }
    read["rates"] = {rate.get("dir", ""): [rate.text or "", rate.get("unit", "")] for rate in asked.iter("rate")}
    read["params"] = {p.get("name", ""): [p.text or "", p.get("type", "text")] for p in asked.iter("param")}
    return read


def _reservation(row: dict[str, Any]) -> Element:
    parts = [element(name, str(row[name])) for name in ("kind", "value", "at", "until")]
    return element("reservation", None, {"id": row["id"], "state": row["state"]}, *parts)
