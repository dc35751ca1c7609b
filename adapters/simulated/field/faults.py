"""What a sentence of the simulated field-work system means. A refused change comes with status 200 and a sentence."""

import re

from adapters.sdk.redact import redact
from gateway.ports.errors import AdapterError, NeedsOperator, Refused, Unreadable

__all__ = ["fault_in"]

_CHANGED = re.compile(r"Status changed from '(\w+)' to '(\w+)'$")
_FAULTS: tuple[tuple[re.Pattern[str], type[AdapterError]], ...] = (
    (re.compile(r"can not become"), Refused),
    (re.compile(r"isn't a valid status"), NeedsOperator),
)


def fault_in(sentences: object) -> AdapterError | None:
    """Return the error that the answer to a change stands for, or None where the change was made."""
    if not isinstance(sentences, list) or not sentences:
        return Unreadable("simulated-field sent no sentence", redact(str(sentences)))
    sentence = str(sentences[0])
    if _CHANGED.search(sentence):
        return None
    kind = next((kind for pattern, kind in _FAULTS if pattern.search(sentence)), Unreadable)
    if kind is NeedsOperator:
        return NeedsOperator(f"simulated-field: {redact(sentence)}", "compare its statuses with the vocabulary")
    return kind("status", redact(sentence))
