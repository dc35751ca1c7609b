"""What the host's reasons for rejecting a line mean. A table; any other reason refuses the line too."""

from collections.abc import Mapping

from adapters.sdk.redact import redact
from gateway.ports.adapter import Refusal

__all__ = ["BILLED", "REASONS", "refusal"]

BILLED = "R17"
"""The reason of a charge that cannot be taken back: it stands in a bill."""

REASONS: Mapping[str, str] = {
    "R01": "the account is not known",
    "R02": "the account is closed",
    "R05": "the product is charged already",
    "R09": "nothing is open that could be billed",
    BILLED: "the charge was billed",
}


def refusal(subject: str, row: Mapping[str, str]) -> Refusal:
    """Return the refusal of a line, by the words before the first blank of its reason."""
    code, _, words = row["reason"].partition(" ")
    text = REASONS.get(code) or redact(words or "no reason is given")
    return Refusal(subject=subject, legacy_code=redact(code or "REJECTED"), legacy_text=text)
