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
from gateway.app.settings import Settings
from gateway.faces.application import SPOKES, FaceSettings, build_faces
from gateway.faces.hub import Hub
from gateway.lifecycle.courier import Courier
from gateway.lifecycle.desk import OrderDesk
from gateway.lifecycle.terms import Terms
from gateway.ports.clock import SystemClock
from gateway.rules.engine import Catalogue
from gateway.storage.database import Database
from gateway.storage.repository import SqlRepository
from gateway.streams.dispatch import Dispatcher

__all__ = ["Runtime", "open_runtime"]


class Runtime:
    """What `open_runtime` gives: the ASGI application, and the parts behind it."""

    def __init__(self, settings: Settings, database: Database, terms: Terms, live: LiveLandscape | None) -> None:
        self.settings, self.live = settings, live
        self.repository = SqlRepository(database)
        self.catalogue = Catalogue.load()
        self.desk = OrderDesk(self.repository, terms, self.catalogue, SystemClock())
        self.app = build_faces(
            self.desk,
            self.repository,
            self.catalogue,
            documents=documents_directory(),
            settings=FaceSettings(public_url=settings.public_url or "", max_body_bytes=settings.max_body_bytes),
        )
        address = settings.public_url or f"http://{settings.host}:{settings.port}"
        self.hub = Hub(self.repository, SPOKES, FaceSettings(public_url=address))
        self.dispatcher: Dispatcher | None = None
        if live is not None and settings.workers:
            courier = Courier(self.desk, live.adapters)
            lanes = lanes_of(settings, self.desk, courier, self.hub)
            self.dispatcher = Dispatcher(database, lanes, SystemClock(), owner=f"{os.uname().nodename}:{os.getpid()}")
            self.desk.on_work = self.dispatcher.wake


@asynccontextmanager
async def open_runtime(settings: Settings) -> AsyncIterator[Runtime]:
    """Open the database, start the landscape and the workers; end them in turn. Raises SetupError."""
    database = await Database.open(settings.database)
    live: LiveLandscape | None = None
    try:
        if settings.workers:
            live = await LiveLandscape.start(settings.landscape, simulated_stores(settings.database), settings.pace)
            terms = live.terms
        else:
            known, _ = read_landscape(settings.landscape)
            terms = terms_of(known)
        runtime = Runtime(settings, database, terms, live)
        stop = asyncio.Event()
        working = asyncio.create_task(runtime.dispatcher.run(stop)) if runtime.dispatcher else None
        try:
            yield runtime
        finally:
            stop.set()
            if working is not None:
                await working
            await runtime.hub.close()
    finally:
        if live is not None:
            await live.stop()
        await database.close()


def simulated_stores(database: str) -> Path:
    """Return the folder in which the simulated systems of a database keep their own stores."""
    return Path(database.removeprefix("sqlite:///") + ".landscape")
