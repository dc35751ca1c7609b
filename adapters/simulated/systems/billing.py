"""The simulated billing system: contracts, charges, invoices and a ledger behind JSON-RPC.

Every answer has status 200; an error stands in the body. A `UserWarning` stops a call until `warning.answer` names its
key and the call is made again. Invoices are drafts until posted. An invoice run before the consumption run moves the
next invoice date on by a month and makes nothing: that month is lost. Invoice numbers are read and then written, so
that two posted at once collide. Amounts are whole minor units, tax is per mille, dates are local.
"""

from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import orjson
from starlette.requests import Request
from starlette.responses import Response

from adapters.simulated.systems.drop import SlowDrop
from adapters.simulated.systems.ledger import charge_rows, month_after, totals
from adapters.simulated.systems.server import Endpoint, System, json_answer
from adapters.simulated.systems.store import Faults, Store, new_key

__all__ = ["Billing"]

_Method = Callable[[list[Any], Request], Coroutine[Any, Any, Any]]
_HIDDEN = ("warned",)
_RUNNING = {
    "contract": "",
    "item": "",
    "kind": "W",
    "permille": 200,
    "currency": "EUR",
    "to": None,
    "months": None,
    "state": "BILLED",
    "invoice": "IN-BEFORE",
    "reduces": None,
}


class _Error(Exception):
    def __init__(self, kind: str, *arguments: str) -> None:
        super().__init__(kind, *arguments)
        self.kind, self.arguments = kind, list(arguments)


class Billing(System):
    """Serves /rpc, and writes each posted invoice's ledger entry into the directory `drop`."""

    name: ClassVar[str] = "simulated-billing"

    def __init__(self, store: Store, pace: float, seed: dict[str, Any], drop: Path) -> None:
        super().__init__(store, pace)
        self._drop = SlowDrop(drop, 0.2 * pace)
        for row in seed["accounts"]:
            store.seed("account", row["id"], row)
        for row in seed["charges"]:
            store.seed("charge", row["id"], {**_RUNNING, **row})
        for entry in store.all_of("ledger"):
            self._drop.mend(f"{entry['number']}.led", entry)
        self._methods: dict[str, _Method] = {
            "contract.search_read": self._contracts,
            "contract.create": self._sign,
            "consumption.run": self._consume,
            "charge.search_read": self._charges,
            "charge.product.search_read": self._charges_of_product,
            "charge.page.search_read": self._page_of_charges,
            "charge.stop": self._stop_charges,
            "charge.cancel": self._cancel,
            "invoice.search_read": self._invoices,
            "invoice.create": self._draft,
            "invoice.create_for_account": self._draft_for_account,
            "invoice.post": self._post,
            "invoice.send": self._send,
            "warning.answer": self._answer_warning,
            "ledger.search_read": self._ledger,
        }

    def routes(self) -> Sequence[tuple[str, str, Endpoint]]:
        """Return the one address of the interface."""
        return (("POST", "/rpc", self._rpc),)

    async def _rpc(self, request: Request) -> Response:
        call = orjson.loads(await request.body())
        method = self._methods.get(call.get("method"))
        await self.delay(0.02)
        if method is None:
            return json_answer({"id": call.get("id"), "error": [f"'{call.get('method')}'", ""]})
        try:
            return json_answer({"id": call.get("id"), "result": await method(call.get("params", []), request)})
        except _Error as error:
            return json_answer({"id": call.get("id"), "error": [error.kind, error.arguments]})

    # -- contracts and charges -----------------------------------------------------------------------------------

    async def _contracts(self, params: list[Any], request: Request) -> Any:
        found = self.store.of_reference("contract", params[0])
        self.faults(request, params[0], *(row["customer_reference"] for row in found))
        return found

    async def _sign(self, params: list[Any], request: Request) -> Any:
        said = params[0]
        reference, customer_reference = said["reference"], said.get("customer_reference") or ""
        self.faults(request, reference, customer_reference)
        account = self.store.get("account", said["account"])
        if account is None:
            raise _Error("UserError", f"Account {said['account']} does not exist.")
        if account["state"] != "O":
            raise _Error("UserError", f"Account {said['account']} is not open.")
        contract = {
            "id": new_key("CT"),
            "reference": reference,
            "customer_reference": customer_reference,
            "account": said["account"],
            "lines": said["lines"],
            "next_invoice_date": None,
        }
        self.made(request, "contract", reference, customer_reference, said["account"])
        self.store.put("contract", contract["id"], contract, reference=reference, item=said["account"])
        return contract["id"]

    async def _consume(self, params: list[Any], request: Request) -> Any:
        contract, faults = self._contract(params[0], request)
        wanted: dict[str, str] = params[1]  # item → day
        made = []
        for line in contract["lines"]:
            if line["item"] not in wanted and "bill-rejected-item" not in faults:
                continue
            day = date.fromisoformat(wanted.get(line["item"]) or next(iter(wanted.values())))
            if "early-charge" in faults:
                day -= timedelta(days=10)
            if contract["next_invoice_date"] and line["kind"] == "W":
                day = max(day, date.fromisoformat(contract["next_invoice_date"]))
            operation = f"charge {line['kind']} {line['text']}"
            self.made(request, operation, contract["reference"], contract["customer_reference"], line["item"])
            for row in charge_rows(contract, line, day, faults):
                self.store.put("charge", row["id"], row, reference=contract["id"], item=line["item"])
                made.append(row["id"])
        return made

    async def _charges(self, params: list[Any], request: Request) -> Any:
        contract, _ = self._contract(params[0], request)
        return self.store.of_reference("charge", contract["id"])

    async def _charges_of_product(self, params: list[Any], _: Request) -> Any:
        return self.store.where("charge", "product", params[0])

    async def _page_of_charges(self, params: list[Any], _: Request) -> Any:
        after, count = params
        rows = self.store.page_of("charge", after, count)
        contracts = {row["contract"]: self.store.get("contract", row["contract"]) or {} for row in rows}
        return [row | {"reference": contracts[row["contract"]].get("reference")} for row in rows]

    async def _stop_charges(self, params: list[Any], _: Request) -> Any:
        product, day = params
        rows = [r for r in self.store.where("charge", "product", product) if r["kind"] != "E" and not r.get("stopped")]
        for row in rows:
            self.store.put("charge", row["id"], row | {"stopped": day})
        return len(rows)

    async def _cancel(self, params: list[Any], request: Request) -> Any:
        contract, items = self._contract(params[0], request)[0], params[1]
        rows = [row for row in self.store.of_reference("charge", contract["id"]) if not items or row["item"] in items]
        if any(row["invoice"] for row in rows):
            raise _Error("UserError", "Charges that were invoiced can not be cancelled.")
        for row in rows:
            self.store.put("charge", row["id"], row | {"state": "CANC"})
        return len(rows)

    def _contract(self, key: str, request: Request) -> tuple[dict[str, Any], Faults]:
        contract = self.store.get("contract", key)
        if contract is None:
            raise _Error("UserError", f"Contract {key} does not exist.")
        return contract, self.faults(request, contract["reference"], contract["customer_reference"])

    # -- invoices ------------------------------------------------------------------------------------------------

    async def _invoices(self, params: list[Any], request: Request) -> Any:
        found = self.store.of_reference("invoice", params[0])
        faults = self.faults(request, params[0], *(row["customer_reference"] for row in found))
        shown = [{name: value for name, value in row.items() if name not in _HIDDEN} for row in found]
        if "unknown-code" in faults:
            shown = [row | {"state": "DISP2"} for row in shown]
        return shown

    async def _draft(self, params: list[Any], request: Request) -> Any:
        contract, faults = self._contract(params[0], request)
        rows = [row for row in self.store.of_reference("charge", contract["id"]) if row["state"] == "OPEN"]
        if not rows:
            start = contract["next_invoice_date"]
            following = month_after(date.fromisoformat(start) if start else datetime.now(UTC).date())
            self.store.put("contract", contract["id"], contract | {"next_invoice_date": following.isoformat()})
            return None
        return self._new_invoice(contract["reference"], contract["customer_reference"], rows, faults, request)

    async def _draft_for_account(self, params: list[Any], request: Request) -> Any:
        account, reference = params
        faults = self.faults(request, reference, account)
        rows = [row for row in self.store.where("charge", "account", account) if row["state"] == "OPEN"]
        return self._new_invoice(reference, "", rows, faults, request) if rows else None

    def _new_invoice(
        self, reference: str, customer_reference: str, rows: list[dict[str, Any]], faults: Faults, request: Request
    ) -> str:
        account = self.store.get("account", rows[0]["account"]) or {}
        sums = totals(rows)
        invoice = {
            "id": new_key("IN"),
            "number": None,
            "state": "DRAFT",
            "reference": None,  # lost, as drafts made by a run have none
            "customer_reference": customer_reference,
            "account": rows[0]["account"],
            "customer": account.get("customer"),
            "currency": rows[0]["currency"],
            "from": min(row["from"] for row in rows),
            "to": max(row["to"] or row["from"] for row in rows),
            "charges": [row["id"] for row in rows],
            "lines": [row | {"state": "BILLED"} for row in rows],
            **sums,
            "gross": sums["gross"] + (500 if "bill-total-off" in faults else 0),
            "warned": False,
            "date": None,
            "due": None,
            "sent": None,
        }
        self.made(request, "invoice", reference, customer_reference)
        self.store.put("invoice", invoice["id"], invoice, reference=reference)
        for row in rows:
            self.store.put("charge", row["id"], row | {"state": "BILLED", "invoice": invoice["id"]})
        return str(invoice["id"])

    async def _post(self, params: list[Any], request: Request) -> Any:
        invoice, faults = self._invoice(params[0], request)
        if invoice["state"] != "DRAFT":
            raise _Error("UserError", f"Invoice {invoice['number']} is posted.")
        if not invoice["warned"] and any(tax["permille"] == 0 for tax in invoice["taxes"]):
            raise _Error("UserWarning", f"{invoice['id']}.invoice_taxes", "The invoice has lines without tax.")
        now = datetime.now(UTC)
        number = f"R{now.year}-{self.store.count_codes('invoice') + 1:06}"
        await self.delay(0.05)  # long enough for somebody else to read the same number
        if not self.store.take_code("invoice", number):
            raise _Error("UserError", "The code on invoice must be unique.")
        posted = invoice | {
            "number": number,
            "state": "POSTED",
            "date": now.isoformat(timespec="milliseconds"),
            "due": (now + timedelta(days=14)).date().isoformat(),
        }
        self.store.put("invoice", invoice["id"], posted)
        amount = posted["gross"] - (1000 if "ledger-off" in faults else 0)
        entry = {name: posted[name] for name in ("number", "account", "currency", "from", "to", "date")}
        entry |= {"id": new_key("LE"), "invoice": invoice["id"], "amount": amount}
        self.store.put("ledger", entry["id"], entry, reference=invoice["id"])
        self._drop.write(f"{number}.led", entry)
        return True

    async def _send(self, params: list[Any], request: Request) -> Any:
        invoice, _ = self._invoice(params[0], request)
        if invoice["state"] == "DRAFT":
            raise _Error("UserError", "A draft can not be sent.")
        sent = datetime.now(UTC).isoformat(timespec="milliseconds")
        self.store.put("invoice", invoice["id"], invoice | {"state": "SENT", "sent": sent, "channel": params[1]})
        return True

    async def _answer_warning(self, params: list[Any], request: Request) -> Any:
        invoice, _ = self._invoice(str(params[0]).partition(".")[0], request)
        self.store.put("invoice", invoice["id"], invoice | {"warned": True})
        return True

    async def _ledger(self, params: list[Any], request: Request) -> Any:
        self._invoice(params[0], request)
        return self.store.of_reference("ledger", params[0])

    def _invoice(self, key: str, request: Request) -> tuple[dict[str, Any], Faults]:
        invoice = self.store.get("invoice", key)
        if invoice is None:
            raise _Error("UserError", f"Invoice {key} does not exist.")
        contract = self.store.get("contract", invoice["lines"][0]["contract"]) or {}
        references = (contract.get("reference") or "", invoice["customer_reference"])
        return invoice, self.faults(request, *references)
