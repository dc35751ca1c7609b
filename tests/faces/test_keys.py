"""An Idempotency-Key that is none is refused, and nothing is taken in."""

import pytest

BAD = {
    "empty": b"",
    "empty text": b'""',
    "two in one": b'"a", "b"',
    "a bare list": b"a,b",
    "an open quote": b'"a',
    "what follows a quote": b'"a"b',
    "a bad escape": rb'"a\b"',
    "not ASCII": "schlüssel".encode(),
    "not ASCII, quoted": '"schlüssel"'.encode("latin-1"),
    "a tab inside": b'"a\tb"',
    "too long": b"k" * 256,
    "too long, quoted": b'"' + b"k" * 256 + b'"',
}


@pytest.mark.parametrize("said", BAD.values(), ids=BAD)
async def test_a_key_that_is_none_is_refused(faces, refused, order, said):
    answer = await faces.http.post(faces.orders, json=order, headers={b"Idempotency-Key": said})
    assert refused(answer, 400)["code"] == "badIdempotencyKey"
    assert faces.desk.calls == []


async def test_two_keys_are_refused(faces, refused, order):
    headers = [("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
    answer = await faces.http.post(faces.orders, json=order, headers=headers)
    assert refused(answer, 400)["code"] == "badIdempotencyKey"
    assert faces.desk.calls == []
