"""Facts: what a named system says about a subject, with time, evidence and assurance."""

import hashlib
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

import orjson
from pydantic import Field

from gateway.canonical.base import Model

__all__ = ["PREDICATES", "Assurance", "Evidence", "Fact", "FactKey", "Source", "Verifier"]

PREDICATES = frozenset(
    {
        "party.identified",
        "account.open",
        "offer.valid",
        "address.resolved",
        "site.qualified",
        "price.agreed",
        "credit.ok",
        "order.accepted",
        "decomposition.complete",
        "resource.reserved",
        "appointment.booked",
        "selfinstall.chosen",
        "permit.granted",
        "build.released",
        "field.completed",
        "device.bound",
        "resource.assigned",
        "service.ready",
        "service.activated",
        "service.suspended",
        "service.resumed",
        "service.ceased",
        "resource.released",
        "acceptance.given",
        "charge.started",
        "rate.created",
        "bill.balanced",
        "bill.sent",
        "ledger.posted",
    }
)
"""All that can be said. A statement with another predicate is refused, not stored."""


class Assurance(StrEnum):
    """How far a fact may be trusted, weakest first: `asserted` is one system's word."""

    ASSERTED = "asserted"
    CORROBORATED = "corroborated"
    VERIFIED = "verified"
    ATTESTED = "attested"

    @property
    def rank(self) -> int:
        """0 for asserted to 3 for attested."""
        return list(Assurance).index(self)


class FactKey(NamedTuple):
    """What a gate can wait for: `site.qualified` about `item:1`."""

    predicate: str
    subject: str

    def __str__(self) -> str:
        """As answers print it: `site.qualified item:1`."""
        return f"{self.predicate} {self.subject}"


class Source(Model):
    """Who said it: the legacy system, the adapter and vocabulary that read it, the message it stood in."""

    system: str
    adapter: str | None = None
    vocabulary: str | None = None
    message: str | None = None


class Evidence(Model):
    """What backs a fact: a photo, a level, a serial, a probe. `ref` proves one order only."""

    kind: str
    ref: str | None = None
    sha256: str | None = None


class Verifier(Model):
    """Who or what raised a statement above its source's word: a rule, a probe, or a human by name."""

    kind: str
    id: str | None = None


class Fact(Model):
    """One statement. `recorded_at`, `id` and `previous` are set when the gateway stores it.

    It has two times: `valid_from` to `valid_to` says when it held in the world (`observed_at` where nothing is said),
    `recorded_at` when the gateway came to know it. A bill is explained by what was known when it was made.

    Subjects: `productOrder`, `serviceOrder`, `item:<product order item id>`, `bill:<id>`.
    """

    predicate: str
    subject: str
    value: dict[str, Any] = Field(default_factory=dict)
    observed_at: datetime
    source: Source
    id: str = ""
    order_id: str = ""
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    recorded_at: datetime | None = None
    evidence: tuple[Evidence, ...] = ()
    assurance: Assurance = Assurance.ASSERTED
    verifier: Verifier | None = None
    supersedes: str | None = None
    reason: str | None = None
    previous: str | None = None  # digest of the fact before it in the order's chain

    @property
    def key(self) -> FactKey:
        """What this is a statement about."""
        return FactKey(self.predicate, self.subject)

    def held_at(self, moment: datetime) -> bool:
        """Whether the statement is about a time that includes this moment; its end does not belong to it."""
        start = self.valid_from or self.observed_at
        return start <= moment and (self.valid_to is None or moment < self.valid_to)

    def digest(self) -> str:
        """Return `sha256:…` over the statement and the digest before it; the links of the order's chain."""
        silent = {"verifier"} if self.verifier is None else None  # so that facts without one keep their digests
        body = orjson.dumps(self.model_dump(mode="json", exclude=silent), option=orjson.OPT_SORT_KEYS)
        return "sha256:" + hashlib.sha256(body).hexdigest()
