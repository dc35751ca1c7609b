"""Addresses at which systems report back: nobody can make one up, change one, or use one for ever."""

from datetime import UTC, datetime, timedelta

import orjson
import pytest

from gateway.app.callback_terms import callback_signer
from gateway.app.settings import Settings
from gateway.lifecycle.callbacks import CallbackSigner, called_back, heard_of_callback
from gateway.ports.adapter import Message, Operation, Role
from gateway.ports.errors import SetupError

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MESSAGE = Message(id="O-1:build:1", role=Role.FIELD_WORK, operation=Operation.BUILD)
OLD, NEW = b"o" * 16, b"n" * 16
SIGNER = CallbackSigner((NEW, OLD), "https://gw.example/", "acme", days=30)


def token(signer=SIGNER, now=NOW):
    address = signer.address(MESSAGE, "O-1", now)
    front, _, token = address.rpartition("/")
    assert front == "https://gw.example/lifecycle/v1/callbacks"
    return token


def test_an_address_says_which_message_it_is_about_and_is_the_same_all_day():
    ticket = SIGNER.read(token(), NOW)
    assert (ticket.order_id, ticket.message, ticket.role, ticket.operation) == (
        "O-1", "O-1:build:1", Role.FIELD_WORK, Operation.BUILD,
    )  # fmt: skip
    assert token(now=NOW + timedelta(hours=11)) == token()
    assert token(now=NOW + timedelta(hours=13)) != token()


def test_it_holds_for_as_long_as_was_set():
    assert SIGNER.read(token(), NOW + timedelta(days=30)) is not None
    assert SIGNER.read(token(), NOW + timedelta(days=31)) is None


def test_a_secret_can_be_replaced_and_then_given_up():
    signed_before = token(CallbackSigner((OLD,), "https://gw.example", "acme"))
    assert SIGNER.read(signed_before, NOW) is not None
    assert CallbackSigner((NEW,), "https://gw.example", "acme").read(signed_before, NOW) is None


def test_no_character_of_it_can_be_changed():
    good = token()
    for index, character in enumerate(good):
        other = "B" if character != "B" else "C"
        changed = good[:index] + other + good[index + 1 :]
        # The last character of the signature's base64 has no bits to spare.
        assert SIGNER.read(changed, NOW) is None, index


@pytest.mark.parametrize(
    "made_up",
    ["", ".", "x", "é", "a.b", token().partition(".")[0], "." + token().partition(".")[2], token() + "A", "\udcff.x"],
)
def test_nothing_made_up_is_taken(made_up):
    assert SIGNER.read(made_up, NOW) is None


def test_one_of_another_tenant_is_not_ours():
    assert CallbackSigner((NEW,), "https://gw.example", "other").read(token(), NOW) is None


@pytest.mark.parametrize(
    ("media", "body", "text", "octets"),
    [
        ("application/json", {"a": 1}, None, None),
        ("text/xml", "<a>ü</a>".encode(), "<a>ü</a>", None),
        ("text/xml", "<a>ü</a>".encode("latin-1"), None, "PGE+/DwvYT4="),
    ],
)
def test_what_was_posted_is_kept_as_it_came(media, body, text, octets):
    ticket = SIGNER.read(token(), NOW)
    heard = heard_of_callback(ticket, media, body)
    assert (heard.face, heard.resource_id, heard.event_type) == ("callback", "O-1", "build callback")
    again = heard_of_callback(ticket, media, body)
    assert again == heard
    called = called_back(type(heard).model_validate_json(heard.model_dump_json()))
    json_body = body if isinstance(body, dict) else None
    assert (called.media, called.json_body, called.text, called.octets) == (media, json_body, text, octets)
    assert (called.order_id, called.message, called.operation) == ("O-1", "O-1:build:1", Operation.BUILD)
    assert orjson.loads(orjson.dumps(heard.body)) == heard.body


def test_the_settings_say_where_the_secret_is(tmp_path, monkeypatch):
    assert callback_signer(Settings(), "acme") is None
    monkeypatch.setenv("CALLBACK_KEYS", f"{NEW.decode()}\n{OLD.decode()}\n")
    url = {"public_url": "https://gw.example"}
    signer = callback_signer(Settings(callback_secret="env:CALLBACK_KEYS", **url), "acme")
    assert signer.read(token(), NOW) is not None
    (tmp_path / "key").write_text("short")
    for settings, words in (
        (Settings(callback_secret="env:CALLBACK_KEYS"), "public_url is not"),
        (Settings(callback_secret=f"file:{tmp_path / 'key'}", **url), "too short"),
        (Settings(callback_secret="env:NOWHERE", **url), "NOWHERE is not set"),
        (Settings(callback_secret=NEW.decode(), **url), "callback_secret is no reference"),
    ):
        with pytest.raises(SetupError, match=words) as caught:
            callback_signer(settings, "acme")
        assert NEW.decode() not in str(caught.value)
        assert "short" not in str(caught.value).replace("too short", "")
