"""What stands in the tables, as values: attributes, marks, a subscriber, a change to one. No I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import AddressValueError, IPv4Address

from adapters.sdk.redact import redact
from gateway.ports.errors import Unreadable

__all__ = [
    "ADDRESS",
    "AUTH_TYPE",
    "PASSWORD",
    "RATE_LIMIT",
    "SERVICE_TYPE",
    "Attribute",
    "Change",
    "Held",
    "Mark",
    "Subscriber",
    "ipv4",
]

AUTH_TYPE, PASSWORD = "Auth-Type", "Cleartext-Password"
RATE_LIMIT, ADDRESS, SERVICE_TYPE = "Mikrotik-Rate-Limit", "Framed-IP-Address", "Service-Type"


def ipv4(text: str) -> str:
    """Return an address as it is written everywhere. Raises Unreadable for a network, or another version's."""
    try:
        return str(IPv4Address(text.removesuffix("/32")))
    except AddressValueError:
        raise Unreadable("radius-sql has something else where an address of version 4 stands", redact(text)) from None


@dataclass(frozen=True, slots=True)
class Attribute:
    """One row of a check or reply table. `op` is `:=` (set), `=` (add where there is none) or `+=`."""

    name: str
    op: str
    value: str = field(repr=False)  # it may be a password


@dataclass(frozen=True, slots=True)
class Mark:
    """Which item of which order did what to which subscriber."""

    reference: str
    item: str
    verb: str
    username: str
    specification: str | None = None
    product: str | None = None
    offering: str | None = None
    address: str | None = None
    at: datetime | None = None  # the database's own time; None of one that is not written yet


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be written in one transaction: the mark, and the rows that its verb is about."""

    mark: Mark
    password: str | None = field(default=None, repr=False)
    group: str | None = None
    replies: tuple[Attribute, ...] = ()
    auth_type: str | None = None
    address_item: str | None = None  # for which `mark.address` was reserved


@dataclass(frozen=True, slots=True)
class Held:
    """An address that is reserved since a moment until another; None: for as long as it is used."""

    address: str
    at: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Subscriber:
    """All rows of one subscriber at one moment of the database; mappings are from an attribute to its values."""

    username: str
    at: datetime
    checks: Mapping[str, Sequence[str]] = field(default_factory=dict, repr=False)  # a password is among them
    replies: Mapping[str, Sequence[str]] = field(default_factory=dict)
    group_replies: Mapping[str, Sequence[str]] = field(default_factory=dict)  # of the first group that has it
    shown: tuple[tuple[str, str, str], ...] = ()  # name, operator and value of each reply, as evidence
    marks: tuple[Mark, ...] = ()  # the first one first

    @property
    def exists(self) -> bool:
        """Whether anything stands under the name."""
        return bool(self.checks)

    @property
    def mark(self) -> Mark | None:
        """The last thing that an order of ours did to it."""
        return self.marks[-1] if self.marks else None

    def check(self, name: str) -> frozenset[str]:
        """Return all values of a check item: more than one where rows contradict each other."""
        return frozenset(self.checks.get(name, ()))

    def reply(self, name: str) -> frozenset[str]:
        """Return the values of a reply item that are in force: the subscriber's own, else the first group's."""
        return frozenset(self.replies.get(name, ())) or frozenset(self.group_replies.get(name, ()))
