"""From the activation system's XML to facts. Pure."""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element

import orjson

from adapters.sdk.facts import Speaker, digest
from adapters.sdk.redact import redact
from adapters.sdk.xml import attribute, child_text, text_of
from adapters.simulated.activation.words import Words, is_number_name
from gateway.canonical.fact import Assurance, Evidence, Fact
from gateway.canonical.service_order import ServiceOrderItem
from gateway.canonical.states import ItemAction, ServiceState
from gateway.ports.errors import Unreadable

__all__ = ["delivered_values", "outcome_facts", "probe_facts", "reserved_value"]

_RATES = {"D": "downstreamRate", "U": "upstreamRate"}
_PLAIN = {"serial": "serial", "site": "place", "port": "port", "iccid": "iccid"}
_SYSTEM = "simulated-activation"


def outcome_facts(
    speaker: Speaker, item: ServiceOrderItem, service: Element, words: Words, *, resumes: bool = False
) -> Iterator[Fact]:
    """Yield what the provisioning system says of an item whose change is in force. Raises UnknownCode."""
    predicate = _predicate(words.states.translate(attribute(service, "state")), resumes=resumes)
    at = words.instant(attribute(service, "at"))
    value = delivered_values(item, service, words)
    yield speaker.says(predicate, item.subject, value, at=at, valid_from=at, answer=ET.tostring(service))
    if item.action is ItemAction.ADD:
        assigned = _resources(service, words)
        if assigned:
            yield speaker.says("resource.assigned", item.subject, assigned, at=at, answer=ET.tostring(service))
    if item.action is ItemAction.DELETE:
        released = _resources(service, words)
        yield speaker.says("resource.released", item.subject, released, at=at, answer=ET.tostring(service))


def probe_facts(
    speaker: Speaker, item: ServiceOrderItem, session: Element, words: Words, *, resumes: bool = False
) -> Iterator[Fact]:
    """Yield what the access server saw: a session that is up, or none any more. Nothing where it saw nothing."""
    if attribute(session, "id") is None:
        return
    up = attribute(session, "state") == "ONLINE"
    state = ServiceState.ACTIVE if up else _down_state(item)
    if state is None:
        return
    body, at = ET.tostring(session), words.instant(attribute(session, "since"))
    yield speaker.says(
        _predicate(state, resumes=resumes),
        item.subject,
        delivered_values(item, session, words) if up else {},
        at=at,
        valid_from=at,
        answer=body,
        evidence=(Evidence(kind="probe", ref=attribute(session, "id"), sha256=digest(body).removeprefix("sha256:")),),
        assurance=Assurance.VERIFIED,
    )


def delivered_values(item: ServiceOrderItem, shown: Element, words: Words) -> dict[str, Any]:
    """Return the characteristics that are shown, under the names by which they were ordered. Rates in kbit/s."""
    values: dict[str, Any] = {}
    for rate in shown.iter("rate"):
        name = _RATES.get(attribute(rate, "dir") or "")
        if name is None:
            raise Unreadable(f"{_SYSTEM} gave a rate with no direction", redact(ET.tostring(rate)))
        values[name] = _rate(rate, words)
    for parameter in shown.iter("param"):
        text = text_of(parameter) or ""
        values[attribute(parameter, "name") or ""] = (
            orjson.loads(text) if attribute(parameter, "type") == "json" else text
        )
    number = child_text(shown, "msisdn")
    if number is not None:
        values[_number_name(item)] = words.number(number)
    address = child_text(shown, "ip")
    if address is not None:
        values["ipv4"] = [address]
    values |= {ours: said for theirs, ours in _PLAIN.items() if (said := child_text(shown, theirs)) is not None}
    return values


def reserved_value(reservation: Element, words: Words) -> dict[str, Any]:
    """Return what was reserved: `{port | number | iccid | ipv4, validUntil}`. Raises UnknownCode."""
    kind = words.resources.translate(child_text(reservation, "kind"))
    value = child_text(reservation, "value") or ""
    said: Any = words.number(value) if kind == "number" else [value] if kind == "ipv4" else value
    return {kind: said, "validUntil": words.fields.read("until", child_text(reservation, "until")).isoformat()}


def _rate(rate: Element, words: Words) -> dict[str, Any]:
    try:
        quantity = words.units.quantity(Decimal(text_of(rate) or ""), attribute(rate, "unit")).to("kbit/s")
    except InvalidOperation:
        raise Unreadable(f"{_SYSTEM} gave a rate that is no number", redact(rate.text or "")) from None
    amount = int(quantity.amount) if quantity.amount == int(quantity.amount) else float(quantity.amount)
    return {"amount": amount, "units": quantity.unit}


def _resources(service: Element, words: Words) -> dict[str, Any]:
    value: dict[str, Any] = {name: child_text(service, name) for name in ("port", "iccid")}
    number, address = child_text(service, "msisdn"), child_text(service, "ip")
    value["number"] = words.number(number) if number else None
    value["ipv4"] = [address] if address else None
    return {name: one for name, one in value.items() if one is not None}


def _number_name(item: ServiceOrderItem) -> str:
    ordered = item.service.characteristics if item.service else ()
    return next((one.name for one in ordered if is_number_name(one.name)), "telephoneNumber")


def _predicate(state: str, *, resumes: bool) -> str:
    if state == ServiceState.TERMINATED:
        return "service.ceased"
    if state == ServiceState.INACTIVE:
        return "service.suspended"
    return "service.resumed" if resumes else "service.activated"


def _down_state(item: ServiceOrderItem) -> ServiceState | None:
    if item.action is ItemAction.DELETE:
        return ServiceState.TERMINATED
    if item.service is not None and item.service.state == ServiceState.INACTIVE:
        return ServiceState.INACTIVE
    return None
