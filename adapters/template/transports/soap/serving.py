"""The stand-in behind SOAP 1.1: `FindKind`, `MakeKind`, `ChangeKind`. A fault comes with status 500."""

import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element

from adapters.sdk.xml import SOAP, element, envelope
from adapters.template.legacy.system import No, Row, System

__all__ = ["Served"]

_NONSENSE = b"<<< password=hunter2 >>>"


class Served:
    """A system on a free port of the loopback, in a thread of this process, until it is stopped.

    `faults` are those that it can show; `settings` lead the adapter to it, and with `hurry` it waits for it briefly.
    """

    faults = frozenset(
        {"lost-request", "lost-answer", "no-answer", "nonsense", "unknown-code", "refused", "down", "barred"}
    )
    hurry: Mapping[str, Any] = {"answer_seconds": 0.2}

    def __init__(self, system: System, folder: Path, port: int = 0) -> None:
        self.system, self.folder = system, folder
        handler = type("Handler", (_Handler,), {"system": system})
        self._server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self._server.daemon_threads = True
        self.settings = {"url": f"http://127.0.0.1:{self._server.server_address[1]}"}
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def misbehave(self, fault: str, reference: str = "") -> None:
        """Show a fault from now on, to what is done under a reference."""
        self.system.misbehave(fault, reference)

    def heal(self) -> None:
        """Show no fault any more."""
        self.system.heal()

    def take_in(self) -> None:
        """Take in what was sent; over SOAP that is done at once."""

    def work(self) -> None:
        """Let everything that is under way there go on."""
        self.system.work()

    def stop(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    system: System
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet an answer
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Say that all is well."""
        if not self._is_away():
            self._send(200, b"<definitions/>")

    def do_POST(self) -> None:
        """Do one operation."""
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        if self._is_away():
            return
        asked = ET.fromstring(body).find(f"{{{SOAP}}}Body/*")  # noqa: S314 - our own adapter's XML
        assert asked is not None
        changes = not asked.tag.startswith("Find")
        if changes and self.system.shows_once("lost-request"):
            self._break_off()
            return
        status, answer = self._done(asked)
        if changes and self.system.shows_once("lost-answer"):
            self._break_off()
        elif changes and self.system.shows_once("no-answer"):
            self.rfile.read(1)  # whoever asked has gone once that ends
            self.close_connection = True
        elif self.system.shows("nonsense"):
            self._send(200, _NONSENSE)
        else:
            self._send(status, envelope(answer))

    def _done(self, asked: Element) -> tuple[int, Element]:
        verb = next(one for one in ("Find", "Make", "Change") if asked.tag.startswith(one))
        kind = asked.tag.removeprefix(verb).lower()
        try:
            rows = self._rows(verb, kind, {one.tag: one.text or "" for one in asked})
        except No as error:
            said = element("faultcode", error.code), element("faultstring", error.text)
            return 500, element(f"{{{SOAP}}}Fault", None, None, *said)
        shown = (element(kind, None, None, *(element(name, str(row[name])) for name in row)) for row in rows)
        return 200, element(f"{asked.tag}Response", None, None, *shown)

    def _rows(self, verb: str, kind: str, members: dict[str, str]) -> list[Row]:
        if verb == "Find":
            return self.system.find(kind, members)
        if verb == "Make":
            return [self.system.make(kind, members)]
        return [self.system.change(kind, members.pop("id"), members)]

    def _is_away(self) -> bool:
        for fault, status in (("down", 503), ("barred", 401)):
            if self.system.shows(fault):
                self._send(status, b"")
                return True
        return False

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", "text/xml; charset=utf-8")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _break_off(self) -> None:
        self.close_connection = True
        self.connection.shutdown(2)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Say nothing."""
