"""What reading a rule set asks of a document: its data, and where each value stands."""

from typing import Any, Protocol, TypeVar

from pydantic import BaseModel

from gateway.ports.errors import SetupError

__all__ = ["Stated"]

M = TypeVar("M", bound=BaseModel)


class Stated(Protocol):
    """One document of YAML or JSON; `gateway.vocabulary.document.Document` is it."""

    @property
    def file(self) -> str:
        """The name of the file, or of whatever it came in."""

    @property
    def data(self) -> Any:
        """The whole of it."""

    def at(self, *path: str | int) -> Any:
        """Return what stands at a path, or None."""

    def line(self, *path: str | int) -> int:
        """Return the line of a path, from 1."""

    def spot(self, path: tuple[str | int, ...], line: int, column: int) -> tuple[int, int]:
        """Return where in the file a place inside a text stands; all from 1."""

    def wrong(self, reason: str, fix: str, *path: str | int) -> SetupError:
        """Return the error to raise for what stands at a path."""

    def read(self, model: type[M], *path: str | int, value: Any = None) -> M:
        """Return what stands at a path as a model. Raises SetupError with file and line."""
