"""The simulated customer system: customers, accounts, coverage, offers and the inventory, in its own German words.

JSON. Errors come with status 200 and a FEHLER in the body; members it does not know are dropped in silence; the `href`
in its answers leads nowhere; dates are local (DD.MM.YYYY), flags are J and N, prices have a decimal comma.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import orjson
from starlette.requests import Request
from starlette.responses import Response

from adapters.simulated.systems.server import Endpoint, System, json_answer
from adapters.simulated.systems.store import Faults, Store, new_key

__all__ = ["Crm"]

_ZONE = ZoneInfo("Europe/Berlin")
_CASE_MEMBERS = ("REFERENZ", "KD_REFERENZ", "ART")
_WRONG_HREF = "http://localhost:8000/crm/vorgang"


def _error(code: str, text: str) -> dict[str, Any]:
    return {"FEHLER": {"CODE": code, "TEXT": text}}


class Crm(System):
    """Serves /crm. `network` tells the state of a product that the network knows (a nightly reconciliation, say)."""

    name: ClassVar[str] = "simulated-crm"

    def __init__(
        self,
        store: Store,
        pace: float,
        seed: dict[str, Any],
        network: Callable[[str], dict[str, Any] | None] = lambda _: None,
    ) -> None:
        super().__init__(store, pace)
        self._seed = seed
        self._network = network
        self._index = {kind: {row[key]: row for row in seed[kind]} for kind, key in _SEEDED.items()}

    def routes(self) -> Sequence[tuple[str, str, Endpoint]]:
        """Return cases: find, open, ask, withdraw."""
        return (
            ("GET", "/crm/vorgang", self._find_cases),
            ("POST", "/crm/vorgang", self._open_case),
            ("POST", "/crm/vorgang/{nr}/auskunft", self._answer),
            ("POST", "/crm/vorgang/{nr}/storno", self._withdraw),
        )

    async def _find_cases(self, request: Request) -> Response:
        reference = request.query_params.get("REFERENZ", "")
        cases = self.store.of_reference("case", reference)
        self.faults(request, reference, *(case.get("KD_REFERENZ") or "" for case in cases))
        return json_answer({"VORGAENGE": cases})

    async def _open_case(self, request: Request) -> Response:
        body = orjson.loads(await request.body())
        reference, customer_reference = str(body.get("REFERENZ") or ""), str(body.get("KD_REFERENZ") or "")
        self.faults(request, reference, customer_reference)
        if not reference:
            return json_answer(_error("VG001", "REFERENZ fehlt"))
        await self.delay(0.02)
        number = new_key("V")
        # Whatever else was sent is dropped, and nobody is told.
        case = {name: body.get(name) for name in _CASE_MEMBERS}
        case |= {"NR": number, "STATUS": "OFFEN", "href": f"{_WRONG_HREF}/{len(number)}"}
        self.made(request, "vorgang", reference, customer_reference)
        self.store.put("case", number, case, reference=reference)
        return json_answer({"VORGANG": case})

    async def _withdraw(self, request: Request) -> Response:
        case = self.store.get("case", request.path_params["nr"])
        if case is None:
            return json_answer(_error("VG404", "Vorgang nicht gefunden"))
        self.store.put("case", case["NR"], case | {"STATUS": "STORNO"})
        return json_answer({"VORGANG": case | {"STATUS": "STORNO"}})

    async def _answer(self, request: Request) -> Response:
        case = self.store.get("case", request.path_params["nr"])
        if case is None:
            return json_answer(_error("VG404", "Vorgang nicht gefunden"))
        faults = self.faults(request, case["REFERENZ"] or "", case["KD_REFERENZ"] or "")
        asked = orjson.loads(await request.body())
        await self.delay(0.03)
        return json_answer(
            {
                "STAND": datetime.now(_ZONE).strftime("%d.%m.%Y %H:%M:%S"),
                "KUNDEN": [self._one("customers", key, "KD404") for key in asked.get("KUNDEN", ())],
                "KONTEN": [self._account(key, faults) for key in asked.get("KONTEN", ())],
                "PRODUKTE": [self._product(key) for key in asked.get("PRODUKTE", ())],
                "ANSCHRIFTEN": [self._address(key, faults) for key in asked.get("ANSCHRIFTEN", ())],
                "ANGEBOTE": [self._one("offers", key, "AN404") for key in asked.get("ANGEBOTE", ())],
            }
        )

    def _one(self, kind: str, key: str, error: str) -> dict[str, Any]:
        row = self._index[kind].get(key)
        return dict(row) if row else {_SEEDED[kind]: key, **_error(error, f"{key} nicht gefunden")}

    def _account(self, key: str, faults: Faults) -> dict[str, Any]:
        row = self._one("accounts", key, "KO404")
        if "FEHLER" not in row:
            if "closed-account" in faults:
                row["STATUS"] = "GSL"
            if "unknown-code" in faults:
                row["STATUS"] = "MIG7"
        return row

    def _product(self, key: str) -> dict[str, Any]:
        seeded = self._index["products"].get(key)
        network = self._network(key)
        if seeded is None and network is None:
            return {"PRNR": key, **_error("PR404", f"{key} nicht gefunden")}
        return {"PRNR": key, **(seeded or {}), **(network or {})}

    def _address(self, key: str, faults: Faults) -> dict[str, Any]:
        row = self._one("addresses", key, "AN404")
        if "FEHLER" in row:
            return row
        profile = row.pop("PROFIL", None)
        if profile is None or "no-qualification" in faults:
            return row | {"AUSBAU": _error("VF000", "keine Auskunft zum Ausbau")}
        end_of_next_year = datetime.now(_ZONE).replace(month=12, day=31) + timedelta(days=365)
        until = f"31.12.{end_of_next_year.year}"
        return row | {"AUSBAU": {"VERFUEGBAR": "J", "TECHNIK": "GLASFASER", "PROFIL": profile, "GUELTIG_BIS": until}}


_SEEDED = {"customers": "KDNR", "accounts": "KTONR", "products": "PRNR", "addresses": "ANR", "offers": "ANGEBOT"}
