"""What the gateway writes into the description of a line, so that the line can be found again. Pure.

The first line of a description is for people; after it stands `[item=1] [product=PR-1001] [kind=subscription]`.
"""

import re
from collections.abc import Mapping
from urllib.parse import quote, unquote

__all__ = ["pattern_of", "tagged", "tags_of"]

_TAG = re.compile(r"\[(\w+)=([^\[\]\s]*)\]")


def tagged(text: str, tags: Mapping[str, str | None]) -> str:
    """Return a description: a text, and those tags that have a value."""
    said = " ".join(_tag(name, value) for name, value in tags.items() if value)
    return f"{' '.join(text.split())}\n{said}"


def tags_of(description: str | None) -> dict[str, str]:
    """Return the tags of a description; those in its first line are people's own and do not count."""
    _, _, rest = (description or "").partition("\n")
    return {name: unquote(value) for name, value in _TAG.findall(rest)}


def pattern_of(name: str, value: str) -> str:
    """Return what a search for a tag is `like`. It may find more than that tag: `tags_of` tells."""
    written = _tag(name, value).replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{written}%"


def _tag(name: str, value: str) -> str:
    return f"[{name}={quote(value, safe='')}]"
