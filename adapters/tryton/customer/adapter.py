"""The customer adapter: finds or opens the lead of an order, and reports what Tryton knows of what the order names."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from adapters.sdk.doing import DoingAdapter
from adapters.sdk.facts import Speaker
from adapters.sdk.loss import Losses, translates
from adapters.sdk.messages import customer_reference
from adapters.tryton.client import Row, TrytonClient
from adapters.tryton.customer import from_legacy, to_legacy
from adapters.tryton.customer.words import Words
from adapters.tryton.read import member
from adapters.tryton.settings import TrytonSettings
from adapters.tryton.tags import pattern_of, tags_of
from gateway.ports.adapter import Capability, Message, Operation, Outcome, Report, Role
from gateway.ports.errors import NotSupported
from gateway.ports.outcome import Known
from gateway.vocabulary.table import Vocabulary

__all__ = ["TrytonCustomer"]

_LEAD = "sale.opportunity"
_ANY = ["active", "in", [True, False]]
_PARTY = ("code", "addresses.id", "categories.rec_name")
_ACCOUNT = ("code", "active", "party.code")
_LINE = (
    "description",
    "end_date",
    "subscription.state",
    "subscription.party.code",
    "service.product.code",
)


class TrytonCustomer(DoingAdapter):
    """Plays `customer` with Tryton."""

    name = "tryton"
    role = Role.CUSTOMER
    capabilities: ClassVar[Mapping[str, Capability]] = {
        "gather": Capability.PARTIAL,
        "cancel gather": Capability.FULL,
        "lookup gather": Capability.FULL,
        "observe": Capability.NOT_IMPLEMENTED,
        "inventory": Capability.NOT_IMPLEMENTED,
    }

    def __init__(
        self,
        settings: TrytonSettings,
        tables: Mapping[str, Vocabulary],
    ) -> None:
        super().__init__(Losses.beside(self.name, __file__), again_after_seconds=settings.poll_seconds)
        self._words = Words.of(tables)
        self._client = TrytonClient(settings)
        self._speaker = Speaker("tryton", "tryton@0.1")

    @translates
    async def cancel(self, message: Message) -> Report:
        """Cancel the order's lead; nothing else was changed there."""
        if message.operation is not Operation.GATHER:
            raise NotSupported(self.name, f"cancel {message.operation}")
        for row in await self._leads(message.reference_key, "state"):
            if row["state"] in {"lead", "opportunity"}:
                await self._client.press(_LEAD, "cancel", row["id"])
        return Report(outcome=Outcome.DONE)

    async def outcome_of(self, message: Message) -> Known:
        """Look under the order's reference for its lead. Asking changes nothing."""
        found = message.order is None or await self._leads(message.reference_key)
        return Known.PRESENT if found else Known.ABSENT

    async def check(self) -> str:
        """Return one line on the system's health."""
        context = await self._client.context()
        return f"tryton lets us in as a user of {context.get('company.rec_name', 'a company')}"

    async def close(self) -> None:
        """Release connections."""
        await self._client.close()

    async def _do(self, message: Message, *, may_send: bool) -> Report:
        if message.operation is not Operation.GATHER:
            raise NotSupported(self.name, message.operation)
        if message.order is None:  # an order from outside has nothing to ask
            return Report(outcome=Outcome.DONE)
        asked = to_legacy.question(message)
        found, places = await self._ask(asked)
        answer = from_legacy.read_answer(found, places)
        known = from_legacy.reference(answer, self._words)
        facts = tuple(from_legacy.facts(self._speaker, message, answer, known, self._words))
        lead = await self._lead(message, answer, may_send=may_send)
        if lead is None:
            return self._working()
        return Report(outcome=Outcome.DONE, facts=facts, reference=known, legacy_ids={"tryton lead": lead})

    async def _ask(self, asked: to_legacy.Question) -> tuple[from_legacy.Asked, Collection[str]]:
        """Return the rows of what is asked, and of owners and places that the order does not name itself."""
        at = datetime.now(UTC)
        accounts = await self._rows("party.identifier", "code", asked.accounts, _ACCOUNT, ["address", "!=", None], _ANY)
        lines: list[Row] = []
        for product in asked.products:
            pattern = pattern_of("product", product)
            lines += await self._client.rows("sale.subscription.line", [["description", "like", pattern]], _LINE)
        owners = {str(member(row, "party.code")) for row in accounts if row.get("party.")}
        places = dict.fromkeys([*asked.places, *_sites(lines)])
        codes = dict.fromkeys([*asked.parties, *sorted(owners), *places])
        fields = ["code", "list_price_used"]
        services = ["product.code", "consumption_recurrence.name"]
        company = await self._client.rows("company.company", [], ["currency.code"], most=1)
        found = from_legacy.Asked(
            at=at,
            parties=await self._rows("party.party", "code", codes, _PARTY),
            accounts=accounts,
            lines=lines,
            products=await self._rows("product.product", "code", asked.offerings, fields),
            services=await self._rows("sale.subscription.service", "product.code", asked.offerings, services),
            currency=member(company[0], "currency.code") if company else None,
        )
        return found, places

    async def _rows(
        self, model: str, name: str, values: Collection[str], fields: Collection[str], *more: Any
    ) -> list[Row]:
        if not values:
            return []
        return await self._client.rows(model, [[name, "in", list(values)], *more], list(fields))

    async def _leads(self, reference: str, *fields: str) -> list[Row]:
        return await self._client.rows(_LEAD, [["reference", "=", reference]], fields or ["number"])

    async def _lead(self, message: Message, answer: from_legacy.Answer, *, may_send: bool) -> str | None:
        """Return the number of the order's lead: its own, else one that sales opened under the customer's reference."""
        found = await self._leads(message.reference_key)
        if found:
            return str(found[0]["number"])
        if not may_send:
            return None
        named = message.order.party("customer") if message.order else None
        customer = answer.parties.get(named.id) if named else None
        asked = customer_reference(message)
        theirs = await self._leads(asked, "number", "state", "party.code") if asked else []
        mine = [one for one in theirs if one["state"] == "lead" and _is_of(one, named.id if named else None)]
        if mine:
            said = {"reference": message.reference_key, "description": asked}
            await self._client.write(_LEAD, [mine[0]["id"]], said)
            return str(mine[0]["number"])
        await self._client.create(_LEAD, to_legacy.lead(message, customer["id"] if customer else None))
        made = await self._leads(message.reference_key)
        return str(made[0]["number"]) if made else None


def _is_of(lead: Row, customer: str | None) -> bool:
    return customer is not None and member(lead, "party.code") == customer


def _sites(lines: Collection[Row]) -> list[str]:
    products = from_legacy.read_answer(from_legacy.Asked(datetime.now(UTC), lines=list(lines)), ()).products
    sites = [tags_of(row["description"]).get("site") for row in products.values()]
    return [site for site in sites if site]
