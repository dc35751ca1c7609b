"""Files on an SFTP server: read whole, written so that nobody sees half of one. It never retries."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import asyncssh
from asyncssh import SFTPClient, SSHClientConnection

from adapters.sdk.recording import through
from adapters.sdk.redact import redact
from adapters.sdk.watch import FileEntry
from gateway.ports.errors import AdapterError, NeedsOperator, OutcomeUnknown, Refused, SetupError, TryLater
from gateway.ports.lease import check_may_send

__all__ = ["SftpClient", "SftpFolder", "SftpServer"]

_ACCESS = "check the user, the key and the folders' rights in the landscape's settings"
_LOST = (asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection, asyncssh.ConnectionLost, asyncssh.ChannelOpenError)
_DENIED = (asyncssh.SFTPPermissionDenied, asyncssh.SFTPWriteProtect, asyncssh.SFTPNoSuchPath)
_FULL = (asyncssh.SFTPNoSpaceOnFilesystem, asyncssh.SFTPQuotaExceeded, asyncssh.SFTPLockConflict)


@dataclass(frozen=True, slots=True)
class SftpServer:
    """Where the server is and how it is told from another: `host_key` is a line as `ssh-keyscan` prints it."""

    host: str
    port: int
    user: str
    host_key: str
    private_key: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    connect_seconds: float = 5.0
    answer_seconds: float = 15.0


class SftpClient:
    """One connection, opened when it is needed and again after it was lost. `system` is its name in errors.

    Raises SetupError for a key that cannot be read.
    """

    def __init__(self, server: SftpServer, system: str) -> None:
        self._server, self._system = server, system
        try:
            words = server.host_key.split()
            trusted = asyncssh.import_public_key(" ".join(words[-2:] if len(words) != 3 else words[1:]))
            keys = [asyncssh.import_private_key(server.private_key)] if server.private_key else []
        except asyncssh.KeyImportError as error:
            fix = "write host_key as ssh-keyscan prints it, and private_key as ssh-keygen does"
            raise SetupError(f"a key for {system} cannot be read ({redact(str(error))})", fix) from None
        self._open = partial(
            asyncssh.connect,
            server.host,
            server.port,
            username=server.user,
            known_hosts=([trusted], [], []),
            client_keys=keys,
            password=server.password,
            agent_path=None,
            config=None,
            connect_timeout=server.connect_seconds,
            login_timeout=server.connect_seconds * 2,
            keepalive_interval=30,
        )
        self._connection: SSHClientConnection | None = None
        self._session: SFTPClient | None = None
        self._opening = asyncio.Lock()

    async def names(self, folder: str) -> list[str]:
        """Return the names in a folder, sorted. Raises TryLater, NeedsOperator."""

        async def do() -> list[str]:
            async with self._asking(f"list {folder}") as session:
                return sorted(str(name) for name in await session.listdir(folder) if name not in {".", ".."})

        names: list[str] = await through("list", {"folder": folder}, do)
        return names

    async def entries(self, folder: str) -> list[FileEntry]:
        """Return the files in a folder with their sizes and times (seconds since 1970). Raises as `names`."""

        async def do() -> list[dict[str, Any]]:
            async with self._asking(f"list {folder}") as session:
                found = await session.readdir(folder)
            return [
                {"name": str(one.filename), "size": one.attrs.size or 0, "modified": one.attrs.mtime or 0}
                for one in sorted(found, key=lambda one: str(one.filename))
                if one.attrs.type == asyncssh.FILEXFER_TYPE_REGULAR
            ]

        return [FileEntry(**one) for one in await through("entries", {"folder": folder}, do)]

    async def read(self, path: str) -> bytes | None:
        """Return a file's bytes, or None where there is none. Raises TryLater, NeedsOperator."""

        async def do() -> bytes | None:
            async with self._asking(f"read {path}") as session:
                try:
                    async with session.open(path, "rb") as file:
                        whole: bytes = await file.read()
                        return whole
                except asyncssh.SFTPNoSuchFile:
                    return None

        content: bytes | None = await through("read", {"path": path}, do)
        return content

    async def write(self, path: str, content: bytes) -> None:
        """Write a file that nobody reads yet, over what was left of an earlier attempt. Raises as `read`, LeaseLost."""
        check_may_send()

        async def do() -> None:
            async with self._asking(f"write {path}") as session, session.open(path, "wb") as file:
                await file.write(content)

        await through("write", {"path": path, "content": content}, do)

    async def rename(self, old: str, new: str) -> bool:
        """Give a file another name at once; return whether it was there. Raises OutcomeUnknown, and as `write`."""
        check_may_send()

        async def do() -> bool:
            async with self._asking(f"rename {old}", changes=True) as session:
                try:
                    await session.posix_rename(old, new)
                except asyncssh.SFTPNoSuchFile:
                    return False
                except asyncssh.SFTPOpUnsupported:
                    await session.rename(old, new)
            return True

        was_there: bool = await through("rename", {"old": old, "new": new}, do)
        return was_there

    async def close(self) -> None:
        """Release the connection."""
        connection, self._connection, self._session = self._connection, None, None
        if connection is not None:
            connection.close()
            await connection.wait_closed()

    @asynccontextmanager
    async def _asking(self, what: str, *, changes: bool = False) -> AsyncIterator[SFTPClient]:
        session = await self._connected()
        try:
            async with asyncio.timeout(self._server.answer_seconds):
                yield session
        except (*_LOST, OSError) as error:  # asyncio's own time-out is one of them
            await self.close()
            reason = f"{self._system} gave no answer to {what} ({type(error).__name__})"
            raise (OutcomeUnknown(reason) if changes else TryLater(reason)) from error
        except asyncssh.SFTPError as error:
            raise self._named(error, what) from error

    async def _connected(self) -> SFTPClient:
        async with self._opening:
            if self._session is not None and self._connection is not None and not self._connection.is_closed():
                return self._session
            await self.close()
            try:
                self._connection = await self._open()
                self._session = await self._connection.start_sftp_client()
            except (asyncssh.PermissionDenied, asyncssh.HostKeyNotVerifiable, asyncssh.KeyExchangeFailed) as error:
                reason = f"{self._system} and the gateway do not trust each other ({type(error).__name__})"
                raise NeedsOperator(reason, _ACCESS) from error
            except (asyncssh.Error, OSError) as error:
                raise TryLater(f"{self._system} cannot be reached ({type(error).__name__})") from error
            return self._session

    def _named(self, error: asyncssh.SFTPError, what: str) -> AdapterError:
        if isinstance(error, _FULL):
            return TryLater(f"{self._system} cannot {what} now ({type(error).__name__})")
        if isinstance(error, (*_DENIED, asyncssh.SFTPNoSuchFile)):
            return NeedsOperator(f"{self._system} does not let us {what} ({type(error).__name__})", _ACCESS)
        return Refused(type(error).__name__, redact(error.reason))


@dataclass(frozen=True, slots=True)
class SftpFolder:
    """One folder of a server, as `adapters.sdk.watch` looks at it."""

    client: SftpClient
    folder: str

    async def entries(self) -> list[FileEntry]:
        """Return its files. Raises TryLater, NeedsOperator."""
        return await self.client.entries(self.folder)

    async def read(self, entry: FileEntry) -> bytes:
        """Return a whole file. Raises TryLater where it is gone or has another size than it was listed with."""
        content = await self.client.read(f"{self.folder.rstrip('/')}/{entry.name}")
        if content is None or len(content) != entry.size:
            raise TryLater(f"{entry.name} was changed while it was read", only_this=True)
        return content
