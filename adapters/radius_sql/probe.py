"""One Access-Request: what the server lets a subscriber do now. It changes nothing."""

import asyncio
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pyrad.client import Client, Timeout
from pyrad.dictionary import Dictionary
from pyrad.packet import AccessAccept, AccessReject, AccessRequest, StatusServer

from adapters.radius_sql.faults import NO_ANSWER
from adapters.radius_sql.rows import ADDRESS, RATE_LIMIT, SERVICE_TYPE
from adapters.sdk.recording import through
from adapters.sdk.rows import reading
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
    types: tuple[str, ...] = ()


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
        asked = {"User-Name": [username], "User-Password": [password], "NAS-Identifier": [self.nas_identifier]}
        said = await self._exchange("Access-Request", AccessRequest, asked)
        code, got = said["code"], reading(said["attributes"], "access")
        if code not in {AccessAccept, AccessReject}:
            raise Unreadable("the RADIUS server neither accepts nor rejects", f"code {code}")
        rate_limit, address = (next(iter(got.get(name, ())), None) for name in (RATE_LIMIT, ADDRESS))
        return Answer(
            is_accepted=code == AccessAccept,
            at=said["at"],
            ref=f"radius:{username}:{said['authenticator'].hex()}",
            body=said["authenticator"] + f"{RATE_LIMIT}={rate_limit};{ADDRESS}={address};".encode() + bytes([code]),
            rate_limit=rate_limit,
            address=address,
            types=tuple(map(str, got.get(SERVICE_TYPE, ()))),
        )

    async def greet(self) -> None:
        """Ask for the server's status (RFC 5997). Raises TryLater."""
        await self._exchange("Status-Server", StatusServer, {})

    async def _exchange(self, call: str, code: int, asked: Mapping[str, Sequence[str]]) -> Mapping[str, Any]:
        """Return code, attributes, the request's authenticator and the time of what the server answers."""
        # pyrad's client is a blocking one
        answer: Mapping[str, Any] = await through(call, asked, lambda: asyncio.to_thread(self._send, code, asked))
        return answer

    def _send(self, code: int, asked: Mapping[str, Sequence[str]]) -> Mapping[str, Any]:
        client = Client(
            self.host, authport=self.port, secret=self.secret, dict=DICTIONARY, retries=1, timeout=self.seconds
        )
        request = client.CreateAuthPacket(code=code)
        for name, values in asked.items():
            request[name] = [request.PwCrypt(one) for one in values] if name == "User-Password" else list(values)
        try:
            reply = client.SendPacket(request)
        except (Timeout, OSError) as error:
            raise TryLater(NO_ANSWER) from error
        finally:
            client._CloseSocket()  # noqa: SLF001 - pyrad has no other way to close it
        names = list(reply.keys())  # decoded by pyrad; itself it holds numbers
        return {
            "code": reply.code,
            "attributes": {str(name): reply[name] for name in names if name != "Message-Authenticator"},
            "authenticator": request.authenticator,
            "at": datetime.now(UTC),
        }
