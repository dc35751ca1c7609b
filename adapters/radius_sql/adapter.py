"""The adapter: reserve an address, write a subscriber's rows, read them back, ask the server whether they work."""

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, ClassVar

from adapters.radius_sql import from_legacy, to_legacy
from adapters.radius_sql.client import RadiusTables
from adapters.radius_sql.faults import refused
from adapters.radius_sql.probe import Probe
from adapters.radius_sql.rows import Held
from adapters.radius_sql.settings import RadiusSqlSettings
from adapters.radius_sql.words import Words
from adapters.sdk.facts import Speaker
from adapters.sdk.messages import offering_of
from adapters.sdk.role_adapter import RoleAdapter
from adapters.sdk.roles import Item, Told
from adapters.sdk.services import item_reference, product_of, resumes
from adapters.sdk.sql import SqlClient, SqlLimits
from gateway.canonical.service_order import ServiceOrderItem
from gateway.canonical.states import ItemAction
from gateway.ports.adapter import Message, Operation, Role
from gateway.ports.readback import InventoryItem
from gateway.vocabulary.table import Vocabulary

__all__ = ["RadiusSqlAdapter"]

_NAME, _VERSION = "radius-sql", "radius-sql@0.1"
_PAGE = 200
_NOBODY = "no-password"  # what is sent for a subscriber without rows: every password is as wrong


class RadiusSqlAdapter(RoleAdapter):
    """Plays `activation`. The tables and the server speak as two systems, `radius-sql` and `radius-probe`.

    What is found of a service is the name of its subscriber, once the mark says that an item was done.
    """

    name: ClassVar[str] = _NAME
    role: ClassVar[Role] = Role.ACTIVATION

    def __init__(self, settings: RadiusSqlSettings, tables: Mapping[str, Vocabulary]) -> None:
        super().__init__(__file__, again_after_seconds=settings.poll_seconds)
        self._settings, self._words = settings, Words.of(tables)
        password = settings.password.get_secret_value() if settings.password else None
        limits = SqlLimits(answer_seconds=settings.answer_seconds)
        self._tables = RadiusTables(SqlClient(settings.url, _NAME, password=password, limits=limits), settings.pool)
        secret = settings.radius_secret.get_secret_value().encode()
        host, port = settings.radius_host, settings.radius_port
        self._probe = Probe(host, port, secret, settings.nas_identifier, settings.radius_seconds)
        words, speaker = self._words, Speaker(_NAME, _VERSION)
        self._reserves = speaker.reading(words.resources)
        self._rows = speaker.reading(words.states, words.units, words.types)
        self._server = Speaker("radius-probe", _VERSION).reading(words.units, words.types)

    def wanted(self, message: Message) -> Iterator[Any]:
        """Yield the items that need an address, or the services that change. Raises UnknownCode for other resources."""
        for item in super().wanted(message):
            if message.operation is Operation.RESERVE:
                offering = offering_of(message, item)
                kinds = offering.resources if offering is not None and item.action is ItemAction.ADD else ()
                if [self._words.resources.inverse(kind) for kind in kinds]:
                    yield item
            elif message.operation is not Operation.ACTIVATE or item.action is not ItemAction.NO_CHANGE:
                yield item

    async def why_kept(self, message: Message, one: Any, found: Any) -> str | None:
        """Say so of an address that is in use, and of a change; asked to leave what is done, also of what was added."""
        if isinstance(found, Held):
            return None if found.until is not None else "the address is in use"
        if one.action is not ItemAction.ADD:
            return "the service was changed, and the change cannot be undone"
        return "the service was added" if message.leave_done else None

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

    # -- addresses -----------------------------------------------------------------------------------------------

    async def find_reservation(self, message: Message, item: Item) -> Held | None:
        """Return the item's address, reserved or assigned."""
        return await self._tables.held(message.reference_key, to_legacy.address_item(item))

    async def reserve(self, message: Message, item: Item) -> Held:
        """Reserve a free one of the pool. Raises Refused where none is."""
        return await self._tables.reserve(
            message.reference_key, to_legacy.address_item(item), self._settings.reserve_days
        )

    def read_reservation(self, message: Message, item: Item, found: Held) -> Told:  # noqa: ARG002 - a role's method
        """Say resource.reserved."""
        return Told(facts=(from_legacy.reserved_fact(self._reserves, item.subject, found),))

    async def release(self, message: Message, item: Item, found: Held) -> Told:
        """Give it back."""
        freed = await self._tables.release(message.reference_key, to_legacy.address_item(item))
        return Told(facts=(from_legacy.released_fact(self._reserves, item.subject, found, freed),))

    # -- subscribers ---------------------------------------------------------------------------------------------

    async def find_service(self, message: Message, item: ServiceOrderItem) -> str | None:
        """Return the item's subscriber, if its mark says that it was done."""
        mark = await self._tables.marked(message.reference_key, item_reference(item))
        return mark.username if mark else None

    async def rehearse(self, message: Message, one: Any) -> None:
        """Put into words what a service's rows would be."""
        if isinstance(one, ServiceOrderItem):
            to_legacy.change_for(message, one, await self._username(message, one), self._words)

    async def provision(self, message: Message, item: ServiceOrderItem) -> str:
        """Write what the item asks for. Raises Refused."""
        username = await self._username(message, item)
        await self._tables.apply(to_legacy.change_for(message, item, username, self._words))
        return username

    async def read_service(self, message: Message, item: ServiceOrderItem, found: str) -> Told:
        """Say what the rows say, and what the server answers now."""
        subscriber, password = await self._tables.subscriber(found)
        again = resumes(message, item)
        facts = list(from_legacy.row_facts(self._rows, item, subscriber, self._words, resumes=again))
        answer = await self._probe.ask(found, password or _NOBODY)
        facts += from_legacy.probe_facts(self._server, item, answer, self._words, resumes=again)
        return Told(facts=tuple(facts), legacy_ids={to_legacy.identity_name(item): found})

    async def withdraw_service(self, message: Message, item: ServiceOrderItem, found: str) -> Told:
        """Remove what was added, unless it is gone already."""
        subscriber, _ = await self._tables.subscriber(found)
        if subscriber.exists:
            await self._tables.apply(to_legacy.undoing(message, item, subscriber))
            subscriber, _ = await self._tables.subscriber(found)
        return Told(facts=tuple(from_legacy.row_facts(self._rows, item, subscriber, self._words)))

    async def _username(self, message: Message, item: ServiceOrderItem) -> str:
        """Return whom an item makes, or whose service it changes. Raises Refused where nobody is known."""
        if item.action is ItemAction.ADD:
            return to_legacy.new_username(message, item, self._settings.realm)
        known = message.legacy_ids.get(to_legacy.identity_name(item))
        for name in (product_of(message, item), item.service.id if item.service else None):
            known = known or (await self._tables.username_of(name) if name else None)
        if known is None:
            raise refused("NoUser")
        return known
