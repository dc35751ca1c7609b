"""The adapters in use and the tables that they were made with; how another table is tried and taken up."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import structlog

from gateway.app.landscape import LiveLandscape
from gateway.app.lending import Lender, LooksOnly
from gateway.app.tables import Tables
from gateway.ports.adapter import Adapter, Role
from gateway.ports.clock import Clock, SystemClock
from gateway.ports.errors import SetupError, StoreUnavailable, UnknownCode
from gateway.ports.vocabulary_store import StoredTable, TableStatus, UnknownSeen, VocabularyStore
from gateway.ports.workshop import Workshop
from gateway.vocabulary.tally import put_back, take
from gateway.vocabulary.texts import TableText, joined, texts_of

__all__ = ["AdapterWorkshop", "InUse"]

LOOK_SECONDS = 2.0
"""How often a process looks whether another has adopted a table."""

_log = structlog.get_logger(__name__)


class AdapterWorkshop:
    """Implements `gateway.ports.workshop.Workshop`. Without a live landscape it keeps tables and has no adapters."""

    def __init__(
        self,
        tables: Tables,
        live: LiveLandscape | None,
        store: VocabularyStore,
        clock: Clock | None = None,
        on_work: Callable[[], None] = lambda: None,
    ) -> None:
        self._tables, self._live, self._store = tables, live, store
        self._clock = clock or SystemClock()
        self.on_work = on_work
        self._lender = Lender()
        self._adapters: Mapping[Role, Adapter] = {}
        self._one_at_a_time = asyncio.Lock()

    @property
    def tables(self) -> Tables:
        """Every table in use, and the adapters that use it."""
        return self._tables

    def in_use(self) -> Mapping[str, tuple[TableText, Sequence[Role]]]:
        """Return each table in use with the roles whose adapters use it, by id."""
        return {vocab: (self._tables[vocab], self._tables.roles(vocab)) for vocab in self._tables}

    async def unknown(self) -> Sequence[UnknownSeen]:
        """Return the codes that were met and that a table lacked."""
        return await self._store.unknown()

    async def counts(self, vocab: str) -> Mapping[str, int]:
        """Return how often each code of a table was met, in every process so far as it has said."""
        await self._keep_figures()
        return await self._store.counts(vocab)

    async def versions(self, vocab: str) -> Sequence[StoredTable]:
        """Return the versions of a table that were sent, the newest first."""
        return await self._store.versions(vocab)

    async def open(self) -> None:
        """Make the adapters, with what was adopted in place of what the files say. Raises SetupError."""
        self._tables = self._tables.adopting(_parsed(self._newer(await self._store.active())))
        if self._live is not None:
            made = await self._made(self._tables, self._live.landscape.roles)
            self._adapters = {role: self._lender.lend(adapter) for role, adapter in made.items()}

    async def close(self) -> None:
        """Keep the figures, and close every adapter."""
        with suppress(StoreUnavailable):
            await self._keep_figures()
        self._adapters = {}
        await self._lender.close()

    def adapters(self) -> Mapping[Role, Adapter]:
        """Those in use now."""
        return self._adapters

    @asynccontextmanager
    async def trial(self, tables: Sequence[str]) -> AsyncIterator[Mapping[Role, Adapter]]:
        """Adapters made anew with these documents in place of those of the same id; they may only `fetch`.

        Raises SetupError for a table that is not sound or that no adapter uses.
        """
        if self._live is None:
            raise SetupError("this process has no adapters", "try it where workers run (--workers 1 or more)")
        tried, roles = self._tables.replacing(_sound(tables))
        made = await self._made(tried, roles)
        try:
            yield {role: LooksOnly(made.get(role, adapter)) for role, adapter in self._adapters.items()}
        finally:
            for adapter in made.values():
                await adapter.close()

    async def stage(self, tables: Sequence[str], *, who: str, reason: str) -> Sequence[StoredTable]:
        """Keep tables without using them. Raises SetupError as `adopt` would."""
        await self.refresh()
        new, roles = self._rising(_sound(tables))
        made = await self._made(self._tables.replacing(new)[0], roles)
        for adapter in made.values():
            await adapter.close()
        rows = [self._row(one, TableStatus.STAGED, who, reason) for one in new.values()]
        await self._store.stage(rows)
        return rows

    async def adopt(self, tables: Sequence[str], *, who: str, reason: str) -> None:
        """Put tables in use, durably, and ask again every order that waits for a code that they have now."""
        await self.take_up(tables, who=who, reason=reason)

    async def take_up(self, tables: Sequence[str], *, who: str, reason: str) -> Sequence[str]:
        """Adopt; return the orders that are asked again. Raises SetupError."""
        await self.refresh()
        async with self._one_at_a_time:
            new, roles = self._rising(_sound(tables))
            made = await self._made(self._tables.replacing(new)[0], roles)
            try:
                rows = [self._row(one, TableStatus.ACTIVE, who, reason) for one in new.values()]
                orders = await self._store.adopt(rows, {vocab: one.table.known for vocab, one in new.items()})
            except BaseException:
                for adapter in made.values():
                    await adapter.close()
                raise
            self._put_in_use(self._tables.replacing(new)[0], made)
        self.on_work()
        return orders

    async def met_unknown(self, error: UnknownCode, order_id: str, adapter: Adapter) -> bool:
        """Count a code that a table lacks; True where the adapter that met it was replaced by now."""
        vocab = error.vocabulary.partition("@")[0]
        await self.refresh()
        if self._is_replaced(adapter):
            return True
        await self._store.met_unknown(vocab, error.legacy_code, order_id)
        # Whoever adopts after this asks the order again. Whoever adopted in between did not: look once more.
        await self.refresh()
        if self._is_replaced(adapter):
            await self._store.settled(vocab, error.legacy_code, order_id)
            return True
        return False

    async def refresh(self) -> bool:
        """Take up what other processes adopted; True where a table changed."""
        active = await self._store.active()
        async with self._one_at_a_time:
            try:
                newer = self._tables.newer(_parsed(self._newer(active)))
                if not newer:
                    return False
                tables, roles = self._tables.replacing(newer)
                made = await self._made(tables, roles)
            except SetupError as error:
                _log.error("vocabulary.refused", reason=error.reason)
                return False
            self._put_in_use(tables, made)
        return True

    async def run(self, stop: asyncio.Event) -> None:
        """Look for tables that others adopted and keep the figures of codes met, until `stop` is set."""
        while not stop.is_set():
            try:
                await asyncio.wait_for(stop.wait(), LOOK_SECONDS)
            except TimeoutError:
                await self._look()

    async def _look(self) -> None:
        try:
            await self.refresh()
            await self._keep_figures()
        except StoreUnavailable as error:
            _log.warning("vocabulary.store", reason=error.reason)

    async def _keep_figures(self) -> None:
        met = {key: number for key, number in take().items() if self._tables.get(key[0]) is not None}
        if not met:
            return
        try:
            await self._store.count(met)
        except StoreUnavailable:
            put_back(met)
            raise

    def _newer(self, rows: Iterable[StoredTable]) -> Sequence[StoredTable]:
        """Return the rows that are worth a look: of tables that are used here, and not in use yet."""
        return [row for row in rows if self._tables.lacks(row.vocab, row.version, row.digest)]

    def _is_replaced(self, adapter: Adapter) -> bool:
        return not any(adapter is one for one in self._adapters.values())

    def _rising(self, sound: Mapping[str, TableText]) -> tuple[Mapping[str, TableText], Sequence[Role]]:
        """Return the tables that are new here, and the roles that use them. Raises SetupError."""
        _, roles = self._tables.replacing(sound)
        new = {}
        for vocab, one in sound.items():
            present = self._tables[vocab]
            if one.digest == present.digest:
                continue
            if one.table.version <= present.table.version:
                raise SetupError(
                    f"{one.table.name} does not rise: {present.table.name} is in use and says otherwise",
                    f"give it version {present.table.version + 1} or more",
                )
            new[vocab] = one
        return new, [role for role in roles if any(vocab in self._tables.of(role) for vocab in new)]

    def _put_in_use(self, tables: Tables, made: Mapping[Role, Adapter]) -> None:
        self._tables = tables
        self._adapters = {**self._adapters, **{role: self._lender.lend(adapter) for role, adapter in made.items()}}

    async def _made(self, tables: Tables, roles: Iterable[Role]) -> Mapping[Role, Adapter]:
        made: dict[Role, Adapter] = {}
        if self._live is None:
            return made
        try:
            for role in roles:
                made[role] = _make(self._live, role, tables)
        except BaseException:
            for adapter in made.values():
                await adapter.close()
            raise
        return made

    def _row(self, one: TableText, status: TableStatus, who: str, reason: str) -> StoredTable:
        return StoredTable(
            vocab=one.table.id,
            version=one.table.version,
            digest=one.digest,
            text=one.text,
            status=status,
            who=who,
            reason=reason,
            at=self._clock.now(),
        )


def _make(live: LiveLandscape, role: Role, tables: Tables) -> Adapter:
    if not tables.is_changed(role):
        return live.make(role)
    with tempfile.TemporaryDirectory(prefix="tmf-gateway-vocabulary-") as folder:
        file = Path(folder) / f"{role}.yaml"
        file.write_text(joined(tables.of(role).values()), encoding="utf-8")
        return live.make(role, file)


def _sound(tables: Sequence[str]) -> Mapping[str, TableText]:
    found: dict[str, TableText] = {}
    for number, text in enumerate(tables):
        file = "text" if len(tables) == 1 else f"text {number + 1}"
        for vocab, one in texts_of(text, file).items():
            if vocab in found:
                raise SetupError(f"vocabulary {vocab} stands twice", "send it once", file=file)
            found[vocab] = one
    return found


def _parsed(rows: Iterable[StoredTable]) -> Mapping[str, TableText]:
    found: dict[str, TableText] = {}
    for row in rows:
        found |= texts_of(row.text, f"adopted vocabulary {row.vocab}@{row.version}")
    return found


class InUse(Mapping[Role, Adapter]):
    """The adapters of a workshop as a mapping that follows: each look finds those in use at that moment."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop

    def __getitem__(self, role: Role) -> Adapter:
        return self._workshop.adapters()[role]

    def __iter__(self) -> Iterator[Role]:
        return iter(self._workshop.adapters())

    def __len__(self) -> int:
        return len(self._workshop.adapters())
