"""What an error of the simulated customer system means for us. It comes with status 200, in the body."""

from collections.abc import Mapping
from typing import Any

from adapters.sdk.redact import redact
from gateway.ports.errors import AdapterError, NeedsOperator, Refused

__all__ = ["UNKNOWN_THERE", "fault_in"]

UNKNOWN_THERE = frozenset({"KD404", "KO404", "PR404", "AN404", "VF000"})
"""Codes by which the system says that it does not know: no statement, and no failure."""

_SETTING = frozenset({"VG001", "VG404"})


def fault_in(answer: Mapping[str, Any]) -> AdapterError | None:
    """Return the error that an answer stands for, or None where it is an answer."""
    said = answer.get("FEHLER")
    if not isinstance(said, Mapping) or said.get("CODE") in UNKNOWN_THERE:
        return None
    code, text = str(said.get("CODE")), redact(str(said.get("TEXT")))
    if code in _SETTING:
        return NeedsOperator(f"the customer system did not understand us ({code}: {text})", "compare its version")
    return Refused(code, text)
