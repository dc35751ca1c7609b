"""What schemathesis takes for a fault and is none, each asked of the whole document that the gateway serves.

A document of OpenAPI has no words for them: an answer of chosen members (`fields`) leaves out what the schema demands
of a whole one; a notification shows a part of its resource, and a patch a part of what it changes, where null removes;
`@type` may name a class that a client made up, and is given back as it came.
"""

import ast
import json

import jsonschema_rs
import schemathesis

WHOLE = {}
"""The document that the round's cases are made from, before it is made narrower."""

SENT = set()
"""Classes that any case named."""

MEANINGS = {
    # which addresses can be called back, and which queries a notification answers
    ("POST", "/hub"): ("badCallback", "badQuery"),
    # which members no change may touch; which operations go together in a list of them, and which paths can be followed
    ("PATCH", "/productOrder/{id}"): ("notPatchable", "badPatch"),
    ("PATCH", "/serviceOrder/{id}"): ("notPatchable", "badPatch"),
    ("PATCH", "/customerBill/{id}"): ("notPatchable", "badPatch"),
    # what stands inside a trace, a fact or a rule set, each a language of its own
    ("POST", "/check"): ("schema",),
    ("POST", "/facts"): ("schema", "badFact", "unknownPredicate"),
    ("POST", "/rule-sets"): ("badRuleSet",),
    # that one of several members must be there, or not more than one of two
    ("PATCH", "/exceptions/{fingerprint}"): ("schema",),
    ("POST", "/listeners/{id}/redeliver"): ("schema",),
    # that an order that is named exists, and that orders and a day exclude each other
    ("POST", "/agreement/runs"): ("badParameter",),
    ("GET", "/agreement"): ("badParameter",),
}
"""Operation → codes of refusals with 400 whose causes no schema tells."""

PATCHES = ("application/json", "application/merge-patch+json")
LISTENERS = "/listener/"


@schemathesis.hook
def filter_failure(_context, failure, case, response):
    """Return whether a failure is to be told."""
    match failure.title:
        case "Unknown discriminator value":
            shown = failure.message.split(" with value ", 1)[1].split(",\n", 1)[0]
            return ast.literal_eval(shown) not in SENT
        case "Response violates schema":
            is_part = "fields" in (case.query or {}) and response.status_code < 300
            return not (is_part and failure.schema_path[-1] == "required")
        case "Schema-valid request rejected":
            return not _is_refused_rightly(case, json.loads(response.content)["code"])
        case "Schema-violating request accepted":
            return not _is_a_good_part(case)
    return True


@schemathesis.hook
def before_call(_context, case, _kwargs):
    """Remember the classes that a case names."""
    SENT.update(_classes(case.body))


def _is_refused_rightly(case, code):
    """Whether what was wrong with a body is known to the whole document alone, or to none."""
    is_meant = code in MEANINGS.get((case.method.upper(), case.path), ())
    return is_meant or _is_header_wrong(case) or (code == "schema" and bool(_faults(case, case.body)))


def _is_header_wrong(case):
    """Whether a header field does not fit its pattern after all: what a pattern allows is not always hit on."""
    sent = {name.lower(): value for name, value in (case.headers or {}).items()}
    for parameter in WHOLE["paths"][case.path][case.method.lower()].get("parameters", ()):
        declared = (
            WHOLE["components"]["parameters"][parameter["$ref"].rpartition("/")[2]]
            if "$ref" in parameter
            else parameter
        )
        value = sent.get(declared["name"].lower()) if declared["in"] == "header" else None
        if value is not None and not jsonschema_rs.is_valid(declared["schema"], value):
            return True
    return False


def _is_a_good_part(case):
    """Whether nothing is wrong with a body but that it is a part."""
    is_patch = case.method.upper() == "PATCH" and case.media_type in PATCHES
    is_told = LISTENERS in case.path and isinstance(case.body, dict) and "event" in case.body
    if not (is_patch or is_told) or not _faults(case, case.body):
        return False
    faults = _faults(case, _without_nulls(case.body) if is_patch else case.body)
    return all(
        fault.schema_path[-1] == "required"
        and not any(isinstance(step, int) for step in fault.instance_path)
        and (is_patch or fault.instance_path[:1] == ["event"])
        for fault in faults
    )


def _faults(case, body):
    """Return what the whole document finds wrong with a body."""
    operation = WHOLE["paths"][case.path][case.method.lower()]
    schema = operation["requestBody"]["content"][case.media_type]["schema"]
    validator = jsonschema_rs.validator_for({**schema, "components": WHOLE["components"]}, validate_formats=True)
    return list(validator.iter_errors(body))


def _without_nulls(value):
    """Return an object without the members that a merge patch removes; an array is replaced whole."""
    if not isinstance(value, dict):
        return value
    return {name: _without_nulls(inner) for name, inner in value.items() if inner is not None}


def _classes(value):
    if isinstance(value, list):
        return {name for inner in value for name in _classes(inner)}
    if not isinstance(value, dict):
        return set()
    named = {name for key, name in value.items() if key in ("@type", "@referredType") and isinstance(name, str)}
    return named.union(*map(_classes, value.values()))
