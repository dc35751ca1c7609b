"""The query of a registration: which notifications a listener wants, and how much of each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from gateway.faces.attributes import Attributes
from gateway.faces.filters import read_filters
from gateway.faces.fits import fits
from gateway.faces.problems import problem
from gateway.faces.query import Fields, read_fields, select
from gateway.faces.spoke import ResourceSpoke, Spoke
from gateway.ports.errors import FaceError
from gateway.ports.query import AllOf, AnyOf, Condition, Filter, Negated, Operator

__all__ = ["ENVELOPE", "QueryCheck", "Wanted", "wanted"]

MAX_QUERY = 4096
ENVELOPE = frozenset(
    {"eventId", "eventTime", "eventType", "correlationId", "domain", "title", "timeOcurred", "timeOccurred"}
)
"""Members of a notification itself that a condition may be about; `description` and `priority` are the resource's."""

_TYPE = "eventType"
_FIELDS = "fields"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A query, read: the conditions that must hold of a notification, and the members of the resource to send."""

    conditions: Filter
    fields: Fields = None

    def of(self, body: dict[str, Any], kept: frozenset[str]) -> dict[str, Any] | None:
        """Return a notification as it is wanted, None where it is not; `kept` members are never left out."""
        if not fits(self.conditions, body):
            return None
        if self.fields is None:
            return body
        names, resource = tuple(body["event"]), next(iter(body["event"].values()))
        return {**body, "event": dict.fromkeys(names, select(resource, self.fields, kept))}


class QueryCheck:
    """Reads the queries of one face as a client registers them, and refuses what could never be meant."""

    def __init__(self, spoke: Spoke, document: dict[str, Any]) -> None:
        self._spoke = spoke
        self._attributes = {
            shown.name: Attributes(document, shown.schema, shown.shape) for shown in spoke.resources if shown.events
        }

    def check(self, query: str) -> None:
        """Raise FaceError 400 that says what in a query is wrong."""
        if len(query) > MAX_QUERY or not query.isprintable():
            raise problem("badQuery", reason=f"the query is longer than {MAX_QUERY} characters", path="query")
        try:
            _read(query, _Checked(self._spoke, self._attributes))
        except FaceError as error:
            raise problem("badQuery", reason=f"query: {error.reason}", fix=error.fix, path="query") from None


class _Payload(Attributes):
    """Finds members of a notification by the names that a query may give them; knows no document."""

    def __init__(self, spoke: Spoke) -> None:
        self._named = {
            name: shown
            for shown in spoke.resources
            if shown.events
            for name in (shown.name, *shown.event_members.values())
        }

    def knows(self, name: str) -> bool:
        """Return whether a notification may have a member of that name."""
        return bool(self._paths(name))

    def condition(self, name: str, operator: Operator, values: list[str], *, negated: bool = False) -> Filter:
        """Return a filter on a notification; negated, none of the values may be there."""
        paths = self._paths(name)
        found = AnyOf(tuple(Condition(path, operator, tuple(values)) for path in paths))
        return Negated(found) if negated else found

    def _paths(self, name: str) -> Sequence[str]:
        """Return where in a notification a name may mean: `state`, `productOrder.state`, `event.productOrder.state`."""
        if name in ENVELOPE:
            return (name,)
        inside = name.removeprefix("event.")
        first, _, rest = inside.partition(".")
        if rest and first in self._named:
            return (f"event.{inside}",)
        return tuple(f"event.{one}.{inside}" for one in self._named)


class _Checked(_Payload):
    """The same for a query that somebody registers: every name and every value must be sound."""

    def __init__(self, spoke: Spoke, attributes: Mapping[str, Attributes]) -> None:
        super().__init__(spoke)
        self._attributes = attributes
        self._types = frozenset(
            name for shown in spoke.resources for one in shown.events if (name := shown.event_name(one)) is not None
        )

    def knows(self, name: str) -> bool:
        """Return whether some notification of the face has a member of that name."""
        return name in ENVELOPE or any(attributes.knows(rest) for attributes, rest in self._candidates(name))

    def condition(self, name: str, operator: Operator, values: list[str], *, negated: bool = False) -> Filter:
        """Return a filter on a notification. Raises FaceError 400 for a name or a value that makes no sense."""
        if name == _TYPE and operator is Operator.EQ:
            for value in values:
                if value not in self._types:
                    known = ", ".join(sorted(self._types)) or "none"
                    raise problem("badQuery", reason=f"there is no event {value!r:.100}", fix=f"name one of: {known}")
        elif name not in ENVELOPE:
            candidates = self._candidates(name)
            sound = [(attributes, rest) for attributes, rest in candidates if attributes.knows(rest)]
            if not sound:
                raise problem(
                    "badQuery",
                    reason=f"no notification of this face has a member {name!r:.100}",
                    fix="name eventType, a member of the envelope, or an attribute of the resource",
                )
            for attributes, rest in sound:
                attributes.condition(rest, operator, values, negated=negated)
        elif operator is Operator.REGEX:
            next(iter(self._attributes.values())).condition("id", operator, values)  # that the pattern can be read
        return super().condition(name, operator, values, negated=negated)

    def _candidates(self, name: str) -> Iterable[tuple[Attributes, str]]:
        inside = name.removeprefix("event.")
        first, _, rest = inside.partition(".")
        if rest and first in self._named:
            return ((self._attributes[self._named[first].name], rest),)
        return tuple((attributes, inside) for attributes in self._attributes.values())


def wanted(spoke: Spoke, shown: ResourceSpoke[Any], body: dict[str, Any], query: str | None) -> dict[str, Any] | None:
    """Return a notification as a listener's query wants it, None where the query leaves it out.

    `eventType` and every other condition may be given several times, with commas or with semicolons: any of the values
    will do; conditions on different members must all hold. `fields` chooses among the members of the resource.
    """
    return _of_face(_Known(spoke), query).of(body, shown.always_shown) if query else body


class _Known:
    """A spoke that is equal to every spoke of its face, so that what was read for it can be kept."""

    def __init__(self, spoke: Spoke) -> None:
        self.spoke = spoke

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Known) and other.spoke.face == self.spoke.face

    def __hash__(self) -> int:
        return hash(self.spoke.face)


@lru_cache(maxsize=1024)
def _of_face(known: _Known, query: str) -> Wanted:
    return _read(query, _Payload(known.spoke))


def _read(query: str, attributes: Attributes) -> Wanted:
    pairs = tuple(parse_qsl(query.strip().removeprefix("?"), keep_blank_values=True))
    conditions = read_filters(tuple(pair for pair in pairs if pair[0] != _FIELDS), attributes)
    fields = read_fields(pairs)
    return Wanted(AllOf(conditions), fields)
