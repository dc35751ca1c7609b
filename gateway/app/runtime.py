"""One running gateway: database, lifecycle, adapters, lanes of work and faces, wired together.

This is the only file that names concrete classes of storage, faces and streams together.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from gateway.app.broker import Backbone, backbone_office
from gateway.app.callback_terms import callback_signer
from gateway.app.default_data import give_default_data
from gateway.app.documents import documents_directory
from gateway.app.landscape import LiveLandscape, read_landscape, terms_of
from gateway.app.lanes import lanes_of
from gateway.app.lanes_events import delivery_of, event_lanes
from gateway.app.profiles import face_settings, profile_of, rules_of
from gateway.app.rule_files import follow_rules, take_rule_file
from gateway.app.settings import Settings
from gateway.app.tables import Tables
from gateway.app.workshop import AdapterWorkshop, InUse
from gateway.faces.application import SPOKES, build_faces
from gateway.faces.hub_delivery import Hub
from gateway.lifecycle.auditor import Auditor
from gateway.lifecycle.courier import Courier
from gateway.lifecycle.desk import OrderDesk
from gateway.lifecycle.exceptions.mending import Mender
from gateway.lifecycle.heard import HeardDesk
from gateway.lifecycle.polling import PollDesk
from gateway.lifecycle.rule_sets.book import RuleBook
from gateway.lifecycle.rule_sets.desk import RuleDesk
from gateway.lifecycle.terms import Terms
from gateway.ports.clock import SystemClock
from gateway.rules.engine import Catalogue
from gateway.storage.database import Database
from gateway.storage.exceptions import SqlExceptionStore
from gateway.storage.inbox import SqlInbox
from gateway.storage.indexer import Indexer
from gateway.storage.listeners import SqlListenerStore
from gateway.storage.polling import SqlCursors
from gateway.storage.repository import SqlRepository
from gateway.storage.rule_sets import SqlRuleSets
from gateway.storage.vocabularies import SqlVocabularyStore
from gateway.streams.dispatch import Dispatcher
from gateway.streams.office import StreamOffice
from gateway.vocabulary.landscape import Landscape

__all__ = ["Runtime", "open_runtime"]


class Runtime:
    """What `open_runtime` gives: the ASGI application, and the parts behind it."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        known: Landscape,
        terms: Terms,
        *,
        live: LiveLandscape | None,
        workshop: AdapterWorkshop,
    ) -> None:
        self.settings, self.live, self.workshop = settings, live, workshop
        self.is_draining = False
        self.at_work: asyncio.Task[None] | None = None
        self.backbone = Backbone.of(settings, known, database)
        self.repository = SqlRepository(
            database, query_seconds=settings.query_seconds, is_relayed=self.backbone is not None
        )
        book = RuleBook(Catalogue.load(), landscape=known.name, tenant=known.tenant, base=rules_of(terms.profile))
        clock = SystemClock()
        self.rules = RuleDesk(SqlRuleSets(database), self.repository, terms=terms, book=book, clock=clock)
        self.desk = OrderDesk(self.repository, terms, book, clock, key_days=settings.idempotency_key_days)
        self.desk.adapters = workshop.adapters
        self.mender = Mender(self.desk, SqlExceptionStore(database), workshop, self.rules)
        self.auditor = Auditor(self.desk, InUse(workshop), settings.agreement_most_products)
        self.listeners, self.inbox = SqlListenerStore(database, clock), SqlInbox(database, clock)
        self.hub = Hub(self.listeners, SPOKES, delivery_of(settings), clock)
        signer = callback_signer(settings, known.tenant or "")
        self.app = build_faces(
            self.desk,
            self.repository,
            book,
            documents=documents_directory(),
            settings=face_settings(settings, terms.profile),
            mender=self.mender,
            vocabularies=workshop,
            rule_desk=self.rules,
            office=StreamOffice(database),
            backbone=backbone_office(self.desk, known, database, self.backbone, self._look),
            is_draining=lambda: self.is_draining,
            hub=self.hub,
            inbox=self.inbox,
            signer=signer,
        )
        self.dispatcher: Dispatcher | None = None
        if live is not None and settings.workers:
            courier, self.poll = (
                Courier(self.desk, workshop, signer),
                PollDesk(self.desk, workshop, SqlCursors(database)),
            )
            asked = self.mender, self.rules, self.auditor, self.poll
            lanes = lanes_of(settings, self.desk, courier, *asked, landscape=known)
            lanes += event_lanes(settings, self.hub, HeardDesk(self.desk, workshop, self.inbox), clock, landscape=known)
            if self.backbone is not None:
                lanes.append(self.backbone.lane())
            owner = f"{os.uname().nodename}:{os.getpid()}"
            # No clock: leases and due times are the database's, whatever this host believes the time to be.
            self.dispatcher = Dispatcher(database, lanes, None, owner, stop_seconds=settings.drain_seconds)
            self.desk.on_work = workshop.on_work = self.rules.on_work = self.dispatcher.wake

    def _look(self) -> None:
        self.desk.on_work()

    async def drain(self) -> None:
        """Call itself unavailable, claim nothing more, and let what is in hand end for as long as the settings say."""
        self.is_draining = True
        if self.dispatcher is not None:
            self.dispatcher.drain()
        await asyncio.sleep(self.settings.linger_seconds)
        if self.at_work is not None:
            await self.at_work


@asynccontextmanager
async def open_runtime(settings: Settings) -> AsyncIterator[Runtime]:
    """Open the database, start the landscape and the workers; end them in turn. Raises SetupError."""
    database = await Database.open(settings.database)
    live: LiveLandscape | None = None
    workshop: AdapterWorkshop | None = None
    try:
        if settings.workers:
            live = await LiveLandscape.start(settings.landscape, simulated_stores(settings), settings.pace)
            known, terms, plugins = live.landscape, live.terms, live.plugins
        else:
            known, plugins = read_landscape(settings.landscape)
            terms = terms_of(known)
        terms = replace(terms, profile=profile_of(settings, known))
        workshop = AdapterWorkshop(Tables.read(known, plugins), live, SqlVocabularyStore(database))
        await workshop.open()
        runtime = Runtime(settings, database, known, terms, live=live, workshop=workshop)
        await take_rule_file(runtime.rules, known.rules)
        if terms.profile.default_data:
            await give_default_data(runtime.repository, terms, SystemClock().now())
        await runtime.mender.restore()
        if runtime.dispatcher is not None and settings.agreement_every_seconds:
            await runtime.auditor.schedule(settings.agreement_every_seconds)
        if runtime.dispatcher is not None:
            await runtime.listeners.schedule_purge()
            await runtime.poll.schedule()
        stop = asyncio.Event()
        tasks = [
            asyncio.create_task(Indexer(database).run(stop)),
            asyncio.create_task(workshop.run(stop)),
            asyncio.create_task(runtime.mender.run(stop)),
            asyncio.create_task(follow_rules(runtime.rules, known.rules, stop)),
        ]
        if runtime.dispatcher is not None and runtime.backbone is not None:
            runtime.backbone.start(runtime.desk)
        if runtime.dispatcher is not None:
            runtime.at_work = asyncio.create_task(runtime.dispatcher.run(stop))
            tasks.append(runtime.at_work)
        try:
            yield runtime
        finally:
            stop.set()
            await asyncio.gather(*tasks)
            if runtime.backbone is not None:
                await runtime.backbone.close()
            await runtime.hub.close()
    finally:
        if workshop is not None:
            await workshop.close()
        if live is not None:
            await live.stop()
        await database.close()


def simulated_stores(settings: Settings) -> Path:
    """Return the folder in which the simulated systems keep their own stores: beside a file, else named after it."""
    if settings.simulated_folder is not None:
        return settings.simulated_folder
    scheme, _, rest = settings.database.partition("://")
    if scheme == "sqlite":
        return Path(rest.removeprefix("/") + ".landscape")
    return Path(urlsplit(settings.database).path.strip("/") + ".landscape")
