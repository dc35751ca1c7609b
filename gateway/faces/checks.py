"""Schema checks: one compiled checker for each operation's body, made from the raw document."""

from collections.abc import Callable, Mapping
from functools import cache
from itertools import islice
from typing import Any

import jsonschema_rs

from gateway.faces.documents import reachable
from gateway.faces.problems import problem
from gateway.ports.errors import FaceError

__all__ = ["Check", "Rewrite", "body_check", "for_part", "for_patch", "without_demands"]

Check = Callable[[Any], None]
"""Passes silently, or raises FaceError 400 with the wire path, what is wrong there and how to correct it."""

Rewrite = Callable[[str, dict[str, Any]], dict[str, Any]]
"""Turns one named schema into plain JSON Schema, for documents that choose by discriminator."""

CHECKED_FORMATS = frozenset({"date-time", "date"})
"""Formats that are enforced. `uri` is not: clients legitimately send relative addresses."""

NOT_CHECKED = frozenset({"description", "title", "example", "discriminator", "xml", "externalDocs", "default"})

NAMES = frozenset({"properties", "patternProperties", "schemas"})
"""Keywords whose members are named by the document's author: `description` in one of them is a property."""

SHOWN = 5
"""How many faults are named in one answer."""

WORDS: Mapping[str, tuple[str, str]] = {
    "required": ("is missing", "add it"),
    "type": ("is not of type {value}", "send {value}"),
    "enum": ("has a value that is not in the list", "send one of: {value}"),
    "format": ("is no {value}", "send a {value} as in RFC 3339, with its offset: 2026-03-01T09:00:00Z"),
    "minItems": ("has fewer than {value} elements", "send at least {value}"),
    "maxItems": ("has more than {value} elements", "send at most {value}"),
    "minLength": ("is shorter than {value} characters", "send at least {value}"),
    "maxLength": ("is longer than {value} characters", "send at most {value}"),
    "minimum": ("is less than {value}", "send {value} or more"),
    "maximum": ("is more than {value}", "send {value} or less"),
    "pattern": ("does not match {value}", "send a value of that pattern"),
    "additionalProperties": ("has a member that is not allowed", "leave it out"),
}
"""What each kind of fault says and what helps; the value that was sent is never repeated."""


def body_check(document: dict[str, Any], schema: dict[str, Any], rewrite: Rewrite | None = None) -> Check:
    """Return the checker for a schema of a (whole) document."""

    def whole() -> dict[str, Any]:
        return {**schema, "components": {"schemas": _named(document, schema, rewrite)}}

    return _compiled(whole)


def for_patch(document: dict[str, Any], schema: dict[str, Any], rewrite: Rewrite | None = None) -> Check:
    """Return the checker for a merge patch of a schema: nothing is required outside arrays, and null removes.

    Elements of arrays are checked in full, since a merge patch replaces an array as a whole.
    """

    def whole() -> dict[str, Any]:
        full = _named(document, schema, rewrite)
        partial = {f"{name}.patch": _partial(part) for name, part in full.items()}
        return {**_partial(schema), "components": {"schemas": full | partial}}

    check = _compiled(whole)

    def check_patch(body: Any) -> None:
        check(_without_nulls(body))

    return check_patch


def for_part(document: dict[str, Any], schema: dict[str, Any], rewrite: Rewrite | None = None) -> Check:
    """Return the checker for a notification: the resource in its `event` may show a part of itself, no more."""

    def whole() -> dict[str, Any]:
        full = _named(document, schema, rewrite)
        opened = {f"{name}.{depth}": _opened(part, depth) for name, part in full.items() for depth in range(3)}
        return {**_opened(schema, 2), "components": {"schemas": full | opened}}

    return _compiled(whole)


def without_demands(not_demanded: Mapping[str, frozenset[str]]) -> Rewrite | None:
    """Return the rewrite by which schemas do not require some members; None where there are none."""
    if not not_demanded:
        return None

    def rewrite(name: str, schema: dict[str, Any]) -> dict[str, Any]:
        dropped = not_demanded.get(name)
        if not dropped:
            return schema
        return {**schema, "required": [one for one in schema["required"] if one not in dropped]}

    return rewrite


def _named(document: dict[str, Any], schema: dict[str, Any], rewrite: Rewrite | None) -> dict[str, dict[str, Any]]:
    """Return the schemas that one refers to, rewritten."""
    named = reachable(document, schema)
    return named if rewrite is None else {name: rewrite(name, part) for name, part in named.items()}


def _compiled(whole: Callable[[], dict[str, Any]]) -> Check:
    """Return a checker that compiles its schema when it is first asked: a start need not wait for all of them."""

    @cache
    def validator() -> jsonschema_rs.Draft7Validator:
        return jsonschema_rs.Draft7Validator(_plain(whole()), validate_formats=True)

    def check(body: Any) -> None:
        if not validator().is_valid(body):
            raise _fault(list(islice(validator().iter_errors(body), 2 + SHOWN)))

    return check


def _plain(node: Any) -> Any:
    """Return OpenAPI 3.0's dialect as JSON Schema: no formats but the enforced ones, `nullable` as a type."""
    if isinstance(node, list):
        return [_plain(one) for one in node]
    if not isinstance(node, dict):
        return node
    plain: dict[str, Any] = {}
    node = _chosen_by_class(node)
    for key, value in node.items():
        if key in NAMES and isinstance(value, dict):  # names of members, not keywords
            plain[key] = {name: _plain(part) for name, part in value.items()}
        elif key in NOT_CHECKED or (key == "format" and value not in CHECKED_FORMATS):
            continue
        else:
            plain[key] = value if key in ("enum", "required") else _plain(value)
    if plain.pop("nullable", False) is True and "type" in plain:
        plain["type"] = [plain["type"], "null"]
        if "enum" in plain:
            plain["enum"] = [*plain["enum"], None]
    return plain


def _chosen_by_class(node: dict[str, Any]) -> dict[str, Any]:
    """Return a union that maps classes to its parts with the choice spelt out; a class that it does not map fits any.

    Plain JSON Schema lets an object that says one class fit another one, which demands less of it.
    """
    discriminator: Any = node.get("discriminator")
    if "anyOf" not in node or not isinstance(discriminator, dict) or "mapping" not in discriminator:
        return node
    member, mapping = discriminator["propertyName"], discriminator["mapping"]

    def says(classes: list[str]) -> dict[str, Any]:
        return {"type": "object", "required": [member], "properties": {member: {"enum": classes}}}

    choices: list[dict[str, Any]] = [{"if": says([name]), "then": {"$ref": ref}} for name, ref in mapping.items()]
    choices.append({"if": says(list(mapping)), "else": {"anyOf": node["anyOf"]}})
    rest = {key: value for key, value in node.items() if key != "anyOf"}
    return {**rest, "allOf": [*node.get("allOf", []), *choices]}


def _partial(schema: Any) -> Any:
    """Return a schema that demands nothing outside arrays."""
    if not isinstance(schema, dict):
        return schema
    if isinstance(schema.get("$ref"), str):
        return {"$ref": schema["$ref"] + ".patch"}
    partial = {key: value for key, value in schema.items() if key not in ("required", "minProperties")}
    if "properties" in partial:
        partial["properties"] = {key: _partial(value) for key, value in partial["properties"].items()}
    for key in ("allOf", "anyOf", "oneOf"):
        if key in partial:
            partial[key] = [_partial(one) for one in partial[key]]
    if "anyOf" in partial and "mapping" in partial.get("discriminator", {}):
        mapping = {name: ref + ".patch" for name, ref in partial["discriminator"]["mapping"].items()}
        partial["discriminator"] = partial["discriminator"] | {"mapping": mapping}
    return partial


def _opened(schema: Any, depth: int) -> Any:
    """Return a schema that demands nothing of the objects `depth` members below it."""
    if not isinstance(schema, dict):
        return schema
    if isinstance(schema.get("$ref"), str):
        return {"$ref": f"{schema['$ref']}.{depth}"}
    opened = {key: value for key, value in schema.items() if depth or key not in ("required", "minProperties")}
    if depth and "properties" in opened:
        opened["properties"] = {key: _opened(value, depth - 1) for key, value in opened["properties"].items()}
    for key in ("allOf", "anyOf", "oneOf"):
        if key in opened:
            opened[key] = [_opened(one, depth) for one in opened[key]]
    return opened


def _without_nulls(body: Any) -> Any:
    if not isinstance(body, dict):
        return body
    return {key: _without_nulls(value) for key, value in body.items() if value is not None}


def _fault(errors: list[jsonschema_rs.ValidationError]) -> FaceError:
    told = [(_path(error), *_words(error)) for error in errors]
    path, what, fix = told[0]
    if len(told) > 1:
        others = "; ".join(f"{where or 'the body'} {wrong}" for where, wrong, _ in told[1 : 1 + SHOWN])
        fix = f"{fix}. Also wrong: {others}{' and more' if len(told) > 1 + SHOWN else ''}"
    return problem("schema", reason=f"{path or 'the body'} {what}", fix=fix, path=path or None)


def _path(error: jsonschema_rs.ValidationError) -> str:
    """Return where the fault is, as a client writes it: `productOrderItem[1].action`."""
    path = ""
    missing = [error.kind.value] if error.kind.name == "required" else []
    for step in [*error.instance_path, *missing]:
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else str(step)
    return path


def _words(error: jsonschema_rs.ValidationError) -> tuple[str, str]:
    reason, fix = WORDS.get(error.kind.name, ("does not fit the schema", "correct it as the face's document describes"))
    value = getattr(error.kind, "value", None)
    said = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return reason.format(value=said), fix.format(value=said)
