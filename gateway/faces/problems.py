"""Every way in which a face says no, once: code, HTTP status, meaning, remedy. Nothing else picks a status."""

from dataclasses import dataclass

from gateway.ports.errors import (
    AdapterError,
    DuplicateOrder,
    FaceError,
    GatewayError,
    IllegalTransition,
    LifecycleError,
    NotSupported,
    StaleVersion,
    StoreUnavailable,
)

__all__ = ["PROBLEMS", "STATUS_OF_ERROR", "Problem", "problem", "status_of"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One row: `meaning` stands where an occasion says nothing more exact, `fix` likewise."""

    status: int
    meaning: str
    fix: str


PROBLEMS: dict[str, Problem] = {
    "malformedBody": Problem(400, "the body is not JSON", "send well-formed JSON, in UTF-8"),
    "emptyBody": Problem(400, "the body is empty", "send a JSON object as the document describes it"),
    "deepBody": Problem(400, "the body is nested too deeply", "send a flatter body"),
    "schema": Problem(400, "the body does not fit the schema", "correct it as the face's document describes"),
    "notPatchable": Problem(400, "the member cannot be changed", "leave it out of the patch"),
    "unknownAttribute": Problem(400, "the resource has no such attribute", "filter by an attribute of the document"),
    "badParameter": Problem(400, "a query parameter has a wrong value", "correct the parameter"),
    "badCallback": Problem(400, "the callback is no absolute address", "give an http or https address with a host"),
    "badFact": Problem(400, "the fact cannot be read", "send it in the shape of the trace document"),
    "unauthenticated": Problem(401, "who is asking is not known", "send valid credentials"),
    "forbidden": Problem(403, "this caller may not do that", "ask the operator for the right to do it"),
    "notFound": Problem(404, "there is nothing of that name", "check the address and the identifier"),
    "methodNotAllowed": Problem(405, "this address does not take that method", "use a method that Allow names"),
    "notAcceptable": Problem(406, "none of the media types wanted is spoken here", "accept application/json"),
    "duplicate": Problem(409, "it is there already", "use the one that is there"),
    "staleVersion": Problem(412, "it was changed since it was read", "read it again and repeat the change"),
    "tooLarge": Problem(413, "the body is too large", "send a smaller body"),
    "unsupportedMediaType": Problem(415, "the body's media type is not read here", "send application/json"),
    "illegalTransition": Problem(422, "that state cannot follow the present one", "ask for a state that can"),
    "tooManyRequests": Problem(429, "too many requests", "wait as long as Retry-After says"),
    "internal": Problem(500, "the gateway failed", "try again; tell the operator if it fails again"),
    "notSupported": Problem(501, "no adapter of this landscape can do that", "choose an adapter that declares it"),
    "unavailable": Problem(503, "the gateway cannot do this now", "try again later"),
}
"""Code → status and words. The statuses are 400 to 406, 409, 412, 413, 415, 422, 429, 500, 501 and 503."""

STATUS_OF_ERROR: tuple[tuple[type[GatewayError], int], ...] = (
    (IllegalTransition, 422),
    (StaleVersion, 409),  # 412 where the client said which version it meant
    (DuplicateOrder, 409),
    (LifecycleError, 409),
    (StoreUnavailable, 503),
    (NotSupported, 501),
    (AdapterError, 503),
)
"""Errors of the rooms below and their statuses, the narrowest first; any other says its own."""


def problem(
    code: str,
    *,
    reason: str | None = None,
    fix: str | None = None,
    path: str | None = None,
    headers: dict[str, str] | None = None,
) -> FaceError:
    """Return the error of a code, to be raised; words of the occasion stand instead of the table's."""
    row = PROBLEMS[code]
    return FaceError(row.status, code, reason or row.meaning, fix or row.fix, path=path, headers=headers)


def status_of(error: GatewayError) -> int:
    """Return the HTTP status of an error."""
    return next((status for kind, status in STATUS_OF_ERROR if isinstance(error, kind)), error.status)
