"""The adapter: reserve an address, write a subscriber's rows, read them back, ask the server whether they work."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import ClassVar

from adapters.radius_sql import from_legacy, to_legacy
from adapters.radius_sql.client import RadiusTables
from adapters.radius_sql.faults import RowFault
from adapters.radius_sql.probe import Probe
from adapters.radius_sql.rows import Mark, Subscriber
from adapters.radius_sql.settings import RadiusSqlSettings
from adapters.radius_sql.words import Words
from adapters.sdk.facts import Speaker
from adapters.sdk.loss import Losses, translates
from adapters.sdk.messages import offering_of, product_items, service_items
from adapters.sdk.services import item_reference, product_of, resumes
from adapters.sdk.sql import SqlClient
from gateway.canonical.fact import Fact
from gateway.canonical.order import ProductOrderItem
from gateway.canonical.service_order import ServiceOrderItem
from gateway.canonical.states import ItemAction, ServiceState
from gateway.ports.adapter import Capability, Message, Operation, Outcome, Refusal, Report, Role
from gateway.ports.errors import NotSupported, Refused
from gateway.ports.outcome import Known, known_of
from gateway.ports.readback import InventoryItem
from gateway.vocabulary.table import Vocabulary

__all__ = ["RadiusSqlAdapter"]

_NAME, _VERSION = "radius-sql", "radius-sql@0.1"
_PAGE = 200
_NOBODY = "no-password"  # what is sent for a subscriber without rows: every password is as wrong


class RadiusSqlAdapter:
    """Plays `activation`. The tables and the server speak as two systems, `radius-sql` and `radius-probe`."""

    name = _NAME
    role = Role.ACTIVATION
    capabilities: ClassVar[Mapping[str, Capability]] = {
        "reserve": Capability.PARTIAL,
        "activate": Capability.FULL,
        "cancel reserve": Capability.FULL,
        "cancel activate": Capability.PARTIAL,
        "lookup reserve": Capability.FULL,
        "lookup activate": Capability.FULL,
        "idempotent activate": Capability.FULL,
        "observe": Capability.FULL,
        "inventory": Capability.PARTIAL,
    }

    def __init__(self, settings: RadiusSqlSettings, tables: Mapping[str, Vocabulary]) -> None:
        self._settings, self._words = settings, Words.of(tables)
        self.losses = Losses.beside(_NAME, __file__)
        password = settings.password.get_secret_value() if settings.password else None
        self._tables = RadiusTables(SqlClient(settings.url, _NAME, password=password), settings.pool)
        secret = settings.radius_secret.get_secret_value().encode()
        host, port = settings.radius_host, settings.radius_port
        self._probe = Probe(host, port, secret, settings.nas_identifier, settings.radius_seconds)
        words, speaker = self._words, Speaker(_NAME, _VERSION)
        self._reserves = speaker.reading(words.resources)
        self._rows = speaker.reading(words.states, words.units, words.types)
        self._server = Speaker("radius-probe", _VERSION).reading(words.units, words.types)

    @translates
    async def submit(self, message: Message) -> Report:
        """Reserve or activate, whatever of it was not done yet."""
        return await self._do(message, may_send=True)

    @translates
    async def fetch(self, message: Message) -> Report:
        """Look how far it has come, and write nothing: what is not there yet is answered as WORKING."""
        return await self._do(message, may_send=False)

    async def cancel(self, message: Message) -> Report:
        """Give addresses back, or remove what was added. Raises Refused for a changed older service."""
        if message.operation is Operation.RESERVE:
            return await self._release(message)
        if message.operation is Operation.ACTIVATE:
            return await self._undo(message)
        raise NotSupported(self.name, f"cancel {message.operation}")

    async def outcome_of(self, message: Message) -> Known:
        """Look under the order's reference for addresses, or for the marks that stand beside the rows."""
        if message.operation is Operation.RESERVE:
            wanted = [to_legacy.address_item(item) for item in self._reserving(message)]
            held = [await self._tables.held(message.reference_key, one) for one in wanted]
            return known_of(sum(one is not None for one in held), len(held))
        items = [item for _, item in service_items(message)]
        return known_of(sum([await self._mark(message, item) is not None for item in items]), len(items))

    async def observe(self, message: Message) -> Report:
        """Return what the tables hold and the server answers now for the message's items."""
        facts: list[Fact] = []
        now = datetime.now(UTC)
        for _, item in service_items(message):
            done = await self._mark(message, item)
            if done is None and item.action is ItemAction.ADD:
                continue
            username = await self._username(message, item)
            if username is not None:
                said = await self._facts(message, item, username)
                facts += [fact.model_copy(update={"observed_at": now}) for fact in said]
        return Report(outcome=Outcome.DONE, facts=tuple(facts))

    async def inventory(self, after: int = 0) -> AsyncIterator[InventoryItem]:
        """Yield every subscriber, page by page."""
        while True:
            found = await self._tables.page(after, _PAGE)
            for one in found:
                yield from_legacy.inventory_item(one, self._words)
            after += len(found)
            if len(found) < _PAGE:
                return

    async def check(self) -> str:
        """Return one line on the system's health: all tables are there, and the server answers."""
        count = await self._tables.check()
        await self._probe.greet()
        return f"{_NAME} holds {count} subscribers, and its server answers"

    async def close(self) -> None:
        """Release connections."""
        await self._tables.close()

    async def _do(self, message: Message, *, may_send: bool) -> Report:
        if message.operation is Operation.RESERVE:
            return await self._reserve(message, may_send=may_send)
        if message.operation is Operation.ACTIVATE:
            return await self._activate(message, may_send=may_send)
        raise NotSupported(self.name, message.operation)

    def _working(self, ids: Mapping[str, str]) -> Report:
        return Report(outcome=Outcome.WORKING, legacy_ids=ids, again_after_seconds=self._settings.poll_seconds)

    # -- addresses -----------------------------------------------------------------------------------------------

    def _reserving(self, message: Message) -> list[ProductOrderItem]:
        """Return the items that need an address. Raises UnknownCode for a kind of resource that is not kept here."""
        found = []
        for item in product_items(message):
            offering = offering_of(message, item)
            if item.action is ItemAction.ADD and offering is not None and offering.resources:
                for kind in offering.resources:
                    self._words.resources.inverse(kind)
                found.append(item)
        return found

    async def _reserve(self, message: Message, *, may_send: bool) -> Report:
        facts: list[Fact] = []
        refusals: list[Refusal] = []
        for item in self._reserving(message):
            wanted = message.reference_key, to_legacy.address_item(item)
            held = await self._tables.held(*wanted)
            if held is None and not may_send:
                return self._working({})
            try:
                held = held or await self._tables.reserve(*wanted, self._settings.reserve_days)
            except RowFault as fault:
                refusals.append(fault.refusal(item.subject))
            else:
                facts.append(from_legacy.reserved_fact(self._reserves, item.subject, held))
        return Report(outcome=Outcome.DONE, facts=tuple(facts), refusals=tuple(refusals))

    async def _release(self, message: Message) -> Report:
        facts: list[Fact] = []
        for item in self._reserving(message):
            wanted = message.reference_key, to_legacy.address_item(item)
            held = await self._tables.held(*wanted)
            if held is not None:
                freed = await self._tables.release(*wanted)
                facts.append(from_legacy.released_fact(self._reserves, item.subject, held, freed))
        return Report(outcome=Outcome.DONE, facts=tuple(facts))

    # -- subscribers ---------------------------------------------------------------------------------------------

    async def _activate(self, message: Message, *, may_send: bool) -> Report:
        facts: list[Fact] = []
        refusals: list[Refusal] = []
        ids: dict[str, str] = {}
        pending = False
        for _, item in service_items(message):
            if item.action is ItemAction.NO_CHANGE:
                continue
            try:
                username = await self._in_force(message, item, may_send=may_send)
            except RowFault as fault:
                refusals.append(fault.refusal(item.subject))
                continue
            if username is None:
                pending = True
                continue
            ids[to_legacy.identity_name(item)] = username
            facts += await self._facts(message, item, username)
        if pending:
            return self._working(ids)
        return Report(outcome=Outcome.DONE, facts=tuple(facts), refusals=tuple(refusals), legacy_ids=ids)

    async def _in_force(self, message: Message, item: ServiceOrderItem, *, may_send: bool) -> str | None:
        """Return the item's subscriber, after doing what the item asks unless that was done. Raises RowFault.

        None where it was not done and nothing may be written; what would be written is put into words all the same.
        """
        done = await self._mark(message, item)
        if done is not None:
            return done.username
        username = await self._username(message, item)
        if username is None:
            raise RowFault("NoUser")
        change = to_legacy.change_for(message, item, username, self._words)
        if not may_send:
            return None
        await self._tables.apply(change)
        return username

    async def _username(self, message: Message, item: ServiceOrderItem) -> str | None:
        """Return whom an item is about: whom it made, or whose service it changes; None where nobody is known."""
        done = await self._mark(message, item)
        if done is not None:
            return done.username
        if item.action is ItemAction.ADD:
            return to_legacy.new_username(message, item, self._settings.realm)
        known = message.legacy_ids.get(to_legacy.identity_name(item))
        product = product_of(message, item)
        named = item.service.id if item.service else None
        for name in (product, named):
            known = known or (await self._tables.username_of(name) if name else None)
        return known

    async def _facts(self, message: Message, item: ServiceOrderItem, username: str) -> list[Fact]:
        subscriber, password = await self._tables.subscriber(username)
        again = resumes(message, item)
        said = list(from_legacy.row_facts(self._rows, item, subscriber, self._words, resumes=again))
        answer = await self._probe.ask(username, password or _NOBODY)
        return said + list(from_legacy.probe_facts(self._server, item, answer, self._words, resumes=again))

    async def _mark(self, message: Message, item: ServiceOrderItem) -> Mark | None:
        return await self._tables.marked(message.reference_key, item_reference(item))

    async def _undo(self, message: Message) -> Report:
        made: list[tuple[ServiceOrderItem, Subscriber]] = []
        facts: list[Fact] = []
        for _, item in service_items(message):
            done = await self._mark(message, item)
            if done is None:
                continue
            subscriber, _ = await self._tables.subscriber(done.username)
            if message.leave_done and from_legacy.state_of(subscriber, self._words) != ServiceState.TERMINATED:
                facts += await self._facts(message, item, done.username)
            elif item.action is not ItemAction.ADD:  # said before anything is removed: a refusal leaves all as it is
                raise Refused("CHANGED", "the service was changed, and the change cannot be undone")
            else:
                made.append((item, subscriber))
        for item, subscriber in made:
            if subscriber.exists:
                await self._tables.apply(to_legacy.undoing(message, item, subscriber))
            after, _ = await self._tables.subscriber(subscriber.username)
            facts += from_legacy.row_facts(self._rows, item, after, self._words)
        return Report(outcome=Outcome.DONE, facts=tuple(facts))
