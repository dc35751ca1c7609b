"""What is asked of Tryton's books, and done in them. All I/O of the billing role."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from adapters.tryton.billing.from_legacy import Charged, Posting
from adapters.tryton.billing.records import (
    CONSUMPTION,
    INVOICE,
    LINE,
    SALE_LINE,
    Consumption,
    Invoice,
    Line,
    read_consumption,
    read_invoice,
    read_line,
    read_sale_line,
)
from adapters.tryton.billing.to_legacy import Account, Offer
from adapters.tryton.client import TrytonClient
from adapters.tryton.read import member, read_as, subject_error
from adapters.tryton.tags import pattern_of

__all__ = ["Book"]

_LINE, _SUBSCRIPTION, _SALE = "sale.subscription.line", "sale.subscription", "sale.sale"
_CONSUMPTION, _INVOICE, _SALE_LINE = f"{_LINE}.consumption", "account.invoice", "sale.line"
_ANY = ["active", "in", [True, False]]


@dataclass(frozen=True, slots=True)
class Book:
    """The books behind one client."""

    client: TrytonClient

    # -- looking -------------------------------------------------------------------------------------------------------

    async def accounts(self, codes: Collection[str]) -> dict[str, Account]:
        """Return the open accounts of those codes."""
        if not codes:
            return {}
        domain = [["code", "in", sorted(codes)], ["address", "!=", None]]
        rows = await self.client.rows("party.identifier", domain, ["code", "party", "address"])
        try:
            return {row["code"]: Account(row["code"], row["party"], row["address"]) for row in rows}
        except KeyError:
            raise subject_error("account", rows) from None

    async def account_codes(self, addresses: Collection[int]) -> dict[int, str]:
        """Return the account of each address that is one; a closed one too."""
        if not addresses:
            return {}
        domain = [["address", "in", sorted(addresses)], _ANY]
        rows = await self.client.rows("party.identifier", domain, ["code", "address"])
        return {row["address"]: row["code"] for row in rows}

    async def offers(self, codes: Collection[str]) -> dict[str, Offer]:
        """Return what Tryton sells under those codes."""
        if not codes:
            return {}
        wanted = sorted(codes)
        fields = ["code", "sale_uom", "template.account_category.customer_taxes.id"]
        products = await self.client.rows("product.product", [["code", "in", wanted]], fields)
        fields = ["product.code", "consumption_recurrence"]
        services = await self.client.rows(f"{_SUBSCRIPTION}.service", [["product.code", "in", wanted]], fields)
        try:
            recurring = {member(row, "product.code"): row for row in services}
            return {row["code"]: _offer(row, recurring.get(row["code"])) for row in products}
        except (KeyError, TypeError):
            raise subject_error("product", products) from None

    async def currencies(self, codes: Collection[str]) -> dict[str, int]:
        """Return the ids of currencies."""
        rows = await self.client.rows("currency.currency", [["code", "in", sorted(codes)]], ["code"])
        return {row["code"]: row["id"] for row in rows}

    async def lines(self, reference: str) -> list[Line]:
        """Return the lines of subscriptions and sales under a reference, but of those that were cancelled."""
        subscribed = await self._lines([["subscription.reference", "=", reference]])
        sold = await self.client.rows(_SALE_LINE, [["sale.reference", "=", reference]], SALE_LINE)
        return [one for one in (*subscribed, *map(read_sale_line, sold)) if one.state != "cancelled"]

    async def lines_of_product(self, product: str) -> list[Line]:
        """Return the lines of subscriptions that charge for a product."""
        found = await self._lines([["description", "like", pattern_of("product", product)]])
        return [one for one in found if one.product == product and one.state != "cancelled"]

    async def page(self, first: int, most: int) -> list[Line]:
        """Return lines of subscriptions in the order of their making."""
        return await self._lines([], first=first, most=most)

    async def charged(self, lines: Sequence[Line]) -> list[Charged]:
        """Return what is charged for lines: each period that was consumed, and each line of a sale."""
        subscribed = {one.id: one for one in lines if one.model == _LINE}
        sold = [one for one in lines if one.model == _SALE_LINE and one.state not in {"draft", "quotation"}]
        rows: list[dict[str, Any]] = []
        if subscribed:
            rows = await self.client.rows(_CONSUMPTION, [["line", "in", sorted(subscribed)]], CONSUMPTION)
        periods: dict[int, list[Consumption]] = {}
        for one in map(read_consumption, rows):
            periods.setdefault(one.line, []).append(one)
        codes = await self.account_codes({one.address for one in lines})
        found = [Charged(one, codes.get(one.address)) for one in sold]
        for key, some in periods.items():
            line, consumed = subscribed[key], sorted(some, key=lambda one: one.day)
            ends = [*(one.day for one in consumed[1:]), line.following or line.end]
            found += [
                Charged(line, codes.get(line.address), one, until) for one, until in zip(consumed, ends, strict=True)
            ]
        return found

    async def invoices(self, domain: Sequence[Any]) -> list[Invoice]:
        """Return invoices."""
        return [read_invoice(row) for row in await self.client.rows(_INVOICE, domain, INVOICE)]

    async def charged_on(self, invoice: int) -> list[Charged]:
        """Return what is on an invoice, whichever order it is of."""
        consumed = await self.client.rows(_CONSUMPTION, [["invoice_line.invoice", "=", invoice]], ["line"])
        lines = await self._lines([["id", "in", sorted({row["line"] for row in consumed})]]) if consumed else []
        return [one for one in await self.charged(lines) if one.invoice == invoice]

    async def posting(self, invoice: Invoice) -> Posting | None:
        """Return what the ledger has of an invoice, or None before it is posted."""
        if invoice.move is None:
            return None
        domain = [["move", "=", invoice.move], ["account.type.receivable", "=", True], ["move.state", "=", "posted"]]
        rows = await self.client.rows("account.move.line", domain, ["debit", "credit", "maturity_date"])
        if not rows:
            return None
        try:
            total = sum((read_as(Decimal, row["debit"]) - read_as(Decimal, row["credit"]) for row in rows), Decimal(0))
            days = [row["maturity_date"] for row in rows if row["maturity_date"] is not None]
        except (KeyError, TypeError):
            raise subject_error("posting", rows) from None
        return Posting(total, max(days) if days else None)

    async def _lines(self, domain: Sequence[Any], *, first: int = 0, most: int | None = None) -> list[Line]:
        return [read_line(row) for row in await self.client.rows(_LINE, domain, LINE, first=first, most=most)]

    # -- doing ---------------------------------------------------------------------------------------------------------

    async def run_subscriptions(self, lines: Iterable[Line]) -> None:
        """Let subscriptions run that do not yet: quoted first, as Tryton wants it."""
        await self._press_on(_SUBSCRIPTION, lines, (("draft", "quote"), ("quotation", "run")))

    async def confirm_sales(self, lines: Iterable[Line]) -> None:
        """Confirm sales that are not yet, and process those that Tryton has not processed by itself."""
        still = {line.owner for line in lines if line.model == _SALE_LINE}
        if not still:
            return
        await self._press_on(_SALE, lines, (("draft", "quote"), ("quotation", "confirm")))
        rows = await self.client.rows(_SALE, [["id", "in", sorted(still)], ["state", "=", "confirmed"]], ["state"])
        for row in rows:
            await self.client.press(_SALE, "process", row["id"])

    async def consume(self, day: date) -> None:
        """Let Tryton consume what is due by a day, of all subscriptions. Whoever calls holds `runs`."""
        await self._wizard(f"{_CONSUMPTION}.create", day)

    async def invoice(self, day: date) -> None:
        """Let Tryton draft the invoices that are due by a day. Whoever calls holds `runs`.

        A subscription that has consumed nothing would be moved on by a month in silence, so all consume first.
        """
        await self.consume(day)
        await self._wizard(f"{_SUBSCRIPTION}.create_invoice", day)

    async def end_line(self, line: Line, day: date) -> None:
        """Let a line end on a day; Tryton takes none before that until which it has charged."""
        if line.end is None or line.end > day:
            if line.state != "draft":
                await self.client.press(_SUBSCRIPTION, "draft", line.owner)
            await self.client.write(_LINE, [line.id], {"end_date": day})
            await self.client.press(_SUBSCRIPTION, "quote", line.owner)
            await self.client.press(_SUBSCRIPTION, "run", line.owner)
        else:
            await self.run_subscriptions([line])

    async def take_back(self, lines: Sequence[Line], charged: Sequence[Charged], rest: Sequence[Line]) -> None:
        """Remove lines and what was consumed of them; a subscription without another line, of `rest`, is cancelled."""
        consumed = [one.consumption.id for one in charged if one.consumption is not None]
        if consumed:
            await self.client.call(f"model.{_CONSUMPTION}.delete", consumed)
        goes_on = {line.owner: line for line in rest if line.model == _LINE}
        for owner in sorted({line.owner for line in lines if line.model == _LINE}):
            await self.client.press(_SUBSCRIPTION, "draft", owner)
            if owner in goes_on:
                mine = [line.id for line in lines if line.model == _LINE and line.owner == owner]
                await self.client.call(f"model.{_LINE}.delete", mine)
                goes_on[owner] = replace(goes_on[owner], state="draft")
            else:
                await self.client.press(_SUBSCRIPTION, "cancel", owner)
        await self.run_subscriptions(goes_on.values())

    async def post(self, invoice: Invoice, day: date, reference: str) -> None:
        """Date a draft and post it."""
        values: Mapping[str, Any] = {"invoice_date": day, "reference": invoice.reference or reference}
        await self.client.write(_INVOICE, [invoice.id], values)
        await self.client.press(_INVOICE, "post", invoice.id)

    async def _press_on(self, model: str, lines: Iterable[Line], buttons: Sequence[tuple[str, str]]) -> None:
        wanted = _SALE_LINE if model == _SALE else _LINE
        states = {line.owner: line.state for line in lines if line.model == wanted}
        for owner, state in sorted(states.items()):
            names = [name for name, _ in buttons]
            for _, button in buttons[names.index(state) :] if state in names else ():
                await self.client.press(model, button, owner)

    async def _wizard(self, name: str, day: date) -> None:
        context = await self.client.context()
        await self.client.run_wizard(name, "create_", date=day, companies=context.get("companies", []))


def _offer(row: Mapping[str, Any], service: Mapping[str, Any] | None) -> Offer:
    taxes = member(row, "template.account_category.customer_taxes.") or ()
    return Offer(
        code=read_as(str, row["code"]),
        product=read_as(int, row["id"]),
        unit=read_as(int, row["sale_uom"]),
        taxes=tuple(tax["id"] for tax in taxes),
        service=service["id"] if service else None,
        recurrence=service["consumption_recurrence"] if service else None,
    )
