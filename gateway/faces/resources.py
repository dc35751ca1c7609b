"""What every resource of every face can do: be listed, read, made, changed, removed. Free of versions and of HTTP."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from gateway.faces.answer import Answer, Call
from gateway.faces.attributes import Attributes
from gateway.faces.checks import Check
from gateway.faces.desk import Desk
from gateway.faces.json_patch import apply
from gateway.faces.json_patch_query import locate
from gateway.faces.media import JSON_PATCH, JSON_PATCH_QUERY
from gateway.faces.paging import page_headers
from gateway.faces.patch import changed, changed_by
from gateway.faces.paths import wire_path_of
from gateway.faces.preconditions import match
from gateway.faces.prefer import followed
from gateway.faces.problems import problem
from gateway.faces.query import read_fields, read_listing, select
from gateway.faces.repeats import REPLAYED, other_content, sending_of
from gateway.faces.settings import FaceSettings
from gateway.faces.spoke import ResourceSpoke
from gateway.faces.transitions import in_words_of
from gateway.ports.claims import Sending
from gateway.ports.errors import (
    GatewayError,
    IllegalTransition,
    OtherContent,
    SlowQuery,
    StaleVersion,
    StateNotForClients,
    TakenBefore,
)
from gateway.ports.query import Condition, Negated, Operator
from gateway.ports.repository import Page, Query, Repository

__all__ = ["Accept", "Resources", "etag"]

Accept = Callable[[Any, Sending], Awaitable[Any]]
"""Takes a new resource in. Raises TakenBefore and OtherContent where it was sent before."""

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
    accept: Accept | None = None
    check_whole: Check | None = None
    check_parts: Check | None = None
    partial_status: int = 206

    async def list(self, call: Call) -> Answer:
        """Answer a page, with its counts and links."""
        listing = read_listing(call.query, self.spoke.kind, self.attributes, self.settings, call.range)
        query = await self._visible(listing.query)
        page = await self._found(query)
        kept = self.spoke.always_shown
        say, applied = followed(self.spoke.preferences, call.prefer, self.spoke.to_wire)
        body = [select(say(one, call.base), listing.fields, kept) for one in page.items]
        status = self.partial_status if body and len(page.items) < page.total else 200
        headers = page_headers(query, len(page.items), page.total, call.address, call.query)
        headers |= {"Accept-Ranges": "items", **applied}
        if listing.is_range and body:
            headers["Content-Range"] = f"items {query.offset}-{query.offset + len(page.items) - 1}/{page.total}"
        return Answer(status, body, headers)

    async def read(self, call: Call) -> Answer:
        """Answer one resource."""
        resource = await self._one(call)
        say, applied = followed(self.spoke.preferences, call.prefer, self.spoke.to_wire)
        wire = select(say(resource, call.base), read_fields(call.query), self.spoke.always_shown)
        return Answer(200, wire, {"ETag": etag(resource), **applied})

    async def make(self, call: Call) -> Answer:
        """Take a new resource in; give the first answer again where it was sent before."""
        assert self.accept is not None
        sending = sending_of(call)
        replayed: Mapping[str, str] = {}
        try:
            wanted = self.spoke.from_wire(call.body)
        except ValueError as error:
            raise problem("schema", reason=str(error)) from None
        try:
            made = await self.accept(wanted, sending)
        except TakenBefore as before:
            made, replayed = before.first, REPLAYED
        except OtherContent as error:
            raise other_content(self.spoke, error, call.base) from None
        wire, applied = self._shown(made, call)
        return Answer(201, wire, {"Location": wire["href"], "ETag": etag(made), **replayed, **applied})

    async def change(self, call: Call) -> Answer:
        """Change what a patch wants changed; `call.media` says which kind of patch it is."""
        for attempt in range(ATTEMPTS):
            stored = await self._one(call)
            is_exact = match(call.if_match, stored.revision)
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
                if is_exact:
                    raise problem("staleVersion") from None
                if attempt == ATTEMPTS - 1:
                    raise StaleVersion(f"{self.spoke.name} {stored.id}") from None
        wire, applied = self._shown(stored, call)
        return Answer(200, wire, {"ETag": etag(stored), **applied})

    async def remove(self, call: Call) -> Answer:
        """Remove a resource."""
        stored = await self._one(call)
        is_exact = match(call.if_match, stored.revision)
        try:
            await self.desk.withdraw(self.spoke.kind, stored.id, if_revision=stored.revision if is_exact else None)
        except StaleVersion:
            if not is_exact:
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
        states = tuple(sorted(str(state) for state in hidden))
        if not (await self.repository.find(Query(query.kind, (("state", states),), 0, 0))).total:
            return query
        return replace(query, filters=(*query.filters, Negated(Condition("state", Operator.EQ, states))))

    async def _found(self, query: Query) -> Page:
        """Return a page. What takes too long is refused in the words of this face."""
        try:
            return await self.repository.find(query)
        except SlowQuery as error:
            slow = SlowQuery([wire_path_of(self.spoke.shape, path) for path in error.paths], error.seconds)
            raise problem("slowFilter", reason=slow.reason, fix=slow.fix, path=slow.paths[0]) from None

    def _patched(self, stored: Any, call: Call) -> Any:
        if call.media not in (JSON_PATCH, JSON_PATCH_QUERY):
            return changed(self.spoke, stored, call.body, self.check_whole, call.base)
        finder = locate if call.media == JSON_PATCH_QUERY else None

        def operations(present: Any) -> Any:
            return apply(present, call.body, finder)

        return changed_by(self.spoke, stored, operations, self.check_whole, self.check_parts, call.base)

    def _shown(self, resource: Any, call: Call) -> tuple[dict[str, Any], dict[str, str]]:
        """Return what a change answers, with headers: in versions with classes, no more than `fields` asks for."""
        say, applied = followed(self.spoke.preferences, call.prefer, self.spoke.to_wire)
        wire, kept = say(resource, call.base), self.spoke.always_shown
        return (select(wire, read_fields(call.query), kept) if kept else wire), applied

    async def _one(self, call: Call) -> Any:
        resource_id = call.parameters["id"]
        resource = await self.repository.get(self.spoke.kind, resource_id)
        if resource is None or self.spoke.is_hidden(resource):
            raise problem("notFound", reason=f"there is no {self.spoke.name} {resource_id[:100]}")
        return resource
