"""The stand-in behind HTTP: `GET /kind?member=…`, `POST /kind`, `PATCH /kind/id`, in JSON. A fault breaks it off."""

import json
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from adapters.template.legacy.system import No, System

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
        """Take in what was sent; over HTTP that is done at once."""

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
        """Find rows, or say that all is well."""
        self._answer()

    def do_POST(self) -> None:
        """Make a row."""
        self._answer()

    def do_PATCH(self) -> None:
        """Change a row."""
        self._answer()

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        changes = self.command != "GET"
        for fault, status in (("down", 503), ("barred", 401)):
            if self.system.shows(fault):
                self._send(status, b"{}")
                return
        if changes and self.system.shows_once("lost-request"):
            self._break_off()
            return
        status, answer = self._done(body)
        if changes and self.system.shows_once("lost-answer"):
            self._break_off()
        elif changes and self.system.shows_once("no-answer"):
            self.rfile.read(1)  # whoever asked has gone once that ends
            self.close_connection = True
        elif self.system.shows("nonsense"):
            self._send(200, _NONSENSE)
        else:
            self._send(status, json.dumps(answer).encode())

    def _done(self, body: bytes) -> tuple[int, dict[str, Any]]:
        parts = urlsplit(self.path)
        kind, _, key = parts.path.strip("/").partition("/")
        try:
            if kind == "health":
                return 200, {"status": "well"}
            if self.command == "GET":
                return 200, {"rows": self.system.find(kind, dict(parse_qsl(parts.query, keep_blank_values=True)))}
            if self.command == "POST":
                return 201, self.system.make(kind, json.loads(body))
            return 200, self.system.change(kind, unquote(key), json.loads(body))
        except No as error:
            return 422, {"code": error.code, "text": error.text}

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _break_off(self) -> None:
        self.close_connection = True
        self.connection.shutdown(2)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Say nothing."""
