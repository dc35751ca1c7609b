"""A proxy between an adapter and a PostgreSQL: it breaks off or is silent at a commit, or turns everybody away.

    async with PostgresProxy("db.example:5432") as proxy:
        adapter = MyAdapter(url=f"postgresql://gateway@{proxy.address}/oss")

What the tables themselves can show (a code that nobody knows, a row that says no) a subclass adds, and `made` too. It
speaks without TLS, and takes for a change what a transaction with a COMMIT has inserted, updated or deleted.
"""

import asyncio
import re
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from contract_tests.target import Fault, LegacySide

__all__ = ["PostgresProxy"]

_HEAD = 5  # a letter, and four bytes of length
_SSL, _GSS = b"\x04\xd2\x16\x2f", b"\x04\xd2\x16\x30"  # 80877103 and 80877104: asked before anything else
_CHANGED = re.compile(rb"(?:INSERT 0|UPDATE|DELETE|MERGE) [1-9]")
_REFUSALS = {
    Fault.DOWN: ("57P03", "the database system is starting up"),
    Fault.BARRED: ("28P01", "password authentication failed"),
}


@dataclass
class _Line:
    """One connection, through the proxy: `spoken` is what the adapter has said in the transaction under way."""

    here: tuple[asyncio.StreamReader, asyncio.StreamWriter]
    there: tuple[asyncio.StreamReader, asyncio.StreamWriter]
    spoken: bytearray = field(default_factory=bytearray)
    has_changed: bool = False
    swallows: Fault | None = None  # what becomes of the answer to a commit


class PostgresProxy(LegacySide):
    """Forwards to `target`: HOST:PORT, or the path of a socket. `address` is where it listens, on loopback."""

    faults = frozenset({Fault.LOST_REQUEST, Fault.LOST_ANSWER, Fault.NO_ANSWER, Fault.DOWN, Fault.BARRED})

    def __init__(self, target: str) -> None:
        self._target = target
        self._shown: dict[Fault, bytes] = {}
        self._open: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self.address = ""

    async def misbehave(self, fault: Fault, reference: str) -> None:
        """Break off the next commit under a reference, or never answer it; or turn everybody away from now on."""
        self._shown[fault] = reference.encode()
        if fault in _REFUSALS:
            self._hang_up()

    async def heal(self) -> None:
        """Forward everything again."""
        self._shown.clear()

    async def __aenter__(self) -> Self:
        """Begin to listen on a free port of loopback."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.address = "{}:{}".format(*self._server.sockets[0].getsockname())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening, and end every connection."""
        if self._server is not None:
            self._server.close()
            self._hang_up()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers = [writer]
        self._open.add(writer)
        try:
            opening = await _opening(reader, writer)
            refusal = next((_REFUSALS[fault] for fault in self._shown if fault in _REFUSALS), None)
            if refusal is not None:
                writer.write(_error(*refusal))
                await writer.drain()
                return
            there = await self._connect()
            writers.append(there[1])
            there[1].write(opening)
            line = _Line((reader, writer), there)
            ways = {asyncio.create_task(way(line)) for way in (self._up, self._down)}
            done, others = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for other in others:
                other.cancel()
            await asyncio.gather(*done, *others, return_exceptions=True)
        except (OSError, asyncio.IncompleteReadError):
            pass  # one of the two has hung up
        finally:
            self._open.discard(writer)
            for one in writers:
                one.close()

    async def _up(self, line: _Line) -> None:
        """Forward what the adapter says; return where the connection is to break before the database has heard it."""
        while True:
            kind, message = await _message(line.here[0])
            if kind in b"QP" and b"COMMIT" in message.upper() and line.has_changed:
                if self._take(Fault.LOST_REQUEST, line):
                    return
                silent = (Fault.LOST_ANSWER, Fault.NO_ANSWER)
                line.swallows = next((fault for fault in silent if self._take(fault, line)), None)
            line.spoken += message
            line.there[1].write(message)
            await line.there[1].drain()

    async def _down(self, line: _Line) -> None:
        """Forward what the database answers; return where its answer to a commit is to get lost."""
        while True:
            kind, message = await _message(line.there[0])
            if kind == b"Z" and line.swallows is Fault.LOST_ANSWER:
                return
            if kind == b"C" and _CHANGED.match(message, _HEAD):
                line.has_changed = True
            if kind == b"Z" and message.endswith(b"I"):  # no transaction is open
                line.has_changed = False
                line.spoken.clear()
            if line.swallows is None:
                line.here[1].write(message)
                await line.here[1].drain()

    def _take(self, fault: Fault, line: _Line) -> bool:
        if fault not in self._shown or self._shown[fault] not in line.spoken:
            return False
        del self._shown[fault]
        return True

    def _hang_up(self) -> None:
        for writer in self._open:
            writer.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._target.startswith("/"):
            return await asyncio.open_unix_connection(self._target)
        host, _, port = self._target.rpartition(":")
        return await asyncio.open_connection(host, int(port))


async def _opening(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """Return the first message, which has no letter, after saying no to whoever asks for encryption."""
    while True:
        length = await reader.readexactly(4)
        body = await reader.readexactly(int.from_bytes(length) - 4)
        if body[:4] not in {_SSL, _GSS}:
            return length + body
        writer.write(b"N")
        await writer.drain()


async def _message(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Return the letter of a message, and all of it."""
    head = await reader.readexactly(_HEAD)
    return head[:1], head + await reader.readexactly(int.from_bytes(head[1:]) - 4)


def _error(state: str, text: str) -> bytes:
    fields = b"".join(
        f"{name}{value}\0".encode() for name, value in zip("SVCM", ("FATAL", "FATAL", state, text), strict=True)
    )
    return b"E" + (len(fields) + 5).to_bytes(4) + fields + b"\0"
