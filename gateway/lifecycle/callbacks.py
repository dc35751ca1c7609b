"""Addresses at which legacy systems report back: each is signed for one message, and nobody can make up another.

The token holds what it is about, in the open, and a signature over it (HMAC-SHA-256, 192 bits). Whoever has it can say
something about this one message until it expires, and nothing else.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson
from pydantic import Field, ValidationError

from gateway.canonical.base import Model
from gateway.canonical.listening import HeardEvent
from gateway.ports.adapter import Message, Operation, Role
from gateway.ports.callbacks import CALLBACK_FACE, CalledBack

__all__ = ["CallbackSigner", "Ticket", "called_back", "heard_of_callback"]

_SIGNATURE_BYTES = 24
_DAY = timedelta(days=1)


class Ticket(Model):
    """What a token is about. Short names, since it stands in an address."""

    tenant: str = Field(alias="t")
    role: Role = Field(alias="r")
    operation: Operation = Field(alias="o")
    order_id: str = Field(alias="i")
    message: str = Field(alias="m")
    ends: int = Field(alias="e")  # seconds since 1970


@dataclass(frozen=True, slots=True)
class CallbackSigner:
    """Signs with the first secret, and takes what any of them has signed, so that one can be replaced."""

    secrets: Sequence[bytes]
    public_url: str  # of the gateway, as the legacy systems reach it
    tenant: str
    days: float = 30.0

    def address(self, message: Message, order_id: str, now: datetime) -> str:
        """Return where to report back about a message; the same all day long."""
        begins = now.replace(hour=0, minute=0, second=0, microsecond=0)
        ticket = Ticket(
            t=self.tenant,
            r=message.role,
            o=message.operation,
            i=order_id,
            m=message.id,
            e=int((begins + _DAY + timedelta(days=self.days)).timestamp()),
        )
        said = _text(orjson.dumps(ticket.model_dump(mode="json", by_alias=True)))
        token = f"{said}.{_text(_signature(self.secrets[0], said))}"
        return f"{self.public_url.rstrip('/')}/lifecycle/v1/callbacks/{token}"

    def read(self, token: str, now: datetime) -> Ticket | None:
        """Return what a token is about; None where it is not ours, of another tenant or expired.

        It takes the same time whichever signature is wrong, and where.
        """
        said, _, given = token.partition(".")
        signature = _octets(given)
        # Every secret is tried, and compared whole.
        fits = [hmac.compare_digest(_signature(secret, said), signature) for secret in self.secrets]
        if not any(fits):
            return None
        try:
            ticket = Ticket.model_validate_json(_octets(said))
        except ValidationError:
            return None
        is_good = ticket.tenant == self.tenant and now.timestamp() < ticket.ends
        return ticket if is_good else None


def heard_of_callback(ticket: Ticket, media: str, body: object) -> HeardEvent:
    """Return what was posted, as it is kept: `body` is JSON where the media type says so, else the octets.

    The same about the same message once more is the same.
    """
    said: dict[str, object] = {"media": media}
    if not isinstance(body, bytes):
        said["json"] = body
    else:
        try:
            said["text"] = body.decode("utf-8")
        except UnicodeDecodeError:
            said["octets"] = base64.b64encode(body).decode()
    about = {"role": ticket.role, "operation": ticket.operation, "message": ticket.message, "order": ticket.order_id}
    whole = {**said, **about}
    digest = hashlib.sha256(orjson.dumps(whole, option=orjson.OPT_SORT_KEYS)).hexdigest()
    return HeardEvent(
        id="",
        face=CALLBACK_FACE,
        event_id=digest[:32],
        event_type=f"{ticket.operation} callback",
        source=ticket.role.value,
        resource_id=ticket.order_id,
        body=whole,
    )


def called_back(heard: HeardEvent) -> CalledBack:
    """Return a call-back out of the inbox, as an adapter is shown it."""
    body = heard.body
    return CalledBack(
        order_id=body["order"],
        message=body["message"],
        operation=Operation(body["operation"]),
        media=body["media"],
        json_body=body.get("json"),
        text=body.get("text"),
        octets=body.get("octets"),
    )


def _signature(secret: bytes, said: str) -> bytes:
    signed = b"tmf-gateway.callback.1\0" + said.encode("utf-8", "surrogatepass")
    return hmac.new(secret, signed, hashlib.sha256).digest()[:_SIGNATURE_BYTES]


def _text(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def _octets(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""
