"""The floor: Starlette + orjson + jsonschema-rs + the same durable commit, and no meaning at all."""

import sys

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.app.documents import documents_directory
from gateway.canonical.ids import new_id
from gateway.faces.checks import body_check
from gateway.faces.documents import load_document
from gateway.storage.database import Database

DOCUMENT = load_document(documents_directory() / "tmf622" / "v4.yaml")
CHECK = body_check(DOCUMENT, {"$ref": "#/components/schemas/ProductOrder_Create"})
PATH = "/tmf-api/productOrderingManagement/v4/productOrder"
TABLES = (
    "CREATE TABLE IF NOT EXISTS floor_order (id TEXT PRIMARY KEY, doc TEXT)",
    "CREATE TABLE IF NOT EXISTS floor_event (id TEXT PRIMARY KEY, doc TEXT)",
    "CREATE TABLE IF NOT EXISTS floor_work (id TEXT PRIMARY KEY, payload BLOB)",
)


def make(database):
    """Return the application."""

    async def create(request: Request) -> Response:
        body = orjson.loads(await request.body())
        CHECK(body)
        order_id = new_id()
        body["id"] = order_id
        body["state"] = "acknowledged"
        text = orjson.dumps(body)

        def commit(connection):
            cursor = connection.cursor
            cursor.execute("INSERT INTO floor_order VALUES (?, ?)", (order_id, text))
            cursor.execute("INSERT INTO floor_event VALUES (?, ?)", (order_id, text))
            cursor.execute("INSERT INTO floor_work VALUES (?, ?)", (order_id, b"{}"))

        await database.write(commit)
        return Response(text, 201, {"location": f"{PATH}/{order_id}"}, "application/json")

    return Starlette(routes=[Route(PATH, create, methods=["POST"])])


async def main(port, file):
    """Serve until killed."""
    database = await Database.open(f"sqlite:///{file}")
    await database.write(lambda connection: [connection.cursor.execute(table) for table in TABLES])
    config = uvicorn.Config(make(database), port=port, log_config=None, access_log=False, lifespan="off")
    await uvicorn.Server(config).serve()


if __name__ == "__main__":
    import uvloop

    uvloop.run(main(int(sys.argv[1]), sys.argv[2]))
