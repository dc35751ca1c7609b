"""What each error of template's database means, as an error that says what happens next. A table."""

from collections.abc import Callable

from sqlalchemy import exc

from adapters.sdk.redact import redact
from gateway.ports.errors import AdapterError, NeedsOperator, OutcomeUnknown, Refused, TryLater

__all__ = ["error_for"]

_OPERATOR = "check the address, the user's rights and the names of the tables"
_MEANINGS: tuple[tuple[type[Exception], Callable[[str], AdapterError]], ...] = (
    (exc.IntegrityError, lambda text: Refused("CONSTRAINT", text)),
    (exc.DataError, lambda text: Refused("DATA", text)),
    (exc.ProgrammingError, lambda text: NeedsOperator(f"template's database refuses the statement: {text}", _OPERATOR)),
    (exc.OperationalError, lambda text: TryLater(f"template's database does not answer: {text}")),
)
"""The first that fits counts. Everything else is busy for a while: nothing was committed."""


def error_for(error: Exception, *, is_ending: bool) -> AdapterError:
    """Return what to raise for an error of the database; `is_ending` says that it came in answer to a commit."""
    text = redact(str(getattr(error, "orig", None) or error).partition("\n")[0])
    if is_ending and not isinstance(error, exc.IntegrityError):
        return OutcomeUnknown(f"template's database gave no answer to a commit: {text}")
    meaning = next((make for kind, make in _MEANINGS if isinstance(error, kind)), None)
    return TryLater(f"template's database: {text}") if meaning is None else meaning(text)
