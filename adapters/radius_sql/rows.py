"""What stands in the tables, as values: attributes, marks, a subscriber, a change to one. No I/O."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

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
]

AUTH_TYPE, PASSWORD = "Auth-Type", "Cleartext-Password"
RATE_LIMIT, ADDRESS, SERVICE_TYPE = "Mikrotik-Rate-Limit", "Framed-IP-Address", "Service-Type"


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
    address_key: str | None = None  # under which `mark.address` was reserved


@dataclass(frozen=True, slots=True)
class Held:
    """An address that is reserved under a key, until a moment; None: for as long as it is used."""

    address: str
    key: str
    at: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Subscriber:
    """All rows of one subscriber at one moment of the database."""

    username: str
    at: datetime
    checks: tuple[Attribute, ...] = ()
    replies: tuple[Attribute, ...] = ()
    group_replies: tuple[Attribute, ...] = ()  # in the order in which the groups are asked
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
        return frozenset(one.value for one in self.checks if one.name == name)

    def reply(self, name: str) -> frozenset[str]:
        """Return the values of a reply item that are in force: the subscriber's own, else the first group's."""
        own = frozenset(one.value for one in self.replies if one.name == name)
        return own or frozenset(one.value for one in _first_of(self.group_replies, name))


def _first_of(replies: tuple[Attribute, ...], name: str) -> Iterator[Attribute]:
    """Yield the first row of that name: groups are asked in order, and `=` adds only where there is none yet."""
    for one in replies:
        if one.name == name:
            yield one
            return
