"""An upstream that keeps to the documents, of either API and version: what it is told it does once somebody works there.

It knows what it has delivered, so a change of something else fails.
"""

import itertools
from datetime import UTC, datetime

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

PREFIX = "/wholesale"
SUBJECTS = {
    "serviceOrder": ("service", "state", "serviceCharacteristic"),
    "productOrder": ("product", "status", "productCharacteristic"),
}
CEASED, AT_FIRST = "terminated", "active"


class Wholesale:
    """Orders of one API in memory, and what was delivered. `shows` says what is wrong with an order, by our name for it."""

    def __init__(self, kind):
        self.kind, self.subject = kind, SUBJECTS[kind]
        self.orders, self.delivered, self.shows = {}, {}, {}
        self._numbers = itertools.count(1)

    @property
    def app(self):
        """The ASGI application."""
        path = f"{PREFIX}/{self.kind}"
        return Starlette(
            routes=[
                Route(path, self._list),
                Route(path, self._create, methods=["POST"]),
                Route(f"{path}/{{id}}", self._one),
            ]
        )

    def of(self, reference):
        """Return the orders that carry a name of ours."""
        return [order for order in self.orders.values() if _name(order) == reference]

    def work(self, reference):
        """Do what was ordered under a name, and say when."""
        for order in self.of(reference):
            if order["state"] == "acknowledged":
                for item in order[f"{self.kind}Item"]:
                    item["state"] = "completed" if self._deliver(item) else "failed"
                order |= {"state": "completed", "completionDate": datetime.now(UTC).isoformat()}

    def _deliver(self, item):
        subject, state, values = self.subject
        asked = item[subject]
        number = asked.setdefault("id", f"UP-{next(self._numbers)}") if item["action"] == "add" else asked.get("id")
        if item["action"] != "add" and number not in self.delivered:
            return False
        known = self.delivered.setdefault(number, {state: AT_FIRST})
        known |= {name: asked[name] for name in (state, values) if name in asked}
        known |= {state: CEASED} if item["action"] == "delete" else {}
        asked |= known
        return True

    async def _list(self, request):
        offset, limit = int(request.query_params.get("offset", 0)), int(request.query_params["limit"])
        return JSONResponse([self._shown(order) for order in self.orders.values()][offset : offset + limit])

    async def _create(self, request):
        body = await request.json()
        if self.shows.get(_name(body)) == "refused":
            return JSONResponse({"code": "41", "reason": "no fibre there", "message": "survey it"}, 422)
        number = f"OR-{next(self._numbers)}"
        self.orders[number] = {"id": number, **body, "state": "acknowledged"}
        return JSONResponse(self._shown(self.orders[number]), 201)

    async def _one(self, request):
        found = self.orders.get(request.path_params["id"])
        return JSONResponse(self._shown(found)) if found else JSONResponse({"code": "404", "reason": "no"}, 404)

    def _shown(self, order):
        return order | ({"state": "parked"} if self.shows.get(_name(order)) == "unknown-code" else {})


def _name(order):
    """Return the name that we gave an order, as v4 and v5 have it."""
    said = order.get("externalId") or order["externalReference"]
    return said if isinstance(said, str) else said[0].get("id") or said[0]["name"]
