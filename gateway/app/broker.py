"""The event backbone of one process: events out through the relay's lane, statements in from where the landscape says.

FastStream and the client of the broker are imported only where a broker is configured.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Protocol

from gateway.app.broker_terms import BrokerTerms, broker_terms, token_of
from gateway.app.documents import documents_directory
from gateway.app.intake import FactIntake, Take
from gateway.app.lanes import as_set
from gateway.app.settings import Settings
from gateway.faces.application import SPOKES
from gateway.faces.backbone import render, shown_as
from gateway.faces.hub_delivery import LOCAL
from gateway.faces.lifecycle.arrivals import Statements
from gateway.faces.lifecycle.backbone import BackboneOffice
from gateway.faces.settings import FaceSettings
from gateway.lifecycle.desk import OrderDesk
from gateway.ports.broker import Outlet
from gateway.ports.clock import SystemClock
from gateway.ports.errors import SetupError
from gateway.storage.database import Database
from gateway.storage.dead_letters import SqlDeadLetters
from gateway.storage.relay import SqlEventHistory
from gateway.streams.backoff import Backoff
from gateway.streams.breaker import Patience
from gateway.streams.lanes import Lane
from gateway.streams.relay import RELAY_LANE, Relay
from gateway.streams.systems import System
from gateway.vocabulary.broker import FactSource
from gateway.vocabulary.landscape import Landscape

__all__ = ["Backbone", "Connected", "backbone_office", "source_of"]

SYSTEM = "broker"
"""The name under which the broker stands among the systems."""

_MODULES = {
    "nats": ("gateway.app.broker_nats", "NatsOutlet", "NatsListener", "nats"),
    "kafka": ("gateway.app.broker_kafka", "KafkaOutlet", "KafkaListener", "aiokafka"),
}


class Connected(Protocol):
    """Something that connects in the background until it is closed."""

    def start(self) -> None:
        """Begin to connect."""

    async def close(self) -> None:
        """Close the connection, or stop trying."""


class _Outlet(Connected, Outlet, Protocol):
    """Publishes, once it is connected."""


class Backbone:
    """The broker as one process uses it. Raises SetupError for settings that cannot be meant."""

    def __init__(self, terms: BrokerTerms, settings: Settings, landscape: Landscape, database: Database) -> None:
        self._terms, self._settings, self._landscape = terms, settings, landscape
        outlet, self._listener = _classes(terms.kind)
        _check_sources(terms, landscape)
        self._outlet: _Outlet = outlet(terms)
        self._database = database
        self._parts: list[Connected] = []
        self._intakes: list[FactIntake] = []

    @classmethod
    def of(cls, settings: Settings, landscape: Landscape, database: Database) -> "Backbone | None":
        """Return the backbone that settings and landscape ask for, None where they ask for none."""
        terms = broker_terms(settings, landscape.tenant or landscape.name)
        if terms is not None:
            return cls(terms, settings, landscape, database)
        if landscape.facts_from:
            first = landscape.facts_from[0]
            fix = "set TMF_GATEWAY_BROKER_URL, or remove the member"
            reason = f"facts are to arrive from {first.name}, and no broker is named"
            raise SetupError(reason, fix, file=str(landscape.file), line=first.line)
        return None

    def lane(self) -> Lane:
        """Return the lane that publishes events."""
        settings = self._settings
        address = settings.public_url or LOCAL
        shown = shown_as(settings.broker_events, SPOKES, address)
        source = source_of(self._landscape)
        relay = Relay(
            SqlEventHistory(self._database), self._outlet, lambda event, replay: render(event, shown, source, replay)
        )
        pause = Backoff(settings.circuit_first_seconds, settings.circuit_cap_seconds)
        lane = as_set(
            Lane(
                name=RELAY_LANE,
                handler=relay.publish,
                concurrency=settings.workers,
                backoff=Backoff(min(0.2, settings.backoff_cap_seconds), settings.backoff_cap_seconds),
                give_up_seconds=settings.give_up_seconds,
                lease_seconds=settings.lease_seconds,
            ),
            self._landscape,
        )
        patience = Patience(settings.circuit_failures, pause, probe_seconds=3 * lane.lease_seconds)
        return replace(lane, system=System(SYSTEM, patience, settings=self._terms.digest))

    def start(self, desk: OrderDesk) -> None:
        """Begin to connect, and to take statements. Needs a running loop."""
        limits = FaceSettings(max_body_bytes=self._settings.max_body_bytes)
        statements = Statements(desk, documents_directory(), limits)
        letters, clock = SqlDeadLetters(self._database), SystemClock()
        self._parts.append(self._outlet)
        for source in self._landscape.facts_from:
            intake = FactIntake(statements, letters, clock, source.systems)
            self._intakes.append(intake)
            self._parts.append(self._listener(self._terms, source, intake.take))
        for part in self._parts:
            part.start()

    async def close(self) -> None:
        """Take nothing more, publish nothing more."""
        for intake in self._intakes:
            intake.stop()
        await asyncio.gather(*(part.close() for part in self._parts))


def backbone_office(
    desk: OrderDesk, landscape: Landscape, database: Database, backbone: Backbone | None, on_work: Callable[[], None]
) -> BackboneOffice:
    """Return what an operator can look at and do; old dead letters can be seen without a broker too."""

    def systems_of(name: str) -> frozenset[str]:
        return next((one.systems for one in landscape.facts_from if one.takes(name)), frozenset())

    statements = Statements(desk, documents_directory())
    history = None if backbone is None else SqlEventHistory(database)
    return BackboneOffice(SqlDeadLetters(database), statements, systems_of, history, on_work)


def source_of(landscape: Landscape) -> str:
    """Return what events name as their source: the same for all processes of one landscape."""
    return f"/tmf-gateway/{token_of(landscape.tenant or landscape.name)}"


def _classes(kind: str) -> tuple[Callable[[BrokerTerms], Any], Callable[[BrokerTerms, FactSource, Take], Any]]:
    module, outlet, listener, client = _MODULES[kind]
    if find_spec("faststream") is None or find_spec(client) is None:
        reason = f"broker_url names a broker of kind {kind}, and its client is not installed"
        raise SetupError(reason, f"pip install 'tmf-gateway[{kind}]'")
    found = import_module(module)
    return getattr(found, outlet), getattr(found, listener)


def _check_sources(terms: BrokerTerms, landscape: Landscape) -> None:
    """Refuse sources that this broker cannot have, and the gateway's own events as statements."""
    own = terms.subject if terms.kind == "kafka" else f"{terms.subject}.0"
    for source in landscape.facts_from:
        if source.is_subject != (terms.kind == "nats"):
            wrong, right = ("subject", "topic") if source.is_subject else ("topic", "subject")
            said = f"{source.name} is a {wrong}, and the broker is of kind {terms.kind}", f"name a {right}"
        elif source.takes(own):
            fix = "name the subject or topic to which a legacy system writes"
            said = f"{source.name} is where the gateway publishes its own events", fix
        else:
            continue
        raise SetupError(*said, file=str(landscape.file), line=source.line)
