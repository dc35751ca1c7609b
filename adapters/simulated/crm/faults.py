"""What the customer system's errors mean. They come with status 200, in the member FEHLER."""

from typing import Any

from adapters.sdk.redact import redact
from gateway.ports.errors import NeedsOperator, Refused, TryLater

__all__ = ["NOT_KNOWN", "NO_STATEMENT", "error_for"]

NOT_KNOWN = frozenset({"KD404", "KO404", "PR404", "AN404"})
"""It has no such customer, account, product, address or offer: an answer, not a failure."""

NO_STATEMENT = frozenset({"VF000"})
"""It says nothing of an address's coverage. That is not the same as no coverage."""


def error_for(fault: dict[str, Any]) -> Refused | TryLater | NeedsOperator:
    """Return what to raise for a FEHLER that spoils a whole answer."""
    code, text = str(fault.get("CODE") or "?"), redact(str(fault.get("TEXT") or ""))
    if code == "VG404":  # the case is gone: the next attempt opens another
        return TryLater(f"simulated-crm lost the case ({code})")
    if code == "VG001":
        return NeedsOperator("simulated-crm was asked without a reference", "give the order an id", only_this=True)
    return Refused(code, text)
