"""The hub: who wants notifications, and how they get them."""

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import aiohttp
import orjson
import structlog

from gateway.canonical.ids import new_id
from gateway.canonical.lifecycle import Event, Listener
from gateway.faces.answer import Answer, Call, Handler
from gateway.faces.body import to_json
from gateway.faces.problems import problem
from gateway.faces.query import read_fields, select
from gateway.faces.settings import FaceSettings
from gateway.faces.spoke import Spoke
from gateway.ports.errors import TryLater
from gateway.ports.lease import check_may_send
from gateway.ports.repository import Repository
from gateway.streams.message import Job

__all__ = ["Heard", "Hub", "hub_handlers", "listener_handlers"]

log = structlog.get_logger(__name__)

Heard = Callable[[str, Any], None]
"""Is told the operation and the body of a notification that somebody else sent to this gateway."""

MAX_CALLBACK = 2048
LOCAL = "http://localhost"
"""What stands before addresses in notifications where the operator has not said how clients reach the gateway."""


def hub_handlers(spoke: Spoke, repository: Repository, registering: str, removing: str) -> dict[str, Handler]:
    """Return the operations of one face in one version by which listeners come and go, under their names there."""
    face, hub_type = spoke.face, spoke.hub_type

    async def register(call: Call) -> Answer:
        callback, query = call.body["callback"], call.body.get("query")
        _check_callback(callback)
        listener = Listener(id=new_id(), face=face, callback=callback, query=query or None)
        if not await repository.add_listener(listener):
            raise problem(
                "duplicate",
                reason="this callback is registered with this query already",
                fix="use the registration that is there, or remove it first",
                path="callback",
            )
        body = {"id": listener.id, "callback": callback} | ({} if query is None else {"query": query})
        if hub_type is not None:
            body["@type"] = hub_type
        return Answer(201, body, {"Location": f"{call.base}/hub/{listener.id}"})

    async def unregister(call: Call) -> Answer:
        listener = await repository.listener(call.parameters["id"])
        if listener is None or listener.face != face or not await repository.remove_listener(listener.id):
            raise problem("notFound", reason=f"there is no registration {call.parameters['id'][:100]}")
        return Answer(204)

    return {registering: register, removing: unregister}


def listener_handlers(names: Sequence[str], heard: Heard | None, status: int = 201) -> dict[str, Handler]:
    """Return the operations of the client's side: they take notifications and hand them to `heard`.

    With `status` 204 they answer nothing more.
    """

    def receiver(name: str) -> Handler:
        async def receive(call: Call) -> Answer:
            if heard is not None:
                heard(name, call.body)
            if status == 204:
                return Answer(204)
            known = call.body.get("eventId") if isinstance(call.body, dict) else None
            return Answer(201, {"id": known or new_id(), "callback": call.address})

        return receive

    return {name: receiver(name) for name in names}


class Hub:
    """Delivers notifications: the handler of the hub's lane. Needs a running event loop from the first delivery on."""

    def __init__(self, repository: Repository, spokes: Sequence[Spoke], settings: FaceSettings | None = None) -> None:
        self._repository = repository
        self._settings = settings or FaceSettings()
        self._spokes = {spoke.face: spoke for spoke in spokes}
        self._session: aiohttp.ClientSession | None = None

    async def deliver(self, job: Job) -> None:
        """Post one event to one listener. Raises TryLater where the listener did not take it, LeaseLost.

        A listener or an event that is gone, and an event that the listener does not want, is done with.
        """
        said = orjson.loads(job.payload)
        listener = await self._repository.listener(said["listener"])
        event = await self._repository.event(said["event"]) if listener else None
        if listener is None or event is None:
            return
        body = self._notification(listener, event)
        if body is not None:
            await self._post(listener, to_json(body))

    async def close(self) -> None:
        """Close the connections to listeners."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _notification(self, listener: Listener, event: Event) -> dict[str, Any] | None:
        spoke = self._spokes.get(listener.face)
        if spoke is None:
            log.warning("listener of a face that is not served", face=listener.face, listener=listener.id)
            return None
        body = spoke.event_to_wire(event, (self._settings.public_url or LOCAL) + spoke.base)
        shown = spoke.resource(event.kind)
        return None if body is None or shown is None else wanted(body, listener.query, shown.always_shown)

    async def _post(self, listener: Listener, body: bytes) -> None:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=self._settings.delivery_seconds),
                connector=aiohttp.TCPConnector(limit=self._settings.delivery_connections),
            )
        headers = {"Content-Type": "application/json"}
        check_may_send()  # a process that wakes up late would bring old news after what another has told since
        try:
            async with self._session.post(
                listener.callback, data=body, headers=headers, allow_redirects=False
            ) as response:
                status = response.status
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise TryLater(f"listener {listener.id} does not answer ({type(error).__name__})") from error
        if not 200 <= status < 300:
            raise TryLater(f"listener {listener.id} answered {status}")


def wanted(body: dict[str, Any], query: str | None, kept: frozenset[str] = frozenset()) -> dict[str, Any] | None:
    """Return a notification as a listener's query wants it, None where the query leaves it out.

    `eventType` may be given several times (or with commas); other conditions look at the resource, with or without
    its name before them, then at the notification; `fields` chooses among the resource's members, but for those `kept`.
    """
    if not query:
        return body
    pairs = parse_qsl(query.lstrip("?"), keep_blank_values=True)
    types = {word for name, value in pairs if name == "eventType" for word in value.split(",")}
    if types and body["eventType"] not in types:
        return None
    names, resource = tuple(body["event"]), next(iter(body["event"].values()))
    conditions: dict[str, set[str]] = {}
    for path, value in pairs:
        if path not in ("eventType", "fields"):
            conditions.setdefault(path, set()).update(value.split(","))
    for path, values in conditions.items():
        first, _, rest = path.removeprefix("event.").partition(".")
        steps = (rest if rest and first in names else path.removeprefix("event.")).split(".")
        said = _values(resource if steps[0] in resource else body, steps)
        if not said & values:
            return None
    fields = read_fields(pairs)
    return body if fields is None else {**body, "event": dict.fromkeys(names, select(resource, fields, kept))}


def _values(node: Any, steps: Sequence[str]) -> set[str]:
    """Return what stands at a path, as text, looking into arrays."""
    if isinstance(node, list):
        return {value for one in node for value in _values(one, steps)}
    if steps:
        return _values(node[steps[0]], steps[1:]) if isinstance(node, dict) and steps[0] in node else set()
    return {str(node).lower() if isinstance(node, bool) else str(node)}


def _check_callback(callback: str) -> None:
    """Raise FaceError 400 unless a callback is an absolute http or https address with a host."""
    try:
        parts = urlsplit(callback)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        sound = False
    if not sound or len(callback) > MAX_CALLBACK or not callback.isprintable() or " " in callback:
        raise problem("badCallback", path="callback")
