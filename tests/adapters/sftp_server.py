"""An SFTP server in this process, for one folder and one user who has a key."""

from contextlib import asynccontextmanager
from functools import partial

import asyncssh

HOST_KEY, USER_KEY = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))


class _Server(asyncssh.SFTPServer):
    """Breaks off the connection at a rename where it was told to: before it is done, or after."""

    broken = None  # (word of the path, when: before or after)

    def posix_rename(self, oldpath, newpath):
        word, when = _Server.broken or ("", "")
        strikes = bool(word) and word.encode() in newpath
        if strikes:
            _Server.broken = None
        if not strikes or when == "after":
            super().posix_rename(oldpath, newpath)
        if strikes:
            self.channel.get_connection().abort()


def break_rename(word, when):
    """Break off the connection at the next rename to a path with this word, `before` or `after` it is done."""
    _Server.broken = (word, when)


@asynccontextmanager
async def sftp_server(folder):
    """Serve a folder while the block runs; yields the settings that lead there."""
    acceptor = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_host_keys=[HOST_KEY],
        authorized_client_keys=asyncssh.import_authorized_keys(USER_KEY.export_public_key().decode()),
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
        _Server.broken = None
        acceptor.close()
        await acceptor.wait_closed()
