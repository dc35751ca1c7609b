"""The billing system's errors, which come with status 200, as errors of ours. A table."""

from typing import Any

from adapters.sdk.redact import redact
from gateway.ports.errors import AdapterError, Refused, TryLater

__all__ = ["error_of", "warning_key"]

_TRY_LATER = ("must be unique",)
"""Words of errors that a second try mends: two invoices wanted the same number at once."""


def warning_key(error: Any) -> str | None:
    """Return the key of a warning that blocks until it is answered, or None for any other error."""
    if isinstance(error, list) and len(error) == 2 and error[0] == "UserWarning" and error[1]:
        return str(error[1][0])
    return None


def error_of(error: Any) -> AdapterError:
    """Return our error for the `error` member of an answer."""
    kind, arguments = (error[0], error[1]) if isinstance(error, list) and len(error) == 2 else ("error", error)
    words = arguments if isinstance(arguments, str) else " ".join(map(str, arguments or ()))
    if any(word in words for word in _TRY_LATER):
        return TryLater(f"simulated-billing: {redact(words)}")
    return Refused(redact(str(kind)), redact(words))
