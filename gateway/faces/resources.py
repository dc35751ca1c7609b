"""What every resource of every face can do: be listed, read, made, changed, removed. Free of versions and of HTTP."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from gateway.faces.answer import Answer, Call
from gateway.faces.attributes import Attributes
from gateway.faces.checks import Check
from gateway.faces.desk import Desk
from gateway.faces.paging import page_headers
from gateway.faces.patch import changed
from gateway.faces.problems import problem
from gateway.faces.query import ALWAYS, read_fields, read_listing, select
from gateway.faces.settings import FaceSettings
from gateway.faces.spoke import ResourceSpoke
from gateway.faces.typed import TYPE
from gateway.faces.typed_shape import TypedShape
from gateway.ports.errors import GatewayError, StaleVersion
from gateway.ports.repository import Repository

__all__ = ["Resources", "etag"]

ATTEMPTS = 3
"""How often a change without If-Match is tried against a resource that others change at the same time."""


def etag(resource: Any) -> str:
    """Return the entity tag of a resource: its revision."""
    return f'"{resource.revision}"'


@dataclass(frozen=True)
class Resources:
    """One kind of resource in one face, with the operations that its document may name."""

    spoke: ResourceSpoke[Any]
    repository: Repository
    desk: Desk
    attributes: Attributes
    settings: FaceSettings
    accept: Callable[[Any], Awaitable[Any]] | None = None
    check_whole: Check | None = None
    partial_status: int = 206

    async def list(self, call: Call) -> Answer:
        """Answer a page, with its counts and links."""
        listing = read_listing(call.query, self.spoke.kind, self.attributes, self.settings, call.range)
        query = listing.query
        page = await self.repository.find(query)
        shown = [one for one in page.items if not self.spoke.is_hidden(one)]
        body = [select(self.spoke.to_wire(one, call.base), listing.fields, self._always) for one in shown]
        status = self.partial_status if body and len(page.items) < page.total else 200
        headers = page_headers(query, len(page.items), page.total, call.address, call.query)
        headers |= {"X-Result-Count": str(len(body)), "Accept-Ranges": "items"}
        if listing.is_range and body:
            headers["Content-Range"] = f"items {query.offset}-{query.offset + len(page.items) - 1}/{page.total}"
        return Answer(status, body, headers)

    async def read(self, call: Call) -> Answer:
        """Answer one resource."""
        resource = await self._one(call)
        wire = select(self.spoke.to_wire(resource, call.base), read_fields(call.query), self._always)
        return Answer(200, wire, {"ETag": etag(resource)})

    async def make(self, call: Call) -> Answer:
        """Take a new resource in."""
        assert self.accept is not None
        try:
            wanted = self.spoke.from_wire(call.body)
        except ValueError as error:
            raise problem("schema", reason=str(error)) from None
        made = await self.accept(wanted)
        wire = self.spoke.to_wire(made, call.base)
        return Answer(201, self._chosen(wire, call), {"Location": wire["href"], "ETag": etag(made)})

    async def change(self, call: Call) -> Answer:
        """Change the members that a merge patch names."""
        for attempt in range(ATTEMPTS):
            stored = await self._one(call)
            _match(call.if_match, stored.revision)
            wanted = changed(self.spoke, stored, call.body, self.check_whole, call.base)
            if wanted is stored:
                break
            try:
                stored = await self.desk.amend(self.spoke.kind, stored.id, wanted, if_revision=stored.revision)
                break
            except GatewayError as error:
                if not isinstance(error, StaleVersion) and error.status != 412:
                    raise
                if call.if_match is not None:
                    raise problem("staleVersion") from None
                if attempt == ATTEMPTS - 1:
                    raise StaleVersion(f"{self.spoke.name} {stored.id}") from None
        wire = self._chosen(self.spoke.to_wire(stored, call.base), call)
        return Answer(200, wire, {"ETag": etag(stored)})

    async def remove(self, call: Call) -> Answer:
        """Remove a resource."""
        stored = await self._one(call)
        _match(call.if_match, stored.revision)
        revision = None if call.if_match is None else stored.revision
        try:
            await self.desk.withdraw(self.spoke.kind, stored.id, if_revision=revision)
        except StaleVersion:
            if call.if_match is None:
                raise
            raise problem("staleVersion") from None
        return Answer(204)

    @property
    def _always(self) -> frozenset[str]:
        """What is shown whatever was chosen: a version that has classes says them always."""
        return ALWAYS | {TYPE} if self._has_classes else ALWAYS

    @property
    def _has_classes(self) -> bool:
        return isinstance(self.spoke.shape, TypedShape)

    def _chosen(self, wire: dict[str, Any], call: Call) -> dict[str, Any]:
        """Return what a client wants to see of what it has made or changed; v4 has no such choice."""
        return select(wire, read_fields(call.query), self._always) if self._has_classes else wire

    async def _one(self, call: Call) -> Any:
        resource_id = call.parameters["id"]
        resource = await self.repository.get(self.spoke.kind, resource_id)
        if resource is None or self.spoke.is_hidden(resource):
            raise problem("notFound", reason=f"there is no {self.spoke.name} {resource_id[:100]}")
        return resource


def _match(if_match: str | None, revision: int) -> None:
    """Raise FaceError 412 unless If-Match (RFC 9110, 13.1.1) names the present revision or any."""
    if if_match is None or if_match.strip() == "*":
        return
    if f'"{revision}"' not in {tag.strip() for tag in if_match.split(",")}:
        raise problem("staleVersion", reason=f'the resource is at "{revision}", not at {if_match[:100]}')
