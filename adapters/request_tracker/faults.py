"""What Request Tracker's sentences mean. It refuses a change with status 200 and a list of sentences. A table."""

from collections.abc import Sequence

from adapters.sdk.redact import redact
from gateway.ports.errors import Refused, TryLater, Unreadable

__all__ = ["check_change", "stale"]

_DONE = ("Status changed from", "is already")
_REFUSALS = {
    "isn't a valid status": "STATUS",
    "You can't change status": "TRANSITION",
    "Permission Denied": "RIGHT",
    "No permission": "RIGHT",
}


def check_change(sentences: object) -> None:
    """Return if a status was changed. Raises Refused where it was not, Unreadable for a sentence that nobody knows."""
    said = sentences if isinstance(sentences, list) else []
    words = " ".join(map(str, said))
    for one, code in _REFUSALS.items():
        if one in words:
            raise Refused(code, redact(words))
    if not _says(said, _DONE):
        raise Unreadable("request tracker did not say whether it changed anything", redact(str(sentences)))


def stale(ticket: str) -> TryLater:
    """Return the error for a ticket that somebody else changed since it was read: status 412. Nothing was done."""
    return TryLater(f"ticket {ticket} was changed by somebody else meanwhile", only_this=True)


def _says(sentences: Sequence[object], words: Sequence[str]) -> bool:
    return any(one in str(sentence) for sentence in sentences for one in words)
