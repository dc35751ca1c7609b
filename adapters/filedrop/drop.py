"""One file goes out once, and its answers are found. All I/O of the adapter.

A file is written as `outbox/NAME.tmp`, then noted in the journal, then renamed to `outbox/NAME`. The host takes it away
whenever it likes, so only the journal says that it was sent: a file that is in the journal and still has its temporary
name was not renamed yet; one that is in the journal and has it no more is with the host.
"""

import hashlib
import re
from datetime import UTC, datetime
from enum import StrEnum

from adapters.filedrop.settings import FiledropSettings
from adapters.sdk.sftp import SftpClient, SftpServer
from gateway.ports.adapter import Message

__all__ = ["Drop", "Sent", "file_name", "stem_of"]

_SYSTEM = "filedrop"
_SAFE = re.compile(r"[A-Za-z0-9-]{1,36}")
_ORDER, _TEMPORARY = ".DAT", ".tmp"


class Sent(StrEnum):
    """How far a file has come on its way out."""

    NOT = "not"
    NOTED = "noted"  # in the journal, and not given its name yet
    OUT = "out"


def stem_of(kind: str, message: Message) -> str:
    """Return how the names of an order's files of a kind begin: `CHG_<order>_`; odd ids are digested."""
    key = message.reference_key
    return f"{kind}_{key if _SAFE.fullmatch(key) else _digest(key, 24)}_"


def file_name(kind: str, message: Message) -> str:
    """Return the name of a message's file, without its ending: the same on every attempt."""
    return stem_of(kind, message) + _digest(message.id, 8)


class Drop:
    """The folders of one host. Methods may raise what `SftpClient` raises."""

    def __init__(self, settings: FiledropSettings) -> None:
        key, password = settings.private_key, settings.password
        server = SftpServer(
            settings.host,
            settings.port,
            settings.user,
            settings.host_key,
            key.get_secret_value() if key else None,
            password.get_secret_value() if password else None,
            answer_seconds=settings.answer_seconds,
        )
        self._sftp = SftpClient(server, _SYSTEM)
        self._out, self._in, self._journal = settings.outbox, settings.inbox, settings.journal

    async def sent(self, name: str) -> Sent:
        """Return how far a file has come."""
        if name + _ORDER not in await self._sftp.names(self._journal):
            return Sent.NOT
        waiting = name + _ORDER + _TEMPORARY in await self._sftp.names(self._out)
        return Sent.NOTED if waiting else Sent.OUT

    async def others(self, stem: str, name: str) -> list[str]:
        """Return the names of the order's other files of that kind which were sent before."""
        names = await self._sftp.names(self._journal)
        found = (one.removesuffix(_ORDER) for one in names if one.startswith(stem) and one.endswith(_ORDER))
        return [one for one in found if one != name]

    async def send(self, name: str, content: bytes) -> None:
        """Let the host have a file, once. Raises OutcomeUnknown where nobody knows whether it got its name."""
        final, temporary = f"{self._out}/{name}{_ORDER}", f"{self._out}/{name}{_ORDER}{_TEMPORARY}"
        if await self.sent(name) is Sent.NOT:
            await self._sftp.write(temporary, content)
            noted = f"{self._journal}/{name}{_ORDER}"
            await self._sftp.write(noted + _TEMPORARY, content)
            await self._sftp.rename(noted + _TEMPORARY, noted)
        await self._sftp.rename(temporary, final)  # where it has its name already, there is nothing to rename

    async def noted(self, name: str) -> bytes:
        """Return what was sent."""
        return await self._sftp.read(f"{self._journal}/{name}{_ORDER}") or b""

    async def answers(self, name: str, ending: str) -> list[tuple[str, bytes, datetime]]:
        """Return every answer to a file, and when it was written by the server's clock; none half-named.

        `NAME.ACK` is one, and `NAME_2.ACK` where it was given again.
        """
        found = []
        for one in await self._sftp.entries(self._in):
            content = await self._sftp.read(f"{self._in}/{one.name}") if _answers(one.name, name, ending) else None
            if content is not None:
                found.append((one.name, content, datetime.fromtimestamp(one.modified, UTC)))
        return found

    async def check(self) -> int:
        """Return how many files wait for the host, after looking into every folder."""
        await self._sftp.names(self._in)
        await self._sftp.names(self._journal)
        return sum(one.endswith(_ORDER) for one in await self._sftp.names(self._out))

    async def close(self) -> None:
        """Release the connection."""
        await self._sftp.close()


def _answers(found: str, name: str, ending: str) -> bool:
    return re.fullmatch(rf"{re.escape(name)}(_\d+)?\.{ending}", found) is not None


def _digest(text: str, length: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:length]
