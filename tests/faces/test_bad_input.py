"""Whatever is sent, the answer is an Error object with a remedy, and nothing reaches the desk."""

import json

import httpx
import pytest

from gateway.faces.problems import problem

JSON = {"Content-Type": "application/json"}
ITEM = '{"id":"1","action":"add"}'

BODIES = {
    "empty": (b"", 400, "emptyBody"),
    "blank": (b"  \n", 400, "emptyBody"),
    "cut off": (b'{"productOrderItem": [', 400, "malformedBody"),
    "two values": (b"{}{}", 400, "malformedBody"),
    "invalid utf-8": (b'{"description": "\xff\xfe"}', 400, "malformedBody"),
    "latin-1": ('{"description": "größer"}'.encode("latin-1"), 400, "malformedBody"),
    "NaN": (b'{"productOrderItem": [{"id": "1", "action": "add", "quantity": NaN}]}', 400, "malformedBody"),
    "infinity": (b'{"priority": Infinity}', 400, "malformedBody"),
    "array": (b"[]", 400, "schema"),
    "text": (b'"order"', 400, "schema"),
    "null": (b"null", 400, "schema"),
    "number": (b"7", 400, "schema"),
    "no items": (b"{}", 400, "schema"),
    "items no array": (b'{"productOrderItem": {}}', 400, "schema"),
    "null item": (b'{"productOrderItem": [null]}', 400, "schema"),
    "no action": (b'{"productOrderItem": [{"id": "1"}]}', 400, "schema"),
    "unknown action": (b'{"productOrderItem": [{"id": "1", "action": "grow"}]}', 400, "schema"),
    "number for text": (b'{"description": 7, "productOrderItem": [%s]}' % ITEM.encode(), 400, "schema"),
    "no date": (b'{"requestedStartDate": "soon", "productOrderItem": [%s]}' % ITEM.encode(), 400, "schema"),
    "no offset": (
        b'{"requestedStartDate": "2026-03-01T09:00:00", "productOrderItem": [%s]}' % ITEM.encode(),
        400,
        "schema",
    ),
    "deep": (b'{"a":' * 100 + b"1" + b"}" * 100, 400, "deepBody"),
    "very deep": (b"[" * 40_000 + b"]" * 40_000, 400, "deepBody"),
    "wide and deep": (b'{"productOrderItem": [' + b"[" * 70 + b"]" * 70 + b"]}", 400, "deepBody"),
    "too large": (b'{"description": "' + b"x" * 100_001 + b'"}', 413, "tooLarge"),
}


@pytest.mark.parametrize("name", BODIES)
async def test_a_bad_body_is_refused(faces, refused, name):
    content, status, code = BODIES[name]
    body = refused(await faces.http.post(faces.orders, content=content, headers=JSON), status)
    assert body["code"] == code
    assert faces.desk.calls == []


async def test_a_fault_is_named_by_its_path(faces, refused):
    wrong = {"productOrderItem": [{"id": "1", "action": "add"}, {"id": 2, "action": "add"}]}
    body = refused(await faces.http.post(faces.orders, json=wrong), 400)
    assert "productOrderItem[1].id" in body["reason"]
    missing = {"productOrderItem": [{"id": "1"}]}
    body = refused(await faces.http.post(faces.orders, json=missing), 400)
    assert "productOrderItem[0].action" in body["reason"]


async def test_what_was_sent_is_not_repeated(faces):
    answer = await faces.http.post(faces.orders, json={"productOrderItem": "secret-word"})
    assert answer.status_code == 400
    assert "secret-word" not in answer.text


async def test_20_megabytes_are_refused_unread(faces, refused):
    async def parts():
        for _ in range(20 * 16):
            yield b" " * 65_536

    body = refused(await faces.http.post(faces.orders, content=parts(), headers=JSON), 413)
    assert body["code"] == "tooLarge"
    assert faces.desk.calls == []


async def test_a_chunked_body_without_length_is_taken(faces, order):
    text = json.dumps(order).encode()

    async def parts():
        for start in range(0, len(text), 10):
            yield text[start : start + 10]

    answer = await faces.http.post(faces.orders, content=parts(), headers=JSON)
    assert answer.status_code == 201
    assert len(faces.desk.calls) == 1


async def test_a_client_that_hangs_up_is_not_answered(faces):
    sent = []

    async def receive():
        return {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": faces.orders,
        "query_string": b"",
        "headers": [],
        "scheme": "http",
    }
    await faces.app(scope, receive, send)
    assert sent == []
    assert faces.desk.calls == []


@pytest.mark.parametrize(
    "media", ["text/plain", "application/xml", "multipart/form-data", "application/json; charset=utf-16", "nonsense"]
)
async def test_a_wrong_media_type_is_refused(faces, refused, media):
    answer = await faces.http.post(faces.orders, content=b"{}", headers={"Content-Type": media})
    assert refused(answer, 415)["code"] == "unsupportedMediaType"
    assert "application/json" in answer.headers["accept-post"]
    assert faces.desk.calls == []


@pytest.mark.parametrize(
    "media", ["application/json", "application/json;charset=utf-8", "Application/JSON; charset=UTF-8"]
)
async def test_spellings_of_json_are_taken(faces, order, media):
    answer = await faces.http.post(faces.orders, content=json.dumps(order), headers={"Content-Type": media})
    assert answer.status_code == 201


async def test_a_patch_of_a_wrong_media_type_names_those_that_are_read(faces, refused, order):
    made = await faces.http.post(faces.orders, json=order)
    answer = await faces.http.patch(made.headers["location"], content=b"{}", headers={"Content-Type": "text/plain"})
    refused(answer, 415)
    assert "application/merge-patch+json" in answer.headers["accept-patch"]


async def test_what_cannot_be_accepted_is_406(faces, refused):
    refused(await faces.http.get(faces.orders, headers={"Accept": "application/xml"}), 406)
    refused(await faces.http.get(faces.orders, headers={"Accept": "application/json;q=0"}), 406)
    for accept in ("*/*", "application/*", "text/html, application/json;q=0.5", ""):
        assert (await faces.http.get(faces.orders, headers={"Accept": accept})).status_code == 200


async def test_another_method_is_405_with_allow(faces, refused):
    answer = await faces.http.put(faces.orders, json={})
    refused(answer, 405)
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, POST"
    refused(await faces.http.delete(faces.bills + "/1"), 405)


async def test_options_and_head(faces, order):
    options = await faces.http.options(faces.orders)
    assert options.status_code == 204
    assert options.headers["allow"] == "GET, HEAD, OPTIONS, POST"
    made = await faces.http.post(faces.orders, json=order)
    head = await faces.http.head(made.headers["location"])
    assert head.status_code == 200
    assert head.headers["etag"] == '"1"'
    assert head.content == b""
    assert int(head.headers["content-length"]) > 100


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_an_unknown_id_is_404(faces, refused, method):
    body = {"json": {"description": "x"}} if method == "PATCH" else {}
    for unknown in ("nobody", "%00", "'; drop table", "x" * 3000):
        refused(await faces.http.request(method, f"{faces.orders}/{unknown}", **body), 404)
    assert faces.desk.calls == []


@pytest.mark.parametrize(
    "path", ["/", "/nothing", "/tmf-api/productOrderingManagement/v4", "/tmf-api/productOrderingManagement/v9/hub"]
)
async def test_an_unknown_path_is_404(faces, refused, path):
    assert refused(await faces.http.get(path), 404)["code"] == "notFound"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("limit=many", "badParameter"),
        ("limit=-1", "badParameter"),
        ("limit=1.5", "badParameter"),
        ("limit=", "badParameter"),
        ("limit=99999999999999999999", "badParameter"),
        ("offset=-3", "badParameter"),
        ("offset=x", "badParameter"),
        ("colour=red", "unknownAttribute"),
        ("note.colour=red", "unknownAttribute"),
        ("href.x=1", "unknownAttribute"),
        ("order_date=1", "unknownAttribute"),
        ("__class__=1", "unknownAttribute"),
        ("description=" + "x" * 9000, "badParameter"),
    ],
)
async def test_a_bad_query_is_400(faces, refused, query, code):
    assert refused(await faces.http.get(f"{faces.orders}?{query}"), 400)["code"] == code


async def test_what_fails_inside_is_a_bare_500(faces, refused, order, caplog):
    faces.desk.refusal = RuntimeError("password=hunter2")
    answer = await faces.http.post(faces.orders, json=order)
    assert refused(answer, 500)["code"] == "internal"
    assert "hunter2" not in answer.text


async def test_every_answer_carries_the_headers_of_the_settings(faces):
    for path in (faces.orders, "/nothing", faces.orders + "/nobody", faces.orders + "?limit=x"):
        assert (await faces.http.get(path)).headers["x-profile"] == "strict"


async def test_authentication_stands_before_everything_else(make_app, shared, refused):
    async def nobody(credentials):
        assert credentials.operation
        raise problem("unauthenticated", headers={"WWW-Authenticate": "Bearer"})

    shared.desk.calls.clear()
    app = make_app(nobody)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway.test") as client:
        answer = await client.post("/tmf-api/productOrderingManagement/v4/productOrder", content=b"{", headers=JSON)
        refused(answer, 401)
        assert answer.headers["www-authenticate"] == "Bearer"
    assert shared.desk.calls == []
