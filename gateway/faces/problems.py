"""Every way in which a face says no, once: code, HTTP status, meaning, remedy. Nothing else picks a status."""

from dataclasses import dataclass

from gateway.ports.errors import (
    AdapterError,
    DuplicateOrder,
    FaceError,
    GateRefused,
    GatewayError,
    IllegalTransition,
    LifecycleError,
    NotSupported,
    StaleVersion,
    StoreUnavailable,
)

__all__ = ["PROBLEMS", "STATUSES", "STATUS_OF_ERROR", "Problem", "Situation", "problem", "status_of"]


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
    "badPatch": Problem(400, "the patch is no list of operations", "write it as RFC 6902 has it"),
    "notPatchable": Problem(400, "the member cannot be changed", "leave it out of the patch"),
    "unknownAttribute": Problem(400, "the resource has no such attribute", "filter by an attribute of the document"),
    "badParameter": Problem(400, "a query parameter has a wrong value", "correct the parameter"),
    "badFilter": Problem(400, "the filter is no JSONPath that can be read", "correct it, or filter by attributes"),
    "badCallback": Problem(400, "the callback is no absolute address", "give an http or https address with a host"),
    "badIdempotencyKey": Problem(
        400, "the key is not one text of visible ASCII", "send one Idempotency-Key, such as a quoted UUID"
    ),
    "badQuery": Problem(400, "the query asks for something that no notification has", "correct the query"),
    "badRuleSet": Problem(400, "the rule set cannot be taken", "correct the line that the reason names"),
    "badFact": Problem(400, "the fact cannot be read", "send it in the shape of the trace document"),
    "unauthenticated": Problem(401, "who is asking is not known", "send valid credentials"),
    "forbidden": Problem(403, "this caller may not do that", "ask the operator for the right to do it"),
    "notFound": Problem(404, "there is nothing of that name", "check the address and the identifier"),
    "methodNotAllowed": Problem(405, "this address does not take that method", "use a method that Allow names"),
    "notAcceptable": Problem(406, "none of the media types wanted is spoken here", "accept application/json"),
    "duplicate": Problem(409, "it is there already", "use the one that is there"),
    "otherContent": Problem(
        409, "this was sent before with other content", "send it with that content, or under another key or number"
    ),
    "staleVersion": Problem(412, "it was changed since it was read", "read it again and repeat the change"),
    "tooLarge": Problem(413, "the body is too large", "send a smaller body"),
    "unsupportedMediaType": Problem(415, "the body's media type is not read here", "send application/json"),
    "patchDoesNotApply": Problem(
        422, "the patch cannot be applied to the resource as it is", "read the resource again and correct the path"
    ),
    "illegalTransition": Problem(422, "that state cannot follow the present one", "ask for a state that can"),
    "tooManyRequests": Problem(429, "too many requests", "wait as long as Retry-After says"),
    "internal": Problem(500, "the gateway failed", "try again; tell the operator if it fails again"),
    "notSupported": Problem(501, "the adapter for it declares that it cannot", "choose an adapter that declares it"),
    "unsupportedFilter": Problem(501, "the filter asks for more of JSONPath than is supported", "filter by attributes"),
    "overloaded": Problem(503, "the gateway has as much to do as it can", "wait as long as Retry-After says"),
    "unavailable": Problem(503, "the gateway cannot do this now", "try again later"),
    # What the rooms below say, so that each of their codes has a page as well.
    "invalidFilter": Problem(400, "the filter cannot be answered", "filter by less, or by another attribute"),
    "slowFilter": Problem(400, "the filter takes too long", "ask for an indexed attribute as well"),
    "unknownPredicate": Problem(400, "no fact has that predicate", "use a predicate that the document lists"),
    "alreadyCancelling": Problem(409, "the order is being cancelled already", "follow the cancel task that is there"),
    "newlyBroken": Problem(409, "the fix would break orders that are healthy", "stage a better one, or force it"),
    "noFix": Problem(409, "no fix is staged for the exception group", "stage one"),
    "noShadow": Problem(409, "the fix was not played through", "ask for its shadow replay first"),
    "notVerified": Problem(409, "no replay has proved that the group is mended", "say why it is closed"),
    "replaying": Problem(409, "the exception group is being replayed", "wait until the replay has ended"),
    "notParked": Problem(409, "the stream does not wait for an operator", "leave it: it goes on by itself"),
    "noBroker": Problem(409, "no message broker is configured", "set TMF_GATEWAY_BROKER_URL and start it again"),
    "letterClosed": Problem(409, "the message was dealt with", "leave it as it is"),
    "leaseLost": Problem(409, "another process took the work over", "nothing: it goes on there"),
    "stillHeld": Problem(409, "the exception group still holds orders", "replay them, or mend them first"),
    "badFix": Problem(422, "the fix cannot be used", "correct what the reason names"),
    "duplicateOrder": Problem(409, "an order of that identifier is stored already", "use another identifier"),
    "notChangeableNow": Problem(409, "the order has gone too far for that change", "leave those members as they are"),
    "orderEnded": Problem(409, "the order has ended", "order a change or a cease"),
    "orderOnItsWay": Problem(409, "the order is being worked on", "ask for its cancellation first"),
    "partOfProductOrder": Problem(409, "the service order was made for a product order", "cancel the product order"),
    "wouldHold": Problem(
        409, "orders would be newly held", "correct the rule set, or activate it with force and a reason"
    ),
    "stateFollowsFacts": Problem(
        409, "the state changes only when verified facts say so", "record the missing fact, or ask for a cancellation"
    ),
    "stale": Problem(412, "it was changed since it was read", "read it again and repeat the change"),
    "unknownEvent": Problem(422, "the event that is named is not known", "name one of the history"),
    "unknownOrder": Problem(422, "the order that is named is not known", "name an order that can be read"),
    "unknownService": Problem(422, "the service that is named is not known", "name a service that an order added"),
    "unknownFact": Problem(422, "the fact to supersede is not one of the order's", "name one that GET facts lists"),
    "stillRefused": Problem(422, "the message cannot be taken now either", "correct what the reason names"),
    "badVocabulary": Problem(422, "the vocabulary is not sound", "correct the line that the reason names"),
    "needsOperator": Problem(503, "a legacy system needs its operator", "tell the operator; the work is kept"),
    "outcomeUnknown": Problem(503, "a legacy system did not say what came of it", "nothing: it is asked again"),
    "refused": Problem(503, "a legacy system said no", "correct what the reason names"),
    "storeClosed": Problem(503, "the gateway is stopping", "try again in a moment"),
    "storeUnavailable": Problem(503, "the database does not answer; nothing was stored", "try again in a moment"),
    "tryLater": Problem(503, "a legacy system cannot be reached now", "nothing: the work is kept and tried again"),
    "unreadable": Problem(503, "a legacy system answered something that nobody understands", "tell the operator"),
}
"""Code → status and words. The statuses are those of the table that follows."""


@dataclass(frozen=True, slots=True)
class Situation:
    """When a status is answered, with which header fields beside the usual ones, and for which errors from below."""

    when: str
    headers: tuple[str, ...] = ()
    errors: tuple[type[GatewayError], ...] = ()


STATUSES: dict[int, Situation] = {
    400: Situation("the request cannot be read, or does not fit the document"),
    401: Situation("nobody knows who is asking", ("WWW-Authenticate",)),
    403: Situation("who is asking may not"),
    404: Situation("nothing is at that address, or of that identifier"),
    405: Situation("the address does not take the method", ("Allow",)),
    406: Situation("the client accepts nothing that is spoken here"),
    409: Situation(
        "it is there already, or what is recorded forbids it", errors=(StaleVersion, DuplicateOrder, LifecycleError)
    ),
    412: Situation("If-Match names a version that has passed"),
    413: Situation("the body is too large", ("Connection",)),
    415: Situation("the body's media type is not read here", ("Accept-Patch", "Accept-Post")),
    422: Situation("well formed, and refused for what it means", errors=(IllegalTransition, GateRefused)),
    429: Situation("one client has too many requests under way", ("Retry-After",)),
    500: Situation("the gateway failed; nothing is said of why"),
    501: Situation("what is behind it declares that it cannot do that", errors=(NotSupported,)),
    503: Situation("not now, and nothing was stored", ("Retry-After",), (StoreUnavailable, AdapterError)),
}
"""Every status of a refusal or a failure. Nothing else decides which status an error of the rooms below is."""

STATUS_OF_ERROR: dict[type[GatewayError], int] = {
    kind: status for status, situation in STATUSES.items() for kind in situation.errors
}
"""Errors of the rooms below and their statuses; the nearest class that an error is of counts."""


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
    return next((STATUS_OF_ERROR[kind] for kind in type(error).__mro__ if kind in STATUS_OF_ERROR), error.status)
