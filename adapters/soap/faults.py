"""What the system's faults mean, by the mapping's table. A fault that is not in it refuses the item."""

from collections.abc import Mapping

from adapters.sdk.redact import redact
from adapters.sdk.xml import Fault
from adapters.soap.mapping import FaultMeans
from gateway.ports.adapter import Refusal
from gateway.ports.errors import AdapterError, NeedsOperator, OutcomeUnknown, TryLater

__all__ = ["error_of", "refusal"]


def error_of(fault: Fault, means: Mapping[str, FaultMeans], *, changes: bool) -> AdapterError | None:
    """Return the error that a fault is, None where it refuses the item. Codes are compared whole, then by the end."""
    code = fault.code.rpartition(":")[2]
    meant = means.get(code) or means.get(code.rpartition(".")[2])
    words = f"soap answered {redact(code)}: {redact(fault.text)}"
    match meant:
        case FaultMeans.TRY_LATER | FaultMeans.TRY_LATER_THIS:
            return TryLater(words, only_this=meant is FaultMeans.TRY_LATER_THIS)
        case FaultMeans.NEEDS_OPERATOR:
            return NeedsOperator(words, "correct what the system names, then release")
        case FaultMeans.OUTCOME_UNKNOWN:
            return OutcomeUnknown(words) if changes else TryLater(words)
    return None


def refusal(subject: str, fault: Fault) -> Refusal:
    """Return a fault as the refusal of one item."""
    return Refusal(subject=subject, legacy_code=redact(fault.code), legacy_text=redact(fault.text))
