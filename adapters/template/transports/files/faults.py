"""What each failure of template's folders means, as an error that says what happens next. A table."""

from collections.abc import Callable

from gateway.ports.errors import AdapterError, NeedsOperator, TryLater

__all__ = ["error_for"]

_MEANINGS: tuple[tuple[type[OSError], Callable[[str], AdapterError]], ...] = (
    (PermissionError, lambda text: NeedsOperator(f"template's folder is closed to us: {text}", "check its rights")),
    (NotADirectoryError, lambda text: NeedsOperator(f"template's folder is none: {text}", "check the settings")),
)
"""The first that fits counts. Everything else passes: a share that is away, a disk that is full."""


def error_for(error: OSError) -> AdapterError:
    """Return what to raise for a failure of the file system. Nothing was dropped then, since a rename is whole."""
    text = f"{type(error).__name__} ({error.strerror or 'no reason'})"
    meaning = next((make for kind, make in _MEANINGS if isinstance(error, kind)), None)
    return TryLater(f"template's folder cannot be used: {text}") if meaning is None else meaning(text)
