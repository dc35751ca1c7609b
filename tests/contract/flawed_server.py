"""A small server of TMF641 v4, written with FastAPI, that is right in most things, and wrong in some that are known.

Its flaws: the count of a list is that of the page; a move that the table does not have is made; `externalId` is lost; a
bad filter shows a stack trace; an Idempotency-Key is not looked at; the query of a listener is not looked at; If-Match is
not looked at; `priority` is a number; PUT is answered with 404.
"""

import asyncio
import json
import threading
import traceback
import urllib.request
import uuid
from datetime import UTC, datetime

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

BASE = "/tmf-api/serviceOrdering/v4"
FLAWS = {
    "LST-1": "X-Total-Count is 1, and 3 match",
    "LIF-2": "acknowledged → completed → 200",
    "RED-1": "externalId is not there",
    "HOS-5": "shows Traceback (most recent",
    "IDM-1": "were made",
    "EVT-3": "ServiceOrderCreateEvent came, and only ServiceOrderAttributeValueChangeEvent was asked for",
    "CON-1": "PATCH with a stale If-Match → 200",
    "CON-2": "the writers were answered [200, 200, 200, 200]",
    "ADR-2": "priority: 4 is not of type 'string'",
    "ADR-9": "priority: 4 is not of type 'string'",
    "HOS-4": "PUT /serviceOrder → 404",
}
"""What the kit has to name: the code of the check and words of its row."""

MEMBERS = {
    *("id", "href", "state", "description", "category", "orderDate", "serviceOrderItem", "relatedParty", "priority"),
    *("note", "externalId", "cancellationReason", "@type", "fields", "offset", "limit", "sort", "filter"),
}
FINAL = {"cancelled", "completed"}


class Refused(Exception):
    def __init__(self, status, reason):
        super().__init__(reason)
        self.status, self.reason = status, reason


def error(status, reason):
    body = {"code": str(status), "reason": reason, "message": reason, "status": str(status)}
    headers = {"Allow": "GET, POST"} if status == 405 else None
    return JSONResponse(body, status, headers=headers)


def traced(_, wrong):
    reason = "".join(traceback.format_exception(wrong))
    return JSONResponse({"code": "400", "reason": reason, "status": "400"}, 400)


class Store:
    def __init__(self):
        self.orders, self.tasks, self.listeners = {}, {}, {}

    def tell(self, kind, order):
        event = {
            "eventId": uuid.uuid4().hex,
            "eventTime": now(),
            "eventType": f"ServiceOrder{kind}Event",
            "event": {"serviceOrder": dict(order)},
        }
        body = json.dumps(event).encode()
        for callback in [one["callback"] for one in self.listeners.values()]:
            threading.Thread(target=post, args=(callback, body), daemon=True).start()


def post(callback, body):
    request = urllib.request.Request(callback, body, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=5):
        pass


def now():
    return datetime.now(UTC).isoformat()


async def body_of(request):
    if request.headers.get("content-type", "").partition(";")[0] not in {
        "application/json",
        "application/merge-patch+json",
    }:
        raise Refused(415, "send application/json")
    try:
        said = json.loads((await request.body()).decode())
    except (ValueError, RecursionError):
        raise Refused(400, "the body is not JSON") from None
    if not isinstance(said, dict):
        raise Refused(400, "the body is no object")
    return said


def check(body):
    items = body.get("serviceOrderItem")
    if not isinstance(items, list) or not items:
        raise Refused(400, "serviceOrderItem is missing")
    for item in items:
        if not item.get("id") or item.get("action") not in {"add", "modify", "delete", "noChange"}:
            raise Refused(400, "an item has no id, or an unknown action")


def listed(store, query):
    for name in query:
        if name.split(".")[0] not in MEMBERS:
            raise Refused(400, f"there is no {name}")
    if "filter" in query and query["filter"].startswith("$[?(@."):
        raise RuntimeError("unbalanced parenthesis")
    found = [order for order in store.orders.values() if all(fits(order, *one) for one in query.items())]
    for name in reversed(query.get("sort", "").split(",")):
        if name.lstrip("-") in MEMBERS:
            found.sort(key=lambda order, name=name: str(order.get(name.lstrip("-"))), reverse=name.startswith("-"))
    offset, limit = int(query.get("offset", 0)), int(query.get("limit", 100))
    if offset < 0 or limit < 0:
        raise Refused(400, "a number is below nought")
    return found[offset : offset + limit]


def fits(order, name, value):
    if name in {"fields", "offset", "limit", "sort", "filter"}:
        return True
    member, _, how = name.partition(".")
    if member == "serviceOrderItem":
        return any(item.get(how) == value for item in order[member])
    if how:
        mine, other = datetime.fromisoformat(order[member]), datetime.fromisoformat(value.replace(" ", "+"))
        return mine > other if how == "gt" else mine < other
    return str(order.get(member)) == value


def chosen(order, query):
    wanted = set(query.get("fields", "").split(",")) - {""}
    return {name: value for name, value in order.items() if not wanted or name in wanted | {"id", "href"}}


def app():
    store = Store()

    async def orders(request: Request):
        if request.method == "GET":
            page = listed(store, dict(request.query_params))
            count = {"X-Total-Count": str(len(page)), "X-Result-Count": str(len(page))}
            return JSONResponse([chosen(one, request.query_params) for one in page], headers=count)
        if request.method != "POST":
            return error(404, "nothing is here")
        body = await body_of(request)
        check(body)
        key = uuid.uuid4().hex
        href = f"{request.base_url}{BASE[1:]}/serviceOrder/{key}"
        body.pop("externalId", None)
        order = body | {"id": key, "href": href, "state": "acknowledged", "orderDate": now(), "priority": 4}
        store.orders[key] = order
        store.tell("Create", order)
        return JSONResponse(order, 201, headers={"Location": href, "ETag": '"1"'})

    async def order(request: Request):
        key = request.path_params["id"]
        found = store.orders.get(key)
        if request.method == "PUT":
            return error(405, "not that")
        if found is None:
            return error(404, f"there is no {key}")
        if request.method == "PATCH":
            changes = await body_of(request)
            if "id" in changes:
                return error(400, "the id stays")
            if "state" in changes and found["state"] in FINAL:
                return error(422, f"{found['state']} is final")
            found = store.orders[key] = found | changes
            store.tell("StateChange" if "state" in changes else "AttributeValueChange", found)
        return JSONResponse(chosen(found, request.query_params), headers={"ETag": '"1"'})

    async def cancel(request: Request):
        body = await body_of(request)
        key, target = uuid.uuid4().hex, body["serviceOrder"]["id"]
        href = f"{request.base_url}{BASE[1:]}/cancelServiceOrder/{key}"
        store.tasks[key] = body | {"id": key, "href": href, "state": "done"}
        store.orders[target]["state"] = "cancelled"
        return JSONResponse(store.tasks[key], 201, headers={"Location": href})

    async def task(request: Request):
        return JSONResponse(store.tasks[request.path_params["id"]])

    async def hub(request: Request):
        body = await body_of(request)
        if not str(body.get("callback", "")).startswith("http"):
            return error(400, "the callback is no address")
        key = uuid.uuid4().hex
        store.listeners[key] = body
        return JSONResponse({"id": key, **body}, 201, headers={"Location": f"{request.base_url}{BASE[1:]}/hub/{key}"})

    async def leave(request: Request):
        gone = store.listeners.pop(request.path_params["id"], None)
        return Response(status_code=204) if gone else error(404, "nobody of that name")

    made = FastAPI()
    made.add_exception_handler(Refused, lambda _, refused: error(refused.status, refused.reason))
    made.add_exception_handler(ValueError, lambda _, wrong: error(400, "a parameter is wrong"))
    made.add_exception_handler(RuntimeError, traced)
    every = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    for path, endpoint, methods in (
        ("serviceOrder", orders, every),
        ("serviceOrder/{id:path}", order, every),
        ("cancelServiceOrder", cancel, ["POST"]),
        ("cancelServiceOrder/{id}", task, ["GET"]),
        ("hub", hub, ["POST"]),
        ("hub/{id}", leave, ["DELETE"]),
    ):
        made.add_api_route(f"{BASE}/{path}", endpoint, methods=methods)
    return made


class Served:
    """The server in a thread of its own."""

    def __init__(self, port):
        self.server = uvicorn.Server(uvicorn.Config(app(), port=port, log_level="critical", lifespan="off", ws="none"))
        self.url = f"http://127.0.0.1:{port}"
        self.thread = threading.Thread(target=lambda: asyncio.run(self.server.serve()), daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.should_exit = True
        self.thread.join(10)
