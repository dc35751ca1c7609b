"""Ports of the loopback for servers that cannot choose one themselves, or must come back at the same one."""

import random
import socket
from pathlib import Path

__all__ = ["free_port"]

_FIRST = 10_000
_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_TRIES = 100


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """Return a port of the loopback that was free a moment ago.

    It lies below those that the system gives to clients, where it can: a client's connection could take the port
    before the server does, and one that calls a server that is not there yet could be connected with itself.
    """
    beyond = _first_of_clients()
    ports = random.sample(range(_FIRST, beyond), _TRIES) if beyond >= _FIRST + _TRIES else []
    for port in (*ports, 0):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise AssertionError


def _first_of_clients() -> int:
    try:
        return int(_RANGE.read_text().split()[0])
    except OSError:  # not Linux
        return 0
