"""Reading members out of rows whose parts hang together by dotted names. Pure."""

from collections.abc import Mapping
from typing import Any

from adapters.sdk.redact import redact
from gateway.ports.errors import Unreadable

__all__ = ["member", "read_as", "subject_error"]


def member(row: Mapping[str, Any], path: str) -> Any:
    """Return what `party.code` of a row is, as Tryton nests it; None where a part on the way is absent.

    A path that ends with a dot is that of further rows, such as `lines.`.

    Raises KeyError where the row lacks what was asked for.
    """
    found: Any = row
    *way, last = path.removesuffix(".").split(".")
    if path.endswith("."):
        last += "."
    for step in way:
        found = found[f"{step}."]
        if found is None:
            return None
    return found[last]


def read_as(kind: type, value: Any) -> Any:
    """Return a value of a kind. Raises TypeError for another."""
    if not isinstance(value, kind) or (kind is not bool and isinstance(value, bool)):
        raise TypeError(f"{value!r} is no {kind.__name__}")
    return value


def subject_error(what: str, row: object) -> Unreadable:
    """Return the error for a row that is not in Tryton's own form."""
    return Unreadable(f"tryton gave a {what} that cannot be read", redact(str(row)))
