"""What Tryton's errors mean. They come with status 200, in the member `error`. Tables."""

from typing import Any

from adapters.sdk.redact import redact
from gateway.ports.errors import AdapterError, NeedsOperator, Refused, TryLater

__all__ = ["ANSWERED", "error_of", "warning_of"]

ANSWERED = frozenset({"invoice_taxes"})
"""Warnings that are answered, since the adapter knows what they are about: taxes that were sent on purpose."""

_AGAIN = (
    "must be unique",  # two orders wanted the same code or number at once
    "database is locked",  # SQLite: another transaction is writing
    "could not serialize access",  # PostgreSQL: another transaction changed it first
    "could not obtain lock",
    "deadlock detected",
)
"""Words of errors after which nothing was done, and that a second try mends."""

_WITHOUT_POOL = "'res.user'"
"""What Tryton says where it was started without its database."""


def warning_of(error: Any) -> str | None:
    """Return the name of a warning that blocks until it is answered, or None for any other error."""
    if isinstance(error, list) and len(error) == 2 and error[0] == "UserWarning" and error[1]:
        return str(error[1][0])
    return None


def error_of(error: Any) -> AdapterError:
    """Return our error for the `error` member of an answer. Nothing was changed: Tryton has rolled back."""
    kind, said = (error[0], error[1]) if isinstance(error, list) and len(error) == 2 else ("error", error)
    # A TrytonException says its class first; any other exception its text, with a traceback that stays here.
    is_named = isinstance(said, list) or str(kind).endswith("Exception")
    words = " ".join(str(one) for one in said if isinstance(one, str) and one) if isinstance(said, list) else str(kind)
    if kind == "ConcurrencyException" or any(one in words for one in _AGAIN):
        return TryLater(f"tryton: {redact(words)}", only_this=True)
    if kind == _WITHOUT_POOL:
        fix = "start trytond with -d and the name of the database"
        return NeedsOperator("tryton serves no database of that name", fix)
    if kind == "UserWarning":
        name = warning_of(error) or "?"
        return Refused(f"UserWarning {name.rpartition('.')[2]}", redact(words))
    return Refused(redact(str(kind)) if is_named else "exception", redact(words))
