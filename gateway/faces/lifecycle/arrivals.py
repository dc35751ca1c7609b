"""Statements in messages: read and checked as the face's own operation does, and recorded through the same door."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from gateway.canonical.fact import Fact
from gateway.faces.body import parse_json
from gateway.faces.checks import body_check
from gateway.faces.documents import load_document
from gateway.faces.lifecycle.facts import statements_of
from gateway.faces.problems import problem
from gateway.faces.settings import FaceSettings
from gateway.streams.cloud_events import read_statement

__all__ = ["Statements"]

_REQUEST = {"$ref": "#/components/schemas/FactRequest"}


class _Door(Protocol):
    async def record_facts(self, order_id: str, facts: Sequence[Fact]) -> tuple[Fact, ...]: ...


class Statements:
    """Records what messages state. `documents` is the folder of the documents: the schema is that of `recordFacts`."""

    def __init__(self, desk: _Door, documents: Path, settings: FaceSettings | None = None) -> None:
        self._desk, self._settings = desk, settings or FaceSettings()
        self._check = body_check(load_document(documents / "lifecycle/v1.yaml"), _REQUEST)

    async def record(self, body: bytes, systems: frozenset[str] = frozenset()) -> tuple[Fact, ...]:
        """Record the statements of one message: a CloudEvent or the bare body of `POST /facts`.

        `systems` are those whose statements are taken; empty is anybody. Raises FaceError for what is malformed or
        refused, StoreUnavailable and StaleVersion where it should be tried again.
        """
        if len(body) > self._settings.max_body_bytes:
            raise problem("tooLarge")
        order_id, facts = self._read(body)
        for fact in facts:
            if systems and fact.source.system not in systems:
                name = fact.source.system[:100]
                raise problem(
                    "forbidden",
                    reason=f"system {name!r} may not state facts this way",
                    fix="send it where that system's facts arrive, or name the system in the landscape",
                    path="source.system",
                )
        return await self._desk.record_facts(order_id, facts)

    def _read(self, body: bytes) -> tuple[str, list[Fact]]:
        said: Any = parse_json(body, self._settings.max_depth)
        try:
            said = read_statement(said)
        except ValueError as error:
            fix = "send a CloudEvent in structured JSON, or the body of POST /lifecycle/v1/facts"
            raise problem("schema", reason=f"the message {error}", fix=fix) from None
        self._check(said)
        return statements_of(said)
