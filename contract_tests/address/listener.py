"""A listener of the kit's own: a small HTTP server on loopback that keeps what it is told."""

import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson

__all__ = ["EventListener"]

_WAIT_SECONDS = 15.0


class EventListener:
    """Takes notifications under any path; `heard` are (path, body) in the order of their arrival."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.heard: list[tuple[str, Any]] = []
        self._news = threading.Condition()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                with outer._news:
                    outer.heard.append((self.path, _read(body)))
                    outer._news.notify_all()
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_arguments: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer((host, 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://{host}:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def wait_for(self, wanted: Callable[[Any], bool], seconds: float = _WAIT_SECONDS) -> list[Any]:
        """Return the notifications that are wanted once there is one; empty where none came in time."""
        until = time.monotonic() + seconds
        with self._news:
            while not (found := [body for _, body in self.heard if wanted(body)]):
                left = until - time.monotonic()
                if left <= 0:
                    return []
                self._news.wait(left)
            return found

    def all_of(self, wanted: Callable[[Any], bool]) -> list[Any]:
        """Return what was heard so far and is wanted."""
        with self._news:
            return [body for _, body in self.heard if wanted(body)]

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


def _read(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return {"unreadable": body[:200].decode("latin-1")}
