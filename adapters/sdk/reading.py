"""Reading answers: whatever is missing or of the wrong kind in one becomes Unreadable, with a short quote."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import InvalidOperation

from adapters.sdk.redact import redact
from gateway.ports.errors import Unreadable

__all__ = ["reading"]


@contextmanager
def reading(system: str, answer: object) -> Iterator[None]:
    """Turn what goes wrong with an answer's shape into Unreadable. Errors of ours pass through."""
    try:
        yield
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, InvalidOperation) as error:
        quote = redact(answer if isinstance(answer, bytes) else str(answer))
        raise Unreadable(
            f"{system} sent an answer that its dialect does not have ({type(error).__name__})", quote
        ) from error
