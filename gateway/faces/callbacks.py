"""Where notifications may be sent: which addresses are taken, and which are called."""

import asyncio
import ipaddress
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from aiohttp.abc import AbstractResolver, ResolveResult

from gateway.faces.problems import problem
from gateway.ports.errors import SetupError

__all__ = ["Callbacks", "CheckedResolver", "shown"]

MAX_CALLBACK = 2048
_SCHEMES = ("http", "https")
_RESOLVERS = 16

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Callbacks:
    """Which hosts may be called.

    Where `hosts` names some (`listener.example.com`, `*.example.com`, `192.0.2.7`, `10.0.0.0/8`) only those may. Else
    any host may, private networks and this machine only where `private` says so, and never an address that no listener
    has: link-local (where clouds keep their secrets), multicast, unspecified or reserved.
    """

    hosts: tuple[str, ...] = ()
    private: bool = True

    def __post_init__(self) -> None:
        for host in self.hosts:
            if not host or (any(sign in host.removeprefix("*.") for sign in "/*:@ ") and _network(host) is None):
                raise SetupError(
                    f"callback host {host!r} is no name, no address and no network",
                    "write listener.example.com, *.example.com, 192.0.2.7 or 10.0.0.0/8",
                )

    def check(self, callback: str) -> None:
        """Raise FaceError 400 unless a callback is an absolute http or https address that may be called."""
        parts = _parsed(callback)
        if parts is None:
            raise problem("badCallback", path="callback")
        if parts.username is not None or parts.password is not None:
            raise problem(
                "badCallback",
                reason="the callback carries credentials",
                fix="give an address without user and password",
                path="callback",
            )
        reason = self.refusal(callback)
        if reason is not None:
            raise problem("badCallback", reason=reason, fix="give an address that the operator allows", path="callback")

    def refusal(self, callback: str) -> str | None:
        """Return why an address may not be called, None where it may as far as its text tells."""
        parts = _parsed(callback)
        host = (parts.hostname or "") if parts is not None else ""
        if self.hosts and not self._is_named(host) and _address(host) is None:
            return "callbacks to that host are not allowed here"
        address = _address(host)
        return None if address is None or self.may_call(host, address) else "callbacks to that address are not allowed"

    def may_call(self, host: str, address: _Address) -> bool:
        """Whether a host that has that address may be called there."""
        mapped = getattr(address, "ipv4_mapped", None)
        address = mapped or address
        if self.hosts:
            networks = [found for found in map(_network, self.hosts) if found is not None]
            return self._is_named(host) or any(address in network for network in networks)
        if address.is_link_local or address.is_multicast or address.is_unspecified or _is_reserved(address):
            return False
        return self.private or address.is_global

    def _is_named(self, host: str) -> bool:
        host = host.rstrip(".").lower()
        return any(
            host.endswith(one[1:].lower()) if one.startswith("*.") else host == one.lower() for one in self.hosts
        )


class CheckedResolver(AbstractResolver):
    """Finds addresses in threads of its own, and leaves out those that may not be called.

    What a name means is asked when it is called, so that a name cannot be checked as one address and called as another.
    """

    def __init__(self, callbacks: Callbacks) -> None:
        self._callbacks = callbacks
        self._threads = ThreadPoolExecutor(_RESOLVERS, "listener-names")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return where a host can be called. Raises OSError."""
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, _look_up, host, port, family)
        allowed = [one for one in found if self._callbacks.may_call(host, ipaddress.ip_address(one["host"]))]
        if not allowed:
            raise OSError(None, "no address of that host may be called")
        return allowed

    async def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def shown(callback: str) -> str:
    """Return a callback as logs and operators may see it: without its query, which may hold a secret."""
    parts = _parsed(callback)
    if parts is None:
        return "…"
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}" + ("?…" if parts.query else "")


def _parsed(callback: str) -> SplitResult | None:
    if len(callback) > MAX_CALLBACK or not callback.isprintable() or " " in callback:
        return None
    try:
        parts = urlsplit(callback)
        sound = parts.scheme in _SCHEMES and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return None
    return parts if sound else None


def _address(host: str) -> _Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    try:  # 2130706433, 0x7f.1 and the like, which some libraries take for addresses
        return ipaddress.ip_address(socket.inet_aton(host))
    except (OSError, ValueError):
        return None


def _network(host: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(host)
    except ValueError:
        return None


def _is_reserved(address: _Address) -> bool:
    return address.is_reserved and not address.is_private and not address.is_loopback


def _look_up(host: str, port: int, family: socket.AddressFamily) -> list[ResolveResult]:
    infos: Sequence[tuple[int, int, int, str, tuple[object, ...]]] = socket.getaddrinfo(
        host, port, family=family, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
    )
    return [
        ResolveResult(
            hostname=host,
            host=str(address[0]).partition("%")[0],
            port=port,
            family=found,
            proto=proto,
            flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
        )
        for found, _, proto, _, address in infos
    ]
