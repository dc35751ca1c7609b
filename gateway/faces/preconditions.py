"""Preconditions of a request (RFC 9110, 13.1): which version of a resource a client means to change."""

import re

from gateway.faces.problems import problem

__all__ = ["match"]

_TAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"')
_LIST = re.compile(rf"[ \t,]*{_TAG.pattern}(?:[ \t]*,(?:[ \t]*{_TAG.pattern})?)*[ \t]*")
_MOST_QUOTED = 100


def match(if_match: str | None, revision: int) -> bool:
    """Return whether a client names the version that it means; it does not where it takes any.

    Raises FaceError 412 where none of the tags is the present one, 400 for what is neither tags nor `*`. Tags are
    compared strongly: a weak one is never the same.
    """
    if if_match is None or if_match.strip(" \t") == "*":
        return False
    if not _LIST.fullmatch(if_match):
        reason = f"If-Match is neither a list of entity tags nor *: {if_match[:_MOST_QUOTED]}"
        raise problem("badParameter", reason=reason, fix="send the ETag as it came, with its quotes", path="If-Match")
    if f'"{revision}"' not in _TAG.findall(if_match):
        reason = f'the resource is at "{revision}", not at {if_match[:_MOST_QUOTED]}'
        raise problem("staleVersion", reason=reason)
    return True
