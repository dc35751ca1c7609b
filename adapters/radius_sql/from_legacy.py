"""From rows and from answers of the server to facts. Pure."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from adapters.radius_sql.probe import Answer
from adapters.radius_sql.rows import ADDRESS, AUTH_TYPE, RATE_LIMIT, SERVICE_TYPE, Held, Subscriber, ipv4
from adapters.radius_sql.words import Words
from adapters.sdk.facts import Speaker, digest
from adapters.sdk.redact import redact
from adapters.sdk.services import outcome_predicate, rate_value
from gateway.canonical.fact import Assurance, Evidence, Fact
from gateway.canonical.service_order import ServiceOrderItem
from gateway.canonical.states import ItemAction, ServiceState
from gateway.ports.errors import UnknownCode, Unreadable
from gateway.ports.readback import InventoryItem, InventoryKind

__all__ = ["inventory_item", "probe_facts", "released_fact", "reserved_fact", "row_facts", "state_of"]

_ANY_ADDRESS = ("255.255.255.255", "255.255.255.254")
"""RFC 2865 5.8: the subscriber, or the access server, takes an address of its own; none is assigned."""


def state_of(subscriber: Subscriber, words: Words) -> str:
    """Return the state that a subscriber's rows say. Raises UnknownCode, Unreadable."""
    if not subscriber.exists:
        return ServiceState.TERMINATED
    return words.states.translate(_one(AUTH_TYPE, subscriber.check(AUTH_TYPE)))


def row_facts(
    speaker: Speaker, item: ServiceOrderItem, subscriber: Subscriber, words: Words, *, resumes: bool = False
) -> Iterator[Fact]:
    """Yield what the tables say of an item's subscriber. Raises UnknownCode, Unreadable."""
    state = state_of(subscriber, words)
    at = subscriber.mark.at if subscriber.mark and subscriber.mark.at else subscriber.at
    _check_type(subscriber.reply(SERVICE_TYPE), words)
    limit, address = (_one(name, subscriber.reply(name)) for name in (RATE_LIMIT, ADDRESS))
    value = _delivered(limit, address, words)
    answer = _shown(subscriber)
    yield speaker.says(
        outcome_predicate(state, resumes=resumes), item.subject, value, at=at, valid_from=at, answer=answer
    )
    if item.action is ItemAction.ADD and "ipv4" in value:
        yield speaker.says("resource.assigned", item.subject, {"ipv4": value["ipv4"]}, at=at, answer=answer)
    if state == ServiceState.TERMINATED:
        freed = subscriber.mark.address if subscriber.mark else None
        yield speaker.says(
            "resource.released", item.subject, {"ipv4": [freed] if freed else None}, at=at, answer=answer
        )


def probe_facts(
    speaker: Speaker, item: ServiceOrderItem, answer: Answer, words: Words, *, resumes: bool = False
) -> Iterator[Fact]:
    """Yield what the server answered, as verified: an accept, or the reject of what is to be off.

    A reject of a subscriber who is to be on says only that he was not let in, and so yields nothing.
    """
    state = ServiceState.ACTIVE if answer.is_accepted else _off(item)
    if state is None:
        return
    value: dict[str, Any] = {}
    if answer.is_accepted:
        _check_type(frozenset(answer.types), words)
        value = _delivered(answer.rate_limit, answer.address, words)
    yield speaker.says(
        outcome_predicate(state, resumes=resumes),
        item.subject,
        value,
        at=answer.at,
        valid_from=answer.at,
        answer=answer.body,
        evidence=(Evidence(kind="probe", ref=answer.ref, sha256=digest(answer.body).removeprefix("sha256:")),),
        assurance=Assurance.VERIFIED,
    )


def reserved_fact(speaker: Speaker, subject: str, held: Held) -> Fact:
    """Return that an address is reserved."""
    value = {"ipv4": [held.address], "validUntil": held.until.isoformat() if held.until else None}
    return speaker.says("resource.reserved", subject, value, at=held.at, answer=value)


def released_fact(speaker: Speaker, subject: str, held: Held, at: datetime) -> Fact:
    """Return that an address was given back at a moment."""
    value = {"ipv4": [held.address]}
    return speaker.says("resource.released", subject, value, at=at, answer=value)


def inventory_item(subscriber: Subscriber, words: Words) -> InventoryItem:
    """Return a subscriber as an inventory lists it; its state is None where a table has no word for it."""
    try:
        state: str | None = state_of(subscriber, words)
        _check_type(subscriber.reply(SERVICE_TYPE), words)
    except (UnknownCode, Unreadable):
        state = None
    first, last = (subscriber.marks[0], subscriber.marks[-1]) if subscriber.marks else (None, None)
    return InventoryItem(
        kind=InventoryKind.SERVICE,
        scheme="service",
        legacy_id=subscriber.username,
        state=state,
        runs=state == ServiceState.ACTIVE,
        product=first.product if first else None,
        offering=next((one.offering for one in reversed(subscriber.marks) if one.offering), None),
        reference=last.reference if last else None,
        since=last.at if last else None,
    )


def _check_type(types: frozenset[str], words: Words) -> None:
    """Raise UnknownCode for a subscriber who is none of the kinds that are sold; one without a type is any of them."""
    if types:
        words.types.translate(_one(SERVICE_TYPE, types))


def _delivered(limit: str | None, address: str | None, words: Words) -> dict[str, Any]:
    value: dict[str, Any] = {}
    if limit:
        value = {name: rate_value(one) for name, one in words.rate_limit(limit).items()}
    if address and address not in _ANY_ADDRESS:
        value["ipv4"] = [ipv4(address)]
    return value


def _one(name: str, values: frozenset[str]) -> str | None:
    """Return the only value; the same one twice is harmless, two that differ are not: nobody knows which counts."""
    if len(values) > 1:
        raise Unreadable(f"radius-sql has {name} twice for one subscriber", redact(" / ".join(sorted(values))))
    return next(iter(values), None)


def _off(item: ServiceOrderItem) -> ServiceState | None:
    if item.action is ItemAction.DELETE:
        return ServiceState.TERMINATED
    state = item.service.state if item.service else None
    return ServiceState.INACTIVE if state in {ServiceState.INACTIVE, ServiceState.SUSPENDED} else None


def _shown(subscriber: Subscriber) -> dict[str, Any]:
    """Return the rows that a fact is read from; a digest of a password is no evidence and may be guessed."""
    return {"user": subscriber.username, "authType": sorted(subscriber.check(AUTH_TYPE)), "replies": subscriber.shown}
