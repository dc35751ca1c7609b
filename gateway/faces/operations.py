"""What the tables of operations are made of: the resources of one face, in whatever version it speaks."""

from dataclasses import dataclass
from typing import Any

from gateway.canonical.lifecycle import ResourceKind
from gateway.faces.answer import Handler
from gateway.faces.attributes import Attributes
from gateway.faces.checks import body_check, for_patch
from gateway.faces.desk import Desk
from gateway.faces.documents import operations_of
from gateway.faces.hub import hub_handlers, listener_handlers
from gateway.faces.hub_query import QueryCheck
from gateway.faces.resources import Accept, Resources
from gateway.faces.settings import FaceSettings
from gateway.faces.spoke import Spoke
from gateway.ports.inbox import Inbox
from gateway.ports.repository import Repository

__all__ = ["Parts"]


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything that the operations of one face in one version work with."""

    spoke: Spoke
    document: dict[str, Any]
    desk: Desk
    repository: Repository
    settings: FaceSettings
    inbox: Inbox | None = None

    def resources(self, kind: ResourceKind, accept: Accept | None = None) -> Resources:
        """Return one kind of resource of this face; `accept` takes new ones in."""
        shown = self.spoke.resource(kind)
        assert shown is not None, kind
        typed = shown.update and shown.always_shown
        whole = {"$ref": f"#/components/schemas/{shown.schema}"}
        return Resources(
            spoke=shown,
            repository=self.repository,
            desk=self.desk,
            attributes=Attributes(self.document, shown.schema, shown.shape),
            settings=self.settings,
            accept=accept,
            check_whole=body_check(self.document, whole) if shown.update else None,
            check_parts=for_patch(self.document, {"$ref": f"#/components/schemas/{shown.update}"}) if typed else None,
            partial_status=self._partial_status(),
        )

    def _partial_status(self) -> int:
        """Return what answers a page that is not all: as the operator says of the face or its version, else its own."""
        face, said = self.spoke.face, self.settings.partial_status
        return said.get(face, said.get(face.rpartition("-")[2], self.spoke.partial_status))

    def events(self) -> dict[str, Handler]:
        """Return the operations of the hub, and those of the client's side that the document names."""
        ids = {(path, method): operation["operationId"] for path, method, operation in operations_of(self.document)}
        types = {name: path.rpartition("/")[2] for (path, _), name in ids.items() if path.startswith("/listener/")}
        listening = {name: event[0].upper() + event[1:] for name, event in types.items()}
        hub = (ids["/hub", "post"], ids["/hub/{id}", "delete"])
        queries = QueryCheck(self.spoke, self.document)
        coming = hub_handlers(self.spoke, self.repository, queries, self.settings.callbacks, hub)
        return coming | listener_handlers(self.spoke, listening, self.inbox)
