"""An SFTP server in this process, for one folder and one user who has a key."""

import asyncio
from contextlib import asynccontextmanager
from functools import partial

import asyncssh

HOST_KEY, USER_KEY = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))


class _Server(asyncssh.SFTPServer):
    """Breaks off at a rename where it was told to: before it is done, after, or after without ever answering."""

    broken = None  # (word of the path, when: before, after or silent)
    speaks = asyncio.Event()

    async def posix_rename(self, oldpath, newpath):
        word, when = _Server.broken or ("", "")
        strikes = bool(word) and word.encode() in newpath
        if strikes:
            _Server.broken = None
        if not strikes or when != "before":
            super().posix_rename(oldpath, newpath)
        if strikes and when == "silent":
            _Server.speaks = asyncio.Event()
            await _Server.speaks.wait()
        elif strikes:
            self.channel.get_connection().abort()


class _Door(asyncssh.SSHServer):
    """Lets the user in, unless it is shut."""

    shut = None  # down: nobody gets an answer; barred: nobody's key is good

    def connection_made(self, connection):
        self._connection = connection
        if _Door.shut == "down":
            connection.abort()

    def begin_auth(self, username):
        trusted = "" if _Door.shut == "barred" else USER_KEY.export_public_key().decode()
        self._connection.set_authorized_keys(asyncssh.import_authorized_keys(trusted))
        return True


def break_rename(word, when):
    """Break off the connection at the next rename to a path with this word, `before` or `after` it is done.

    `silent` does it, and gives no answer.
    """
    _Server.broken = (word, when)


def shut_the_door(how):
    """Let nobody in from now on: `down`, or `barred`."""
    _Door.shut = how


def be_well():
    """Show no fault any more."""
    _Server.broken = _Door.shut = None
    _Server.speaks.set()


@asynccontextmanager
async def sftp_server(folder):
    """Serve a folder while the block runs; yields the settings that lead there."""
    acceptor = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_factory=_Door,
        server_host_keys=[HOST_KEY],
        encryption_algs=["aes128-gcm@openssh.com"],  # by far the quickest there is here
        sftp_factory=partial(_Server, chroot=str(folder).encode()),
    )
    try:
        yield {
            "host": "127.0.0.1",
            "port": acceptor.get_port(),
            "user": "gateway",
            "host_key": HOST_KEY.export_public_key().decode(),
            "private_key": USER_KEY.export_private_key().decode(),
        }
    finally:
        be_well()
        acceptor.close()
        await acceptor.wait_closed()
