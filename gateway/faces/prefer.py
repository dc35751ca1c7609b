"""What a client prefers (RFC 7240): a spoke's table says which preferences it can follow, and how."""

from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["Preferences", "Voice", "followed"]

Preferences = Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]]
"""`name=value` → how a wire object is said then."""

Voice = Callable[[Any, str], dict[str, Any]]
"""How a canonical resource is said under a base address."""


def followed(preferences: Preferences, header: str | None, to_wire: Voice) -> tuple[Voice, dict[str, str]]:
    """Return how to say resources to a client that sent a Prefer header, and the headers that say what was followed.

    What is not in the table is not followed, and that is no error.
    """
    wanted = [one for one in _read(header) if one in preferences] if header and preferences else []
    if not wanted:
        return to_wire, {}

    def say(resource: Any, base: str) -> dict[str, Any]:
        wire = to_wire(resource, base)
        for one in wanted:
            wire = preferences[one](wire)
        return wire

    return say, {"Preference-Applied": ", ".join(wanted), "Vary": "Prefer"}


def _read(header: str) -> list[str]:
    """Return the preferences of a header as `name=value`, each once; parameters of a preference are not looked at."""
    found = []
    for part in header.split(","):
        name, _, value = part.partition(";")[0].partition("=")
        found.append(f"{name.strip().lower()}={value.strip().strip(chr(34))}")
    return list(dict.fromkeys(found))
