"""Vocabularies in the gateway's own face: which tables are in use, what they lack, and how one is corrected."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Protocol

from gateway.faces.answer import Answer, Call, Handler
from gateway.faces.problems import problem
from gateway.faces.rows import instant_text
from gateway.ports.adapter import Role
from gateway.ports.errors import FaceError, NotSupported, SetupError
from gateway.ports.vocabulary_store import StoredTable, TableStatus, UnknownSeen
from gateway.vocabulary.coverage import coverage_of, unused_codes
from gateway.vocabulary.texts import TableText, texts_of

__all__ = ["Vocabularies", "vocabulary_handlers"]


class Vocabularies(Protocol):
    """The tables in use. Every method may raise StoreUnavailable."""

    def in_use(self) -> Mapping[str, tuple[TableText, Sequence[Role]]]:
        """Return each table with the roles whose adapters use it, by id."""

    async def unknown(self) -> Sequence[UnknownSeen]:
        """Return the codes that were met and that a table lacked."""

    async def counts(self, vocab: str) -> Mapping[str, int]:
        """Return how often each code of a table was met."""

    async def versions(self, vocab: str) -> Sequence[StoredTable]:
        """Return the versions of a table that were sent, the newest first."""

    async def stage(self, tables: Sequence[str], *, who: str, reason: str) -> Sequence[StoredTable]:
        """Check tables and keep them. Raises SetupError."""

    async def take_up(self, tables: Sequence[str], *, who: str, reason: str) -> Sequence[str]:
        """Put tables in use; return the orders that are asked again. Raises SetupError."""


def vocabulary_handlers(desk: Vocabularies | None) -> dict[str, Handler]:
    """Return the operations; without a desk each answers that it is not supported here."""
    handlers = _Handlers(desk)
    return {
        "listVocabularies": handlers.list,
        "retrieveVocabulary": handlers.retrieve,
        "sendVocabulary": handlers.send,
    }


class _Handlers:
    def __init__(self, desk: Vocabularies | None) -> None:
        self._given = desk

    @property
    def _desk(self) -> Vocabularies:
        if self._given is None:
            raise NotSupported("this gateway", "vocabularies")
        return self._given

    async def list(self, call: Call) -> Answer:
        """Every table in use."""
        for name, _ in call.query:
            raise problem("badParameter", reason=f"there is no parameter {name!r} here", fix="leave it out", path=name)
        unknown = await self._desk.unknown()
        body = [_summary(one, roles, unknown) for _, (one, roles) in sorted(self._desk.in_use().items())]
        return Answer(body=body, headers={"X-Total-Count": str(len(body)), "X-Result-Count": str(len(body))})

    async def retrieve(self, call: Call) -> Answer:
        """One table: its text, its history, and the codes that were never met."""
        vocab = call.parameters["id"]
        found = self._desk.in_use().get(vocab)
        if found is None:
            fix = "use an id that GET vocabularies lists"
            raise problem("notFound", reason="no adapter uses a vocabulary of that id", fix=fix)
        one, roles = found
        met = await self._desk.counts(vocab)
        versions = await self._desk.versions(vocab)
        body = _summary(one, roles, await self._desk.unknown()) | {
            "text": one.text,
            "codes": [{"code": code, "count": met.get(code, 0)} for code in one.table.rows],
            "unusedCodes": list(unused_codes(one.table, met)),
            "versions": [_version(version) for version in versions],
        }
        return Answer(body=body)

    async def send(self, call: Call) -> Answer:
        """Check a corrected table; keep it, or put it in use."""
        said = call.body
        text, by = said["text"], {"who": said["who"], "reason": said["reason"]}
        try:
            sent = texts_of(text, "text")
            if said.get("adopt", False):
                orders: Sequence[str] = await self._desk.take_up([text], **by)
                status = TableStatus.ACTIVE
            else:
                await self._desk.stage([text], **by)
                orders, status = (), TableStatus.STAGED
        except SetupError as error:
            raise FaceError(422, "badVocabulary", error.reason, error.fix, path="text") from None
        in_use = self._desk.in_use()
        body = {
            "vocabularies": [
                {
                    "id": vocab,
                    "version": one.table.version,
                    "digest": one.digest,
                    "status": (TableStatus.ACTIVE if in_use[vocab][0].digest == one.digest else status).value,
                }
                for vocab, one in sent.items()
            ],
            "ordersAskedAgain": len(orders),
        }
        return Answer(201, body, {"Location": f"{call.base}/vocabularies/{next(iter(sent))}"})


def _summary(one: TableText, roles: Sequence[Role], unknown: Sequence[UnknownSeen]) -> dict[str, Any]:
    table = one.table
    lacking = [
        {
            "code": seen.code,
            "count": seen.count,
            "orders": seen.orders,
            "ordersWaiting": seen.waiting,
            "firstSeen": instant_text(seen.first_seen),
            "lastSeen": instant_text(seen.last_seen),
        }
        for seen in unknown
        if seen.vocab == table.id and seen.code not in table.known
    ]
    return {
        "id": table.id,
        "version": table.version,
        "digest": one.digest,
        "system": table.system,
        "target": table.target,
        "roles": [role.value for role in roles],
        "coverage": asdict(coverage_of(table)),
        "unknownCodes": lacking,
    }


def _version(stored: StoredTable) -> dict[str, Any]:
    return {
        "version": stored.version,
        "digest": stored.digest,
        "status": stored.status.value,
        "who": stored.who,
        "reason": stored.reason,
        "at": instant_text(stored.at),
    }
