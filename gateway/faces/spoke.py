"""What a face knows of its resources: the table that converts them, what may be changed, which events they have."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, TypeVar

from gateway.canonical.base import Extended
from gateway.canonical.lifecycle import Event, ResourceKind
from gateway.faces.prefer import Preferences
from gateway.faces.shape import Shape

__all__ = ["ResourceSpoke", "Spoke"]

M = TypeVar("M", bound=Extended)

SUFFIXES = {
    "create": "CreateEvent",
    "attributeValueChange": "AttributeValueChangeEvent",
    "delete": "DeleteEvent",
    "stateChange": "StateChangeEvent",
    "informationRequired": "InformationRequiredEvent",
    "milestone": "MilestoneEvent",
    "jeopardy": "JeopardyEvent",
    "errorMessage": "ErrorMessageEvent",
}


@dataclass(frozen=True)
class ResourceSpoke(Generic[M]):
    """One kind of resource in one face.

    `name` is its path segment and its member in events; `schema` and `update` are names in the face's document.
    `unchangeable` members are refused in a patch; where `changeable` is given, so are all others. `suffixes` are those
    of events that this face calls otherwise, `event_members` names under which some events have the resource once more.
    A resource in one of the `hidden` states is not there for this face.
    """

    kind: ResourceKind
    name: str
    shape: Shape[M]
    schema: str
    update: str | None = None
    unchangeable: frozenset[str] = frozenset()
    changeable: frozenset[str] | None = None
    events: frozenset[str] = frozenset()
    suffixes: Mapping[str, str] = field(default_factory=dict)
    event_members: Mapping[str, str] = field(default_factory=dict)
    hidden: frozenset[StrEnum] = frozenset()
    preferences: Preferences = field(default_factory=dict)

    @property
    def always_shown(self) -> frozenset[str]:
        """Members that `fields` leaves in every object: the class, where the version has classes."""
        return self.shape.always_shown

    def is_hidden(self, resource: M) -> bool:
        """Whether this face does not show a resource now."""
        return bool(self.hidden) and getattr(resource, "state", None) in self.hidden

    def from_wire(self, wire: Mapping[str, Any]) -> M:
        """Return the canonical resource. Raises ValueError where the wire object has not even the shape."""
        return self.shape.parse(wire)

    def to_wire(self, resource: M, base: str) -> dict[str, Any]:
        """Return the wire rendering with its absolute address under `base`."""
        identity = resource.__dict__["id"]
        out = {"id": identity, "href": f"{base}/{self.name}/{identity}"}
        out.update(self.shape.write(resource))
        return out

    def event_name(self, event_type: str) -> str | None:
        """Return the name of an event in this face, None where the face has no such event."""
        if event_type not in self.events:
            return None
        return self.name[0].upper() + self.name[1:] + self.suffixes.get(event_type, SUFFIXES[event_type])


@dataclass(frozen=True)
class Spoke:
    """One face: which document describes it, where it is served, what it shows.

    `partial_status` answers a page that is not all, `heard_status` a notification that was heard; `hub_type` is the
    class that a registration says, None where the version has no classes. `not_demanded` are members, by schema, that
    the document requires of a body and the gateway does not.
    """

    face: str
    document: str
    base: str
    title: str
    resources: tuple[ResourceSpoke[Any], ...]
    envelope: "Callable[[Spoke, Event, str], dict[str, Any] | None]"
    partial_status: int = 206
    hub_type: str | None = None
    heard_status: int = 201
    not_demanded: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def resource(self, kind: ResourceKind) -> ResourceSpoke[Any] | None:
        """Return how this face shows a kind of resource, None where it does not."""
        return next((resource for resource in self.resources if resource.kind is kind), None)

    def event_to_wire(self, event: Event, base: str) -> dict[str, Any] | None:
        """Return the notification of an event, None where this face has no such event."""
        return self.envelope(self, event, base)
