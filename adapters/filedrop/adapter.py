"""The adapter: a file out, its acknowledgement back; then the file that asks for the bill, and the bill."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar, NamedTuple

from adapters.filedrop.drop import Drop, Sent, file_name, stem_of
from adapters.filedrop.faults import refusal
from adapters.filedrop.from_legacy import Reader
from adapters.filedrop.layout import Layout
from adapters.filedrop.settings import FiledropSettings
from adapters.filedrop.to_legacy import Lines, account_of
from adapters.filedrop.words import Words
from adapters.sdk.doing import DoingAdapter
from adapters.sdk.facts import Speaker
from adapters.sdk.flatfile import CsvTable, DoesNotFit
from adapters.sdk.loss import Losses, translates
from adapters.sdk.messages import product_items
from adapters.sdk.redact import redact
from adapters.sdk.rows import reading
from gateway.canonical.fact import Fact
from gateway.ports.adapter import Capability, Message, Operation, Outcome, Refusal, Report, Role
from gateway.ports.errors import NotSupported, Refused, Unreadable
from gateway.ports.outcome import Known
from gateway.vocabulary.table import Vocabulary

__all__ = ["FiledropAdapter"]

_NAME = "filedrop"
_CHARGE, _FEE, _BILL, _CANCEL = "CHG", "FEE", "BIL", "CXL"
_KINDS = {Operation.CHARGE: _CHARGE, Operation.FEE: _FEE, Operation.BILL: _BILL}
_ACKNOWLEDGEMENT, _INVOICES = "ACK", "INV"
_Rows = list[dict[str, str]]


class _Answer(NamedTuple):
    """The rows that answer a file, and when the host wrote them first."""

    rows: _Rows
    at: datetime


class FiledropAdapter(DoingAdapter):
    """Plays `billing`. Nothing can be asked of the host: what it does not write by itself is not known."""

    name = _NAME
    role = Role.BILLING
    capabilities: ClassVar[Mapping[str, Capability]] = {
        "charge": Capability.FULL,
        "bill": Capability.FULL,
        "fee": Capability.FULL,
        "cancel charge": Capability.PARTIAL,
        "cancel bill": Capability.IMPOSSIBLE,
        "lookup charge": Capability.FULL,
        "lookup bill": Capability.FULL,
        "lookup fee": Capability.FULL,
        "observe": Capability.IMPOSSIBLE,
        "inventory": Capability.IMPOSSIBLE,
    }

    def __init__(self, settings: FiledropSettings, tables: Mapping[str, Vocabulary], layout: Layout) -> None:
        super().__init__(Losses.beside(_NAME, __file__), again_after_seconds=settings.poll_seconds)
        self._settings, self._layout = settings, layout
        self._words = Words.of(tables, settings.zone)
        self._drop = Drop(settings)
        self._reader = Reader(Speaker(_NAME, f"{_NAME}@0.1"), self._words)

    @translates
    async def cancel(self, message: Message) -> Report:
        """Take the charges of the message's items back. Raises Refused once one of them was billed."""
        if message.operation is not Operation.CHARGE:
            raise NotSupported(self.name, f"cancel {message.operation}")
        items = {item.id for item in product_items(message)}
        charges: dict[str, str] = {}
        for name in await self._drop.others(stem_of(_CHARGE, message), ""):
            answer = await self._answer(name, _ACKNOWLEDGEMENT, self._layout.charges)
            if answer is None:
                return self._working()  # what is to be taken back is not known yet
            charges |= {
                row["charge"]: row["item"] for row in self._taken(answer) if row["charge"] and row["item"] in items
            }
        if not charges:
            return Report(outcome=Outcome.DONE)
        lines = self._lines()
        lines.take_back(charges)
        answer = await self._exchanged(file_name(_CANCEL, message), message, lines, may_send=True)
        if answer is None:
            return self._working()
        for row in answer.rows:
            if not self._words.is_taken(row):
                refused = refusal(f"item:{row['item']}", row)
                raise Refused(refused.legacy_code, refused.legacy_text, subject=refused.subject)
        return Report(outcome=Outcome.DONE)

    async def outcome_of(self, message: Message) -> Known:
        """Look into the journal, which is written before the host can see a file."""
        sent = await self._drop.sent(file_name(_KINDS[message.operation], message))
        return {Sent.NOT: Known.ABSENT, Sent.NOTED: Known.PARTLY, Sent.OUT: Known.PRESENT}[sent]

    async def check(self) -> str:
        """Return one line on the system's health: all folders are there."""
        return f"{_NAME} has {await self._drop.check()} files waiting for the host"

    async def close(self) -> None:
        """Release the connection."""
        await self._drop.close()

    def _lines(self) -> Lines:
        return Lines(self._layout, self._words, self._settings.zone)

    async def _do(self, message: Message, *, may_send: bool) -> Report:
        if message.operation is Operation.BILL:
            return await self._bill(message, may_send=may_send)
        if message.operation in {Operation.CHARGE, Operation.FEE}:
            return await self._charge(message, may_send=may_send)
        raise NotSupported(self.name, message.operation)

    async def _charge(self, message: Message, *, may_send: bool) -> Report:
        kind = _KINDS[message.operation]
        name, now = file_name(kind, message), datetime.now(UTC)
        answers: list[_Answer] = []
        for earlier in await self._drop.others(stem_of(kind, message), name):
            found = await self._answer(earlier, _ACKNOWLEDGEMENT, self._layout.charges)
            if found is None:
                return self._working()  # whether it charges the same items is not known yet
            answers.append(found)
        lines = self._lines()
        if message.operation is Operation.FEE:
            lines.fees(message, now)
        else:
            lines.charge(message, frozenset(row["item"] for one in answers for row in self._taken(one)), now)
        refusals = [*lines.refusals]
        if lines.lines:
            mine = await self._exchanged(name, message, lines, may_send=may_send)
            if mine is None:
                return self._working()
            refusals += self._refusals(mine.rows)
            answers.append(mine)
        # The end of a charge is no charge.
        charges = [_Answer([row for row in self._taken(one) if row["charge"]], one.at) for one in answers]
        rates = tuple(self._reader.rate(row, message.reference_key) for one in charges for row in one.rows)
        stated = () if message.operation is Operation.FEE else charges
        facts = tuple(fact for one in stated for fact in self._reader.charge_facts(*one))
        return Report(outcome=Outcome.DONE, rates=rates, facts=facts, refusals=tuple(refusals))

    def _taken(self, answer: _Answer) -> _Rows:
        return [row for row in answer.rows if self._words.is_taken(row)]

    def _refusals(self, rows: _Rows) -> list[Refusal]:
        """Return one refusal for each item of which a line was rejected."""
        found = {row["item"]: refusal(f"item:{row['item']}", row) for row in rows if not self._words.is_taken(row)}
        return list(found.values())

    async def _bill(self, message: Message, *, may_send: bool) -> Report:
        asked = message.on_demand
        accounts = _accounts(message)
        subject = asked.id if asked else "productOrder"
        if not accounts:
            refused = Refusal(subject=subject, legacy_code="NO-ACCOUNT", legacy_text="no billing account is named")
            return Report(outcome=Outcome.DONE, refusals=(refused,))
        lines = self._lines()
        for account in accounts:
            lines.bill(account)
        name = file_name(_BILL, message)
        answer = await self._exchanged(name, message, lines, may_send=may_send)
        if answer is None:
            return self._working()
        refusals = tuple(refusal(subject, row) for row in answer.rows if not self._words.is_taken(row))
        if len(refusals) == len(answer.rows):  # no invoice comes of it
            return Report(outcome=Outcome.DONE, refusals=refusals)
        invoices = await self._answer(name, _INVOICES, self._layout.invoices)
        if invoices is None:
            return self._working()
        bills, facts, ledger = [], list[Fact](), []
        for row in invoices.rows:
            bill = self._reader.bill(row)
            bills.append(bill)
            facts += self._reader.bill_facts(row, bill, invoices.at)
            ledger += [one for one in [self._reader.posting(row)] if one is not None]
        mine = await self._charges_of(message) if asked is None else frozenset()
        return Report(
            outcome=Outcome.DONE,
            bills=tuple(bills),
            facts=tuple(facts),
            ledger=tuple(ledger),
            rates=tuple(self._reader.rate(row, message.reference_key) for row in answer.rows if row["charge"] in mine),
            refusals=refusals,
        )

    async def _charges_of(self, message: Message) -> frozenset[str]:
        """Return the host's names of an order's charges; the bill of an account has those of other orders too."""
        found: set[str] = set()
        for kind in (_CHARGE, _FEE):
            for name in await self._drop.others(stem_of(kind, message), ""):
                answer = await self._answer(name, _ACKNOWLEDGEMENT, self._layout.charges)
                found |= {row["charge"] for row in (self._taken(answer) if answer else ()) if row["charge"]}
        return frozenset(found)

    async def _exchanged(self, name: str, message: Message, lines: Lines, *, may_send: bool) -> _Answer | None:
        """Return the rows that acknowledge a file, after sending it unless it was sent; None while there are none."""
        if await self._drop.sent(name) is not Sent.OUT:
            if not may_send:
                return None
            try:
                content = lines.content(name, message.reference_key, datetime.now(UTC))
            except DoesNotFit as error:
                raise Refused("DOES-NOT-FIT", str(error)) from None
            await self._drop.send(name, content)
        return await self._answer(name, _ACKNOWLEDGEMENT, self._layout.charges)

    async def _answer(self, name: str, ending: str, table: CsvTable) -> _Answer | None:
        """Return the rows of the answer to a file; None while no whole one is there.

        An answer may come again, as it is or with lines that were taken before. Raises Unreadable where a later one
        says something else of a line.
        """
        said: dict[str, dict[str, str]] = {}
        times: list[datetime] = []
        for file, content, written in await self._drop.answers(name, ending):
            rows = table.read(content, file)
            if rows is None:
                continue
            times.append(written)
            for row in (reading(row, ending.lower()) for row in rows):
                key = row.get("charge") or row.get("invoice") or row["line"]
                first = said.setdefault(key, row)
                if self._meaning(first) != self._meaning(row):
                    raise Unreadable(f"{file} says something else of line {key} than before", redact(str(row)))
        return _Answer(list(said.values()), min(times)) if times else None

    def _meaning(self, row: dict[str, str]) -> dict[str, Any]:
        """Return a row without the words that say of a repetition that it is one."""
        plain: dict[str, Any] = {name: value for name, value in row.items() if name not in {"status", "reason"}}
        return plain | ({"taken": self._words.is_taken(row)} if "status" in row else {})


def _accounts(message: Message) -> list[str]:
    """Return the accounts whose bill is asked for, each once."""
    if message.on_demand is not None:
        return [message.on_demand.billing_account.id] if message.on_demand.billing_account else []
    items = [item for _, item in message.order.all_items()] if message.order else []
    return list(dict.fromkeys(account for item in items if (account := account_of(message, item)) is not None))
