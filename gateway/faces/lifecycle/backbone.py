"""The event backbone on the gateway's own face: messages that could not be taken, and events published once more."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import orjson

from gateway.canonical.ids import new_id
from gateway.faces.answer import Answer, Call, Handler
from gateway.faces.lifecycle.arrivals import Statements
from gateway.faces.lifecycle.asking import Paging, among, asked, instant, paged
from gateway.faces.lifecycle.wire import fact_to_wire
from gateway.faces.problems import problem
from gateway.faces.rows import instant_text
from gateway.faces.settings import FaceSettings
from gateway.ports.broker import DeadLetter, DeadLetters, EventHistory
from gateway.ports.errors import GatewayError, StaleVersion, StoreUnavailable

__all__ = ["BackboneOffice", "backbone_handlers"]

_OPERATIONS = ("listDeadLetters", "retrieveDeadLetter", "replayDeadLetter", "discardDeadLetter", "replayEvents")
_STATES = {"open": True, "closed": False}
_MOST_TEXT = 10_000


@dataclass(frozen=True)
class BackboneOffice:
    """What an operator can look at and do. `history` is None where no broker is configured.

    `systems_of` says whose statements may come from a subject or topic; empty is anybody.
    """

    letters: DeadLetters
    statements: Statements
    systems_of: Callable[[str], frozenset[str]]
    history: EventHistory | None = None
    on_work: Callable[[], None] = lambda: None


def backbone_handlers(office: BackboneOffice | None, settings: FaceSettings) -> dict[str, Handler]:
    """Return the operations by name; without an office each answers that there is no backbone here."""
    if office is None:
        return dict.fromkeys(_OPERATIONS, _nothing)
    letters = _Letters(office, Paging(settings))
    handlers = (letters.list, letters.retrieve, letters.replay, letters.discard, _Events(office).replay)
    return dict(zip(_OPERATIONS, handlers, strict=True))


async def _nothing(_call: Call) -> Answer:
    raise problem("notSupported", reason="there is no event backbone here", fix="ask a gateway that has a broker")


class _Letters:
    """What the face does with messages that could not be taken."""

    def __init__(self, office: BackboneOffice, paging: Paging) -> None:
        self._office, self._paging = office, paging

    async def list(self, call: Call) -> Answer:
        """One page of dead letters, the latest first."""
        said = asked(call, ("state",))
        among(said, "state", tuple(_STATES))
        offset, limit = self._paging.of(said)
        is_open = _STATES[said["state"]] if "state" in said else None
        found, total = await self._office.letters.page(is_open=is_open, offset=offset, limit=limit)
        return paged(call, [_letter_to_wire(one, call.base) for one in found], total, offset, limit)

    async def retrieve(self, call: Call) -> Answer:
        """One dead letter with its content."""
        one = await self._found(call)
        return Answer(body=_letter_to_wire(one, call.base) | _content(one.body))

    async def replay(self, call: Call) -> Answer:
        """Take a message once more, and close it where it is taken now."""
        one = await self._open(call)
        try:
            facts = await self._office.statements.record(one.body, self._office.systems_of(one.source))
        except (StoreUnavailable, StaleVersion):
            raise
        except GatewayError as error:
            raise problem("stillRefused", reason=f"{error.code}: {error.reason}", fix=error.fix) from error
        await self._office.letters.close(one.id, "taken", call.body["who"], call.body["reason"])
        return Answer(body={"facts": [fact_to_wire(fact) for fact in facts]})

    async def discard(self, call: Call) -> Answer:
        """Close a message without taking it."""
        one = await self._open(call)
        await self._office.letters.close(one.id, "discarded", call.body["who"], call.body["reason"])
        return await self.retrieve(call)

    async def _found(self, call: Call) -> DeadLetter:
        letter = await self._office.letters.get(call.parameters["id"])
        if letter is None:
            reason = f"there is no dead letter {call.parameters['id'][:100]!r}"
            raise problem("notFound", reason=reason, fix="use an id that GET dead-letters lists", path="id")
        return letter

    async def _open(self, call: Call) -> DeadLetter:
        letter = await self._found(call)
        if letter.closed is not None:
            raise problem("letterClosed", reason=f"the dead letter was {letter.closed_as} by {letter.who}", path="id")
        return letter


class _Events:
    """What the face does with events that were published."""

    def __init__(self, office: BackboneOffice) -> None:
        self._office = office

    async def replay(self, call: Call) -> Answer:
        """Publish the events of one order, or of all, once more."""
        if self._office.history is None:
            raise problem("noBroker")
        body, replay = call.body, new_id()
        order_id, since = body.get("order"), instant(body, "from")
        if not await self._office.history.begin_replay(replay, since, order_id, body["who"], body["reason"]):
            reason = f"order {order_id!r} has no event since then"
            raise problem("notFound", reason=reason, fix="use an id that GET orders lists", path="order")
        self._office.on_work()
        return Answer(202, {"replay": replay, **{name: body[name] for name in ("order", "from") if name in body}})


def _letter_to_wire(one: DeadLetter, base: str) -> dict[str, Any]:
    said = {
        "id": one.id,
        "href": f"{base}/dead-letters/{quote(one.id, safe='')}",
        "source": one.source,
        "state": "open" if one.closed is None else one.closed_as,
        "code": one.code,
        "reason": one.reason,
        "fix": one.fix,
        "receivedAt": instant_text(one.received),
        "bytes": len(one.body),
        "closedAt": None if one.closed is None else instant_text(one.closed),
        "closedBy": one.who,
        "closedBecause": one.why,
    }
    return {name: value for name, value in said.items() if value is not None}


def _content(body: bytes) -> dict[str, Any]:
    """Return what a message says: as JSON where it is an object, else the beginning of its text."""
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        said = None
    if isinstance(said, dict):
        return {"content": said}
    return {"text": body.decode(errors="replace")[:_MOST_TEXT]}
