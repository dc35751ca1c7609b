"""A provisioning system that speaks the adapter's WSDL, written by hand: no SOAP library of the adapter's is in it."""

import itertools
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

import adapters.soap

WSDL = Path(adapters.soap.__file__).with_name("provisioning.wsdl")
NS, SOAP = "urn:example:provisioning:1", "http://schemas.xmlsoap.org/soap/envelope/"
SERVICE = (
    "serviceId",
    "status",
    "serviceType",
    "productRef",
    "orderRef",
    "itemRef",
    "downRate",
    "upRate",
    "rateUnit",
    "ipAddress",
    "changedAt",
)
TEST = ("status", "downRate", "upRate", "rateUnit", "testId", "testedAt")


class Provisioning:
    """Services in memory. `fault`, `answer` and `lose` tell what shall become of the next request that changes something."""

    def __init__(self):
        self.services, self.calls, self.wsdl = {}, [], WSDL.read_bytes()
        self._numbers = itertools.count(1)
        self.fault = self.answer = self.lose = None
        self.measured, self.login = {}, None
        self.shows = {}  # order → what is wrong with it

    @property
    def app(self):
        """The ASGI application."""
        return Starlette(
            routes=[Route("/soap", self._give), Route("/soap", self._take, methods=["POST"])],
        )

    def _struck(self, operation, said):
        """Return what a fault of the contract kit gives in place of an answer."""
        reference = next((part.text for part in said if part.tag == f"{{{NS}}}orderRef"), None)
        if operation == "TestService":
            marks = self.services[said[0].text]["marks"]
            reference = next((order for order, _ in marks if order in self.shows), None)
        shown = self.shows.get(reference)
        if "down" in self.shows.values():
            return Response("busy", 503)
        if "barred" in self.shows.values():
            return Response("who?", 401)
        if shown == "nonsense":
            return Response("<html>password=hunter2</html>")
        is_change = operation not in {"FindServices", "TestService"}
        if shown == "refused" and is_change:
            return _fault("Client.NoPort", "no port")
        if shown == "lost-request" and is_change:
            del self.shows[reference]
            return Response("proxy error", 500)
        if shown in {"lost-answer", "no-answer"} and is_change:
            self.lose = self.shows.pop(reference)
        return None

    async def _give(self, _):
        return Response(self.wsdl, media_type="text/xml")

    async def _take(self, request):
        if self.login is not None and request.headers.get("authorization") != self.login:
            return Response("who?", 401)
        (said,) = ET.fromstring(await request.body()).find(f"{{{SOAP}}}Body")
        operation = said.tag.rpartition("}")[2]
        assert request.headers["soapaction"].strip('"') == f"{NS}#{operation}"
        self.calls.append(operation)
        struck = self._struck(operation, said)
        if struck is not None:
            return struck
        parts = {part.tag.rpartition("}")[2]: part.text for part in said}
        if operation in {"FindServices", "TestService"}:
            return self._found(operation, parts)
        fault, self.fault = self.fault, None
        if fault is not None:
            return _fault(*fault)
        row = self._changed(operation, parts)
        lose, self.lose = self.lose, None
        while lose == "no-answer" and (await request.receive())["type"] != "http.disconnect":
            pass
        if lose:
            return Response("<html>proxy error</html>", 500)
        answer, self.answer = self.answer, None
        return answer or _answered("ServicesResponse", "service", SERVICE, [row])

    def _found(self, operation, parts):
        if operation == "TestService":
            row = self.services[parts["serviceId"]]
            row = row | {"testId": f"T-{len(self.calls)}", "testedAt": row["changedAt"]}  # it is tested at each change
            return _answered("TestResponse", "test", TEST, [row | self.measured])
        rows = [
            row
            | {"orderRef": order, "itemRef": item}
            | ({"status": "???"} if self.shows.get(order) == "unknown-code" else {})
            for row in self.services.values()
            for order, item in row["marks"]
            if parts.get("orderRef") in {None, order} and parts.get("itemRef") in {None, item}
            if parts.get("productRef") in {None, row["productRef"]}
        ]
        return _answered("ServicesResponse", "service", SERVICE, rows)

    def _changed(self, operation, parts):
        number = parts.pop("serviceId", None) or f"SVC-{next(self._numbers)}"
        row = self.services.setdefault(number, {"serviceId": number, "status": "RUNNING", "marks": []})
        row["marks"].append((parts["orderRef"], parts["itemRef"]))
        row |= {**parts, "changedAt": now()}
        return row | ({"status": "???"} if self.shows.get(parts["orderRef"]) == "unknown-code" else {})


def now():
    """The local time as the system writes it."""
    return datetime.now(ZoneInfo("Europe/Berlin")).strftime("%d.%m.%Y %H:%M:%S")


def _answered(name, part, parts, rows):
    body = ET.Element(f"{{{NS}}}{name}")
    for row in rows:
        one = ET.SubElement(body, f"{{{NS}}}{part}")
        for key in parts:
            if row.get(key) is not None:
                ET.SubElement(one, f"{{{NS}}}{key}").text = str(row[key])
    return _wrapped(body, 200)


def _fault(code, text):
    body = ET.Element(f"{{{SOAP}}}Fault")
    ET.SubElement(body, "faultcode").text = code
    ET.SubElement(body, "faultstring").text = text
    return _wrapped(body, 500)


def _wrapped(body, status):
    envelope = ET.Element(f"{{{SOAP}}}Envelope")
    ET.SubElement(envelope, f"{{{SOAP}}}Body").append(body)
    return Response(ET.tostring(envelope, encoding="utf-8"), status, media_type="text/xml")
