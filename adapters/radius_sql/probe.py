"""One Access-Request: what the server lets a subscriber do now. It changes nothing."""

import asyncio
import io
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pyrad.client import Client, Timeout
from pyrad.dictionary import Dictionary
from pyrad.packet import AccessAccept, AccessReject, Packet, StatusServer

from adapters.radius_sql.faults import NO_ANSWER
from adapters.radius_sql.rows import ADDRESS, RATE_LIMIT
from gateway.ports.errors import TryLater, Unreadable

__all__ = ["DICTIONARY", "Answer", "Probe"]

# pyrad comes with no dictionary. Numbers are those of RFC 2865, RFC 2869 and of MikroTik (vendor 14988).
_TEXT = """\
ATTRIBUTE User-Name 1 string
ATTRIBUTE User-Password 2 octets
ATTRIBUTE NAS-IP-Address 4 ipaddr
ATTRIBUTE NAS-Port 5 integer
ATTRIBUTE Service-Type 6 integer
ATTRIBUTE Framed-Protocol 7 integer
ATTRIBUTE Framed-IP-Address 8 ipaddr
ATTRIBUTE Reply-Message 18 string
ATTRIBUTE State 24 octets
ATTRIBUTE Class 25 octets
ATTRIBUTE Session-Timeout 27 integer
ATTRIBUTE NAS-Identifier 32 string
ATTRIBUTE Proxy-State 33 octets
ATTRIBUTE Message-Authenticator 80 octets
VALUE Service-Type Login-User 1
VALUE Service-Type Framed-User 2
VENDOR Mikrotik 14988
BEGIN-VENDOR Mikrotik
ATTRIBUTE Mikrotik-Rate-Limit 8 string
END-VENDOR Mikrotik
"""
DICTIONARY = Dictionary(io.StringIO(_TEXT))
"""The attributes that a probe sends and reads."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said. `ref` is of this one exchange: its request's authenticator is never used again."""

    is_accepted: bool
    at: datetime
    ref: str
    body: bytes = field(repr=False)
    rate_limit: str | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Probe:
    """Where the server is. It waits longer than the second by which a reject is delayed."""

    host: str
    port: int
    secret: bytes = field(repr=False)
    nas_identifier: str
    seconds: float

    async def ask(self, username: str, password: str) -> Answer:
        """Return what the server answers to a subscriber's name and password. Raises TryLater, Unreadable."""
        return await asyncio.to_thread(self._ask, username, password)  # pyrad's client is a blocking one

    async def greet(self) -> None:
        """Ask for the server's status (RFC 5997). Raises TryLater."""
        await asyncio.to_thread(self._greet)

    def _ask(self, username: str, password: str) -> Answer:
        client = self._client()
        try:
            request = client.CreateAuthPacket(User_Name=username, NAS_Identifier=self.nas_identifier)
            request["User-Password"] = request.PwCrypt(password)
            reply = client.SendPacket(request)
        except (Timeout, OSError) as error:
            raise TryLater(NO_ANSWER) from error
        finally:
            client._CloseSocket()  # noqa: SLF001 - pyrad has no other way to close it
        if reply.code not in {AccessAccept, AccessReject}:
            raise Unreadable("the RADIUS server neither accepts nor rejects", f"code {reply.code}")
        body = b"".join(_bytes(reply, name) for name in (RATE_LIMIT, ADDRESS)) + bytes([reply.code])
        return Answer(
            is_accepted=reply.code == AccessAccept,
            at=datetime.now(UTC),
            ref=f"radius:{username}:{request.authenticator.hex()}",
            body=request.authenticator + body,
            rate_limit=_first(reply, RATE_LIMIT),
            address=_first(reply, ADDRESS),
        )

    def _greet(self) -> None:
        client = self._client()
        try:
            client.SendPacket(client.CreateAuthPacket(code=StatusServer))
        except (Timeout, OSError) as error:
            raise TryLater(NO_ANSWER) from error
        finally:
            client._CloseSocket()  # noqa: SLF001 - the same

    def _client(self) -> Client:
        return Client(
            self.host, authport=self.port, secret=self.secret, dict=DICTIONARY, retries=1, timeout=self.seconds
        )


def _first(reply: Packet, name: str) -> str | None:
    values = reply.get(name)
    return str(values[0]) if values else None


def _bytes(reply: Packet, name: str) -> bytes:
    return f"{name}={_first(reply, name)};".encode()
