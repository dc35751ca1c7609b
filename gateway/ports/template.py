"""What the command line asks of a template for adapters, found in the entry-point group `tmf_gateway.templates`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from gateway.canonical.base import Model
from gateway.ports.adapter import Role

__all__ = ["AdapterTemplate", "Wanted"]


class Wanted(Model):
    """The adapter to write: its name, the roles that it plays, how it talks, and an answer of its system."""

    name: str
    roles: tuple[Role, ...]
    transport: str
    sample: Path | None = None


class AdapterTemplate(Protocol):
    """Writes a package of its own, which passes its tests as it is."""

    transports: tuple[str, ...]

    def write(self, wanted: Wanted, into: Path, *, force: bool = False) -> Sequence[Path]:
        """Write it into a folder and return its files. Raises SetupError, and has written nothing then."""
