"""OpenSSH's own SFTP server, for one folder."""

import getpass
import socket
import subprocess
import time
from pathlib import Path

import asyncssh
import pytest

from adapters.sdk.ports import free_port

__all__ = ["openssh"]

_CONFIG = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/authorized_keys
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin prohibit-password
Subsystem sftp internal-sftp -d {drop}
"""


@pytest.fixture(scope="session")
def openssh(tmp_path_factory):
    """The folder that is served, and the settings that lead there."""
    folder = tmp_path_factory.mktemp("openssh")
    drop = folder / "drop"
    drop.mkdir()
    host_key, user_key = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    (folder / "host_key").write_bytes(host_key.export_private_key())
    (folder / "host_key").chmod(0o600)
    (folder / "authorized_keys").write_bytes(user_key.export_public_key())
    port = free_port()
    (folder / "sshd_config").write_text(_CONFIG.format(port=port, folder=folder, drop=drop))
    Path("/run/sshd").mkdir(exist_ok=True)
    with (folder / "log").open("wb") as log:  # sshd starts itself again by its path, so both are absolute
        process = subprocess.Popen(["/usr/sbin/sshd", "-D", "-e", "-f", folder / "sshd_config"], stderr=log)
    try:
        _wait(port, process, folder / "log")
        settings = {
            "host": "127.0.0.1",
            "port": port,
            "user": getpass.getuser(),
            "host_key": host_key.export_public_key().decode(),
            "private_key": user_key.export_private_key().decode(),
        }
        yield drop, settings
    finally:
        process.terminate()
        process.wait()


def _wait(port, process, log):
    until = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert time.monotonic() < until and process.poll() is None, log.read_text()
            time.sleep(0.02)
        else:
            return
