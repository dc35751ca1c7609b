"""From the reservations, services and sessions of template to facts. Pure."""

from collections.abc import Iterator
from typing import Any

import orjson

from adapters.sdk.facts import Speaker, digest
from adapters.sdk.redact import redact
from adapters.template.roles.activation.words import Row, Words, is_number_name, member
from gateway.canonical.fact import Assurance, Evidence, Fact
from gateway.canonical.service_order import ServiceOrderItem
from gateway.canonical.states import ItemAction, ServiceState
from gateway.ports.errors import UnknownCode, Unreadable

__all__ = ["outcome_facts", "probe_facts", "reserved_value", "state"]

_RATES = {"down": "downstreamRate", "up": "upstreamRate"}
_PLAIN = {"serial": "serial", "site": "place", "port": "port", "iccid": "iccid"}


def state(row: Row, words: Words, subject: str) -> str:
    """Return the canonical state of a service. Raises UnknownCode."""
    try:
        return words.states.translate(row.get("status"))
    except UnknownCode as error:
        raise UnknownCode(error.vocabulary, error.legacy_code, subject=subject) from None


def outcome_facts(
    speaker: Speaker, item: ServiceOrderItem, service: Row, words: Words, *, resumes: bool = False
) -> Iterator[Fact]:
    """Yield what the provisioning system says of an item whose change is in force. Raises UnknownCode, Unreadable."""
    predicate = _predicate(state(service, words, item.subject), resumes=resumes)
    at = words.instant(service, "changed")
    yield speaker.says(predicate, item.subject, _values(item, service, words), at=at, valid_from=at, answer=service)
    named = {ItemAction.ADD: "resource.assigned", ItemAction.DELETE: "resource.released"}.get(item.action)
    resources = _resources(service, words)
    if named is not None and (resources or item.action is ItemAction.DELETE):
        yield speaker.says(named, item.subject, resources, at=at, answer=service)


def probe_facts(
    speaker: Speaker, item: ServiceOrderItem, session: Row, words: Words, *, resumes: bool = False
) -> Iterator[Fact]:
    """Yield what the access server saw: a session that is up, or none any more."""
    up = words.sessions.translate(session.get("status")) == ServiceState.ACTIVE
    seen = ServiceState.ACTIVE if up else _down_state(item)
    if seen is None:
        return
    at = words.instant(session, "since")
    yield speaker.says(
        _predicate(seen, resumes=resumes),
        item.subject,
        _values(item, session, words) if up else {},
        at=at,
        valid_from=at,
        answer=session,
        evidence=(Evidence(kind="probe", ref=session.get("id"), sha256=digest(session).removeprefix("sha256:")),),
        assurance=Assurance.VERIFIED,
    )


def reserved_value(reserved: Row, words: Words) -> dict[str, Any]:
    """Return what was reserved: `{port | number | iccid | ipv4, validUntil}`. Raises UnknownCode, Unreadable."""
    kind, value = words.resources.translate(reserved.get("kind")), member(reserved, "value")
    said: Any = words.number(value) if kind == "number" else [value] if kind == "ipv4" else value
    return {kind: said, "validUntil": words.instant(reserved, "validUntil").isoformat()}


def _values(item: ServiceOrderItem, shown: Row, words: Words) -> dict[str, Any]:
    """Return the characteristics that are shown, under the names by which they were ordered. Rates in kbit/s."""
    values: dict[str, Any] = {ours: _rate(shown, theirs, words) for theirs, ours in _RATES.items() if shown.get(theirs)}
    if shown.get("parameters"):
        values |= _parameters(str(shown["parameters"]))
    if shown.get("number"):
        values[_number_name(item)] = words.number(shown["number"])
    if shown.get("ip"):
        values["ipv4"] = [shown["ip"]]
    return values | {ours: shown[theirs] for theirs, ours in _PLAIN.items() if shown.get(theirs)}


def _parameters(text: str) -> dict[str, Any]:
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        raise Unreadable("template gave parameters that are no object", redact(text))
    return found


def _rate(shown: Row, name: str, words: Words) -> dict[str, Any]:
    try:
        quantity = words.units.quantity(str(shown[name]).strip(), shown.get("rateUnit")).to("kbit/s")
    except (ArithmeticError, ValueError):
        raise Unreadable("template gave a rate that is no number", redact(str(shown[name]))) from None
    amount = int(quantity.amount) if quantity.amount == int(quantity.amount) else float(quantity.amount)
    return {"amount": amount, "units": quantity.unit}


def _resources(service: Row, words: Words) -> dict[str, Any]:
    value: dict[str, Any] = {name: service[name] for name in ("port", "iccid") if service.get(name)}
    if service.get("number"):
        value["number"] = words.number(service["number"])
    return value | ({"ipv4": [service["ip"]]} if service.get("ip") else {})


def _number_name(item: ServiceOrderItem) -> str:
    ordered = item.service.characteristics if item.service else ()
    return next((one.name for one in ordered if is_number_name(one.name)), "telephoneNumber")


def _predicate(seen: str, *, resumes: bool) -> str:
    if seen == ServiceState.TERMINATED:
        return "service.ceased"
    if seen == ServiceState.INACTIVE:
        return "service.suspended"
    return "service.resumed" if resumes else "service.activated"


def _down_state(item: ServiceOrderItem) -> ServiceState | None:
    if item.action is ItemAction.DELETE:
        return ServiceState.TERMINATED
    if item.service is not None and item.service.state == ServiceState.INACTIVE:
        return ServiceState.INACTIVE
    return None
