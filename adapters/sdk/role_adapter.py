"""An adapter of small methods: what the gateway asks, put to the methods of `adapters.sdk.roles`.

    class AcmeField(RoleAdapter):
        name, role = "acme-field", Role.FIELD_WORK

        async def find_visit(self, message, item): ...
        async def open_visit(self, message, item): ...
        def read_visit(self, message, item, found): ...

    adapter = AcmeField(__file__)

Each thing is looked for before it is made, made once, and read; what was not made yet is answered as WORKING where
nothing may be sent; a no to one item is a refusal of that item. Capabilities are those of the conformance.yaml beside
the module, and account is kept of what is lost.
"""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from inspect import isawaitable
from pathlib import Path
from typing import Any, NamedTuple

from adapters.sdk.doing import DoingAdapter
from adapters.sdk.loss import Losses, translates
from adapters.sdk.messages import place_of, product_items, service_items
from adapters.sdk.roles import Told
from gateway.canonical.cancelling import CancellationFee
from gateway.canonical.reference import Reference
from gateway.canonical.service_order import ServiceOrder
from gateway.ports.adapter import Capability, Message, Operation, Outcome, Refusal, Report
from gateway.ports.callbacks import CALLBACK
from gateway.ports.errors import NotSupported, Refused, SetupError
from gateway.ports.outcome import Known, known_of
from gateway.ports.polling import POLL
from gateway.ports.readback import InventoryItem
from gateway.vocabulary.conformance import load_declaration

__all__ = ["RoleAdapter"]

_DOES = frozenset({Capability.FULL, Capability.PARTIAL})


class _Work(NamedTuple):
    """The names of the four methods of one kind of thing."""

    find: str
    make: str
    read: str
    undo: str


_WORK: Mapping[Operation, _Work] = {
    Operation.BOOK: _Work("find_appointment", "book_appointment", "read_appointment", "call_off_appointment"),
    Operation.BUILD: _Work("find_visit", "open_visit", "read_visit", "call_off_visit"),
    Operation.RESERVE: _Work("find_reservation", "reserve", "read_reservation", "release"),
    Operation.ACTIVATE: _Work("find_service", "provision", "read_service", "withdraw_service"),
    Operation.CHARGE: _Work("find_charge", "start_charge", "read_charge", "take_back_charge"),
    Operation.BILL: _Work("find_bill", "make_bill", "read_bill", "take_back_bill"),
    Operation.FEE: _Work("find_fee", "charge_fee", "read_fee", "take_back_fee"),
}
_WHOLE = _Work("find_order", "place_order", "read_order", "cancel_order")
_GATHERS = {
    "identify_parties": "parties",
    "look_up_accounts": "accounts",
    "look_up_products": "products",
    "qualify": "places",
    "look_up_price": "",
}
"""What is asked in `gather`, and the records that are known then, if only to be none."""


_OPTIONAL = {POLL: "poll", CALLBACK: "report_from_callback", "hears": "report_from_event"}
"""What is declared by a word of its own, and the method that does it."""


class RoleAdapter(DoingAdapter):
    """Maps `submit`, `fetch`, `cancel`, `outcome_of` and `observe` onto methods of one thing each."""

    def __init__(self, module: str, *, again_after_seconds: float = 1.0) -> None:
        """Read the conformance.yaml beside `module` (`__file__`).

        Raises SetupError for one that is not sound, or that promises an operation of which a method is absent.
        """
        path = Path(module).with_name("conformance.yaml")
        self.declaration = load_declaration(path)
        self.capabilities = {word: entry.status for word, entry in self.declaration.answers.items()}
        super().__init__(Losses(self.name, self.declaration.ignored), again_after_seconds=again_after_seconds)
        for word, method in self._promised():
            if not hasattr(self, method):
                raise SetupError(
                    f"{word} is {self.capabilities[word]}, and {type(self).__name__} has no {method}",
                    f"write {method}, or declare {word} as not-implemented",
                    file=str(path),
                    line=self.declaration.lines.get(word),
                )

    # -- what an adapter may say differently ---------------------------------------------------------------------------

    def wanted(self, message: Message) -> Iterator[Any]:
        """Yield what a message asks for, each by itself: items, service items or orders, fees; a bill is the message.

        Override it to leave out what needs nothing of the system, such as items without a visit.
        """
        if message.operation is Operation.BILL:
            yield message
        elif message.operation is Operation.FEE:
            yield from message.fees
        elif self._work(message.operation) is _WHOLE:
            yield from {id(order): order for order, _ in service_items(message)}.values()
        elif message.operation is Operation.ACTIVATE or message.order is None:
            yield from (item for _, item in service_items(message))
        else:
            yield from product_items(message)

    async def rehearse(self, message: Message, one: Any) -> None:
        """Put into words what would be sent for a thing that was not made yet, and send nothing.

        Override it where a code may be lacking in that direction. Raises UnknownCode, Refused.
        """

    async def why_kept(self, message: Message, one: Any, found: Any) -> str | None:
        """Return in the system's words why a thing cannot be taken back any more; None where it can.

        By default it is what reading it says. Override it where that takes less than to read.
        """
        work = self._work(message.operation)
        return (await self._read(work.read, message, one, found)).done_for_good

    async def check(self) -> str:
        """Return one line on the system's health."""
        return f"{self.name}: nobody looks whether it is well"

    async def close(self) -> None:
        """Release connections."""

    # -- what the gateway asks -----------------------------------------------------------------------------------------

    @translates
    async def cancel(self, message: Message) -> Report:
        """Take back what is there. Raises Refused, before anything is taken back, where something is done for good.

        With `leave_done` that stays and is reported.
        """
        if message.operation is Operation.GATHER:
            return Report(outcome=Outcome.DONE)  # asking left nothing behind
        work, told = self._work(message.operation), list[Told]()
        undo = self._method(work.undo, f"cancel {message.operation}")
        open_ones = []
        for one in self.wanted(message):
            found = await self._call(work.find, message, one)
            if found is None:
                continue
            reason = await self.why_kept(message, one, found)
            if reason is None:
                open_ones.append((one, found))
            elif message.leave_done:
                told.append(await self._read(work.read, message, one, found))
            else:
                raise Refused("DONE", reason, subject=_subjects(one)[0])
        for one, found in open_ones:
            undone: Told | None = await undo(message, *_own(message, one), found)
            told += [] if undone is None else [undone]
        return _report(told, (), self._again_after_seconds)

    async def outcome_of(self, message: Message) -> Known:
        """Look for each thing under its reference."""
        if message.operation is Operation.GATHER:
            return Known.ABSENT  # asking again changes nothing
        find = self._work(message.operation).find
        found = [await self._call(find, message, one) for one in self.wanted(message)]
        return known_of(sum(one is not None for one in found), len(found))

    @translates
    async def observe(self, message: Message) -> Report:
        """Return what each thing says now; what is not there says nothing."""
        work, now, told = self._work(message.operation), datetime.now(UTC), list[Told]()
        for one in self.wanted(message):
            found = await self._call(work.find, message, one)
            if found is not None:
                said = await self._read(work.read, message, one, found)
                facts = tuple(fact.model_copy(update={"observed_at": now}) for fact in said.facts)
                told.append(said.model_copy(update={"facts": facts, "working": False}))
        return _report(told, (), self._again_after_seconds)

    async def inventory(self, after: int = 0) -> AsyncIterator[InventoryItem]:  # noqa: ARG002 - whoever has one, reads it
        """Raise NotSupported: an adapter that declares `inventory` writes this anew."""
        raise NotSupported(self.name, "inventory")
        yield

    # -- inside --------------------------------------------------------------------------------------------------------

    async def _do(self, message: Message, *, may_send: bool) -> Report:
        if self.capabilities.get(message.operation) not in _DOES:
            raise NotSupported(self.name, message.operation)
        if message.operation is Operation.GATHER:
            kinds = [kind for method, kind in _GATHERS.items() if hasattr(self, method)]
            gathered = [told async for told in self._gathered(message)]
            return _report(gathered, (), self._again_after_seconds, kinds)
        work, told, refusals = self._work(message.operation), list[Told](), list[Refusal]()
        for one in self.wanted(message):
            try:
                found = await self._call(work.find, message, one)
                if found is None and may_send:
                    found = await self._call(work.make, message, one)
                if found is not None:
                    told.append(await self._read(work.read, message, one, found))
                else:
                    await self.rehearse(message, one)
                    told.append(Told(working=True))
            except Refused as error:
                refusals += [
                    Refusal(
                        subject=error.subject or subject, legacy_code=error.legacy_code, legacy_text=error.legacy_text
                    )
                    for subject in _subjects(one)
                ]
        return _report(told, refusals, self._again_after_seconds)

    async def _gathered(self, message: Message) -> AsyncIterator[Told]:
        order = message.order
        if order is None:
            return
        items = list(product_items(message))
        products = [item.product for item in items if item.product]
        parties = (*order.parties, *(party for product in products for party in product.parties))
        accounts = (order.billing_account, *(item.billing_account for item in items))
        asked = {
            "identify_parties": _distinct(party.id for party in parties),
            "look_up_accounts": _distinct(account.id for account in accounts if account),
            "look_up_products": _distinct(product.id for product in products),
        }
        known = message
        for method, ids in asked.items():
            if ids and hasattr(self, method):
                told: Told = await getattr(self, method)(known, ids)
                yield told
                known = known.model_copy(update={"reference": known.reference.merged(_known([told]))})
        for item in items:
            place = place_of(known, item)
            if place is not None and hasattr(self, "qualify"):
                yield await self.qualify(known, item, place)
            if hasattr(self, "look_up_price"):
                yield await self.look_up_price(known, item)

    def _work(self, operation: Operation) -> _Work:
        work = _WORK.get(operation)
        if work is None:
            raise NotSupported(self.name, operation)
        return _WHOLE if operation is Operation.ACTIVATE and hasattr(self, _WHOLE.make) else work

    def _method(self, name: str, word: str) -> Any:
        found = getattr(self, name, None)
        if found is None:
            raise NotSupported(self.name, word)
        return found

    async def _call(self, name: str, message: Message, one: Any) -> Any:
        return await self._method(name, message.operation)(message, *_own(message, one))

    async def _read(self, name: str, message: Message, one: Any, found: Any) -> Told:
        said = self._method(name, message.operation)(message, *_own(message, one), found)
        told: Told = await said if isawaitable(said) else said
        return told

    def _promised(self) -> Iterator[tuple[str, str]]:
        for operation in _WORK:
            if self.capabilities.get(operation) in _DOES:
                own = self._work(operation)
                yield from ((operation.value, method) for method in (own.find, own.make, own.read))
            if self.capabilities.get(f"cancel {operation}") in _DOES:
                yield f"cancel {operation}", self._work(operation).undo
        for word, method in _OPTIONAL.items():
            if self.capabilities.get(word) in _DOES:
                yield word, method
        if self.capabilities.get(Operation.GATHER) in _DOES and not any(hasattr(self, one) for one in _GATHERS):
            yield Operation.GATHER.value, next(iter(_GATHERS))


def _own(message: Message, one: Any) -> tuple[Any, ...]:
    """Return what a method is given beside the message: nothing where the message itself is what is wanted."""
    return () if one is message else (one,)


def _subjects(one: Any) -> list[str]:
    if isinstance(one, ServiceOrder):
        return list(dict.fromkeys(item.subject for _, item in one.all_items()))
    if isinstance(one, CancellationFee):
        return [f"item:{one.item}"]
    if isinstance(one, Message):
        return [f"item:{one.on_demand.id}" if one.on_demand else "productOrder"]
    return [one.subject]


def _distinct(ids: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for one in ids if one))


def _known(told: Iterable[Told], kinds: Iterable[str] = ()) -> Reference:
    """Return the records. Of `kinds` none is known to be none; of the others it is not known."""
    every = filter(None, _GATHERS.values())
    joined = {kind: tuple(record for one in told for record in getattr(one, kind)) for kind in every}
    return Reference(**{kind: records for kind, records in joined.items() if records or kind in kinds})


def _report(
    told: list[Told], refusals: Iterable[Refusal], again_after_seconds: float, kinds: Iterable[str] = ()
) -> Report:
    """Return one report. What a thing says before all are done is said again when they are."""
    ids = {key: name for one in told for key, name in one.legacy_ids.items()}
    if any(one.working for one in told):
        return Report(outcome=Outcome.WORKING, legacy_ids=ids, again_after_seconds=again_after_seconds)
    known = _known(told, kinds)
    return Report(
        outcome=Outcome.DONE,
        facts=tuple(fact for one in told for fact in one.facts),
        reference=None if known == Reference() else known,
        rates=tuple(rate for one in told for rate in one.rates),
        bills=tuple(bill for one in told for bill in one.bills),
        ledger=tuple(entry for one in told for entry in one.ledger),
        legacy_ids=ids,
        refusals=tuple(refusals),
    )
