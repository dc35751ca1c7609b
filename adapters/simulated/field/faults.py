"""What the field-work system's sentences mean. It refuses a change with status 200 and a list of one sentence."""

from adapters.sdk.redact import redact
from gateway.ports.errors import Refused, Unreadable

__all__ = ["check_change"]

_DONE = "Status changed"
_REFUSALS = {"can not become": "TRANSITION", "isn't a valid status": "STATUS"}


def check_change(sentences: object) -> None:
    """Return if a change was made. Raises Refused where it was not, Unreadable for a sentence that nobody knows."""
    said = " ".join(map(str, sentences)) if isinstance(sentences, list) else ""
    if _DONE in said:
        return
    for words, code in _REFUSALS.items():
        if words in said:
            raise Refused(code, redact(said))
    raise Unreadable("simulated-field did not say whether it changed anything", redact(str(sentences)))
