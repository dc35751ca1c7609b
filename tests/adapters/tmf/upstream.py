"""A small upstream with a dialect of its own: it ignores filters, gives links that lead nowhere and forgets members."""

import itertools

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

PREFIX = "/api/orders/v4"


class Upstream:
    """Orders in memory. `lose` breaks off the next answer, `answer` is given in place of the next one."""

    def __init__(self):
        self.orders, self.requests, self._numbers = {}, [], itertools.count(1)
        self.lose = self.answer = None

    @property
    def app(self):
        """The ASGI application."""
        return Starlette(
            routes=[
                Route(f"{PREFIX}/serviceOrder", self._list),
                Route(f"{PREFIX}/serviceOrder", self._create, methods=["POST"]),
                Route(f"{PREFIX}/serviceOrder/{{id}}", self._one, methods=["GET", "PATCH"]),
            ]
        )

    def add(self, **members):
        """Keep an order, and return it."""
        number = f"UP-{next(self._numbers)}"
        self.orders[number] = {"id": number, "href": f"http://elsewhere.example/{number}", **members}
        return self.orders[number]

    def set(self, *, order=None, item=None, **members):
        """Let the only order be in a state, and its first item too; `members` are the item's service's."""
        (one,) = self.orders.values()
        one |= {"state": order} if order else {}
        line = one["orderItem"][0]
        line |= {"state": item} if item else {}
        line["service"] |= members
        return one

    async def _list(self, request):
        self.requests.append("GET")
        offset, limit = int(request.query_params.get("offset", 0)), int(request.query_params["limit"])
        return self._answered(list(self.orders.values())[offset : offset + limit])

    async def _create(self, request):
        self.requests.append("POST")
        body = await request.json()
        if self.lose == "before":
            return Response(status_code=503)
        made = self.add(**body, state="acknowledged") if self.answer is None else None
        if self.lose == "after":
            self.lose = None
            return Response(status_code=500)
        return self._answered(made, 201)

    async def _one(self, request):
        self.requests.append(request.method)
        found = self.orders.get(request.path_params["id"])
        if found is not None and request.method == "PATCH":
            found |= await request.json()
        return self._answered(found) if found else JSONResponse({"code": "404", "reason": "not there"}, 404)

    def _answered(self, body, status=200):
        given, self.answer = self.answer, None
        return given or JSONResponse(body, status)
