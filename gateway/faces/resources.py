"""What every resource of every face can do: be listed, read, made, changed, removed. Free of versions and of HTTP."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from gateway.canonical.states import OrderState
from gateway.faces.answer import Answer, Call
from gateway.faces.attributes import Attributes
from gateway.faces.checks import Check
from gateway.faces.desk import Desk
from gateway.faces.json_patch import apply
from gateway.faces.json_patch_query import locate
from gateway.faces.media import JSON_PATCH, JSON_PATCH_QUERY
from gateway.faces.paging import page_headers
from gateway.faces.patch import changed, changed_by
from gateway.faces.problems import problem
from gateway.faces.query import read_fields, read_listing, select
from gateway.faces.settings import FaceSettings
from gateway.faces.spoke import ResourceSpoke
from gateway.faces.transitions import in_words_of
from gateway.ports.errors import GatewayError, IllegalTransition, StaleVersion, StateNotForClients
from gateway.ports.repository import Query, Repository

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
    check_parts: Check | None = None
    partial_status: int = 206

    async def list(self, call: Call) -> Answer:
        """Answer a page, with its counts and links."""
        listing = read_listing(call.query, self.spoke.kind, self.attributes, self.settings, call.range)
        query = await self._visible(listing.query)
        page = await self.repository.find(query)
        kept = self.spoke.always_shown
        body = [select(self.spoke.to_wire(one, call.base), listing.fields, kept) for one in page.items]
        status = self.partial_status if body and len(page.items) < page.total else 200
        headers = page_headers(query, len(page.items), page.total, call.address, call.query)
        headers["Accept-Ranges"] = "items"
        if listing.is_range and body:
            headers["Content-Range"] = f"items {query.offset}-{query.offset + len(page.items) - 1}/{page.total}"
        return Answer(status, body, headers)

    async def read(self, call: Call) -> Answer:
        """Answer one resource."""
        resource = await self._one(call)
        wire = select(self.spoke.to_wire(resource, call.base), read_fields(call.query), self.spoke.always_shown)
        return Answer(200, wire, {"ETag": etag(resource)})

    async def make(self, call: Call) -> Answer:
        """Take a new resource in."""
        assert self.accept is not None
        try:
            wanted = self.spoke.from_wire(call.body)
        except ValueError as error:
            raise problem("schema", reason=str(error)) from None
        made = await self.accept(wanted)
        wire = self._shown(made, call)
        return Answer(201, wire, {"Location": wire["href"], "ETag": etag(made)})

    async def change(self, call: Call) -> Answer:
        """Change what a patch wants changed; `call.media` says which kind of patch it is."""
        for attempt in range(ATTEMPTS):
            stored = await self._one(call)
            _match(call.if_match, stored.revision)
            wanted = self._patched(stored, call)
            if wanted is stored:
                break
            try:
                stored = await self.desk.amend(self.spoke.kind, stored.id, wanted, if_revision=stored.revision)
                break
            except (IllegalTransition, StateNotForClients) as error:
                raise in_words_of(self.spoke, error) from None
            except GatewayError as error:
                if not isinstance(error, StaleVersion) and error.status != 412:
                    raise
                if call.if_match is not None:
                    raise problem("staleVersion") from None
                if attempt == ATTEMPTS - 1:
                    raise StaleVersion(f"{self.spoke.name} {stored.id}") from None
        return Answer(200, self._shown(stored, call), {"ETag": etag(stored)})

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

    async def _visible(self, query: Query) -> Query:
        """Return a query that leaves out what this face does not show.

        Most stores hold nothing of the kind, and are asked no more than that: a condition on all rows costs.
        """
        hidden = self.spoke.hidden
        if not hidden:
            return query
        unseen = Query(query.kind, (("state", tuple(sorted(hidden))),), 0, 0)
        if not (await self.repository.find(unseen)).total:
            return query
        shown = tuple(state for state in OrderState if state not in hidden)
        return replace(query, where=(*query.where, ("state", shown)))

    def _patched(self, stored: Any, call: Call) -> Any:
        if call.media not in (JSON_PATCH, JSON_PATCH_QUERY):
            return changed(self.spoke, stored, call.body, self.check_whole, call.base)
        finder = locate if call.media == JSON_PATCH_QUERY else None

        def operations(present: Any) -> Any:
            return apply(present, call.body, finder)

        return changed_by(self.spoke, stored, operations, self.check_whole, self.check_parts, call.base)

    def _shown(self, resource: Any, call: Call) -> dict[str, Any]:
        """Return what a change answers: in versions with classes, no more than `fields` asks for."""
        wire, kept = self.spoke.to_wire(resource, call.base), self.spoke.always_shown
        return select(wire, read_fields(call.query), kept) if kept else wire

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
