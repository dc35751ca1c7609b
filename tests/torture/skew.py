"""A wall clock of one process that jumps: a small library of ours between the process and the system's clock."""

import shutil
import struct
import subprocess
from pathlib import Path

__all__ = ["Skew"]

_SOURCE = Path(__file__).with_name("skew.c")


class Skew:
    """The clock of the processes that are started with `environment`. Without a C compiler there is none."""

    def __init__(self, folder, name):
        self._file = folder / f"{name}.skew"
        self._library = folder / "skew.so"

    @staticmethod
    def is_possible():
        """Whether there is a C compiler."""
        return shutil.which("cc") is not None

    def make(self):
        """Compile the library, and begin with the right time."""
        if not self._library.exists():
            command = ["cc", "-shared", "-fPIC", "-O1", "-o", self._library, _SOURCE, "-ldl"]
            subprocess.run([str(part) for part in command], check=True)
        self.jump(0)

    @property
    def environment(self):
        """What a process must find in its environment."""
        return {"LD_PRELOAD": str(self._library), "SKEW_FILE": str(self._file)}

    def jump(self, seconds):
        """Let the clock stand so many seconds ahead of the system's, from now on."""
        if not self._file.exists():
            self._file.write_bytes(struct.pack("q", seconds))
            return
        with self._file.open("r+b") as file:  # in place: the processes have it mapped
            file.write(struct.pack("q", seconds))
