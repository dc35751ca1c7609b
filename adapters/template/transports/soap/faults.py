"""What each SOAP fault of template means, as an error that says what happens next. A table."""

from collections.abc import Callable, Mapping

from adapters.sdk.redact import redact
from gateway.ports.errors import AdapterError, NeedsOperator, Refused, TryLater

__all__ = ["error_for"]

_MEANINGS: Mapping[str, Callable[[str, str], AdapterError]] = {
    "Server.BUSY": lambda code, text: TryLater(f"template is busy ({code}): {text}"),
    "Client.LICENCE": lambda code, text: NeedsOperator(f"template does not work ({code}): {text}", "renew the licence"),
}
"""Everything that is not here is a refusal: the system said no, and its words are shown."""


def error_for(code: str, text: str) -> AdapterError:
    """Return what to raise for a faultcode of the system. Its text is redacted."""
    said = redact(text)
    meaning = _MEANINGS.get(code)
    return Refused(code, said) if meaning is None else meaning(code, said)
