"""One running gateway: database, lifecycle, adapters, lanes of work and faces, wired together.

This is the only file that names concrete classes of storage, faces and streams together.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from gateway.app.documents import documents_directory
from gateway.app.landscape import LiveLandscape, read_landscape, terms_of
from gateway.app.lanes import lanes_of
from gateway.app.rule_files import follow_rules, take_rule_file
from gateway.app.settings import Settings
from gateway.app.tables import Tables
from gateway.app.workshop import AdapterWorkshop, InUse
from gateway.faces.application import SPOKES, FaceSettings, build_faces
from gateway.faces.hub import Hub
from gateway.lifecycle.auditor import Auditor
from gateway.lifecycle.courier import Courier
from gateway.lifecycle.desk import OrderDesk
from gateway.lifecycle.exceptions.mending import Mender
from gateway.lifecycle.rule_sets.book import RuleBook
from gateway.lifecycle.rule_sets.desk import RuleDesk
from gateway.lifecycle.terms import Terms
from gateway.ports.clock import SystemClock
from gateway.rules.engine import Catalogue
from gateway.storage.database import Database
from gateway.storage.exceptions import SqlExceptionStore
from gateway.storage.repository import SqlRepository
from gateway.storage.rule_sets import SqlRuleSets
from gateway.storage.vocabularies import SqlVocabularyStore
from gateway.streams.dispatch import Dispatcher
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
        self.repository = SqlRepository(database)
        book = RuleBook(Catalogue.load(), landscape=known.name, tenant=known.tenant)
        clock = SystemClock()
        self.rules = RuleDesk(SqlRuleSets(database), self.repository, terms=terms, book=book, clock=clock)
        self.desk = OrderDesk(self.repository, terms, book, clock)
        self.desk.adapters = workshop.adapters
        self.mender = Mender(self.desk, SqlExceptionStore(database), workshop, self.rules)
        self.auditor = Auditor(self.desk, InUse(workshop), settings.agreement_most_products)
        self.app = build_faces(
            self.desk,
            self.repository,
            book,
            documents=documents_directory(),
            settings=FaceSettings(public_url=settings.public_url or "", max_body_bytes=settings.max_body_bytes),
            mender=self.mender,
            vocabularies=workshop,
            rule_desk=self.rules,
        )
        address = settings.public_url or f"http://{settings.host}:{settings.port}"
        self.hub = Hub(self.repository, SPOKES, FaceSettings(public_url=address))
        self.dispatcher: Dispatcher | None = None
        if live is not None and settings.workers:
            courier = Courier(self.desk, workshop)
            lanes = lanes_of(settings, self.desk, courier, self.hub, self.mender, self.rules, self.auditor)
            self.dispatcher = Dispatcher(database, lanes, clock, owner=f"{os.uname().nodename}:{os.getpid()}")
            self.desk.on_work = workshop.on_work = self.rules.on_work = self.dispatcher.wake


@asynccontextmanager
async def open_runtime(settings: Settings) -> AsyncIterator[Runtime]:
    """Open the database, start the landscape and the workers; end them in turn. Raises SetupError."""
    database = await Database.open(settings.database)
    live: LiveLandscape | None = None
    workshop: AdapterWorkshop | None = None
    try:
        if settings.workers:
            live = await LiveLandscape.start(settings.landscape, simulated_stores(settings.database), settings.pace)
            known, terms, plugins = live.landscape, live.terms, live.plugins
        else:
            known, plugins = read_landscape(settings.landscape)
            terms = terms_of(known)
        workshop = AdapterWorkshop(Tables.read(known, plugins), live, SqlVocabularyStore(database))
        await workshop.open()
        runtime = Runtime(settings, database, known, terms, live=live, workshop=workshop)
        await take_rule_file(runtime.rules, known.rules)
        await runtime.mender.restore()
        if runtime.dispatcher is not None and settings.agreement_every_seconds:
            await runtime.auditor.schedule(settings.agreement_every_seconds)
        stop = asyncio.Event()
        tasks = [
            asyncio.create_task(workshop.run(stop)),
            asyncio.create_task(runtime.mender.run(stop)),
            asyncio.create_task(follow_rules(runtime.rules, known.rules, stop)),
        ]
        if runtime.dispatcher is not None:
            tasks.append(asyncio.create_task(runtime.dispatcher.run(stop)))
        try:
            yield runtime
        finally:
            stop.set()
            await asyncio.gather(*tasks)
            await runtime.hub.close()
    finally:
        if workshop is not None:
            await workshop.close()
        if live is not None:
            await live.stop()
        await database.close()


def simulated_stores(database: str) -> Path:
    """Return the folder in which the simulated systems of a database keep their own stores."""
    return Path(database.removeprefix("sqlite:///") + ".landscape")
