"""Reading a code by its table, so that one which the table lacks is told with the subject that it was said of."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from gateway.canonical.quantity import Quantity
from gateway.ports.errors import UnknownCode
from gateway.vocabulary.table import Vocabulary

__all__ = ["profile", "said", "said_of"]

_ORDER = "productOrder"


@contextmanager
def said_of(subject: str) -> Iterator[None]:
    """Read codes that are said of a subject: an UnknownCode is raised with it."""
    try:
        yield
    except UnknownCode as error:
        raise UnknownCode(error.vocabulary, error.legacy_code, subject=subject) from None


def said(table: Vocabulary, code: str | None, subject: str = _ORDER) -> str:
    """Return what a code stands for. Raises UnknownCode."""
    with said_of(subject):
        return table.translate(code)


def profile(table: Vocabulary, code: str, subject: str = _ORDER) -> Mapping[str, Quantity]:
    """Return the rates that a profile stands for. Raises UnknownCode."""
    with said_of(subject):
        return table.profile(code)
